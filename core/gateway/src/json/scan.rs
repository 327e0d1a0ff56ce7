//! Reads the values at a set of RFC 6901 pointers in one pass, as the JSON text that stands in the body.
//!
//! The pointers become a trie that is walked along with the parser; what no pointer names is skipped unread. A segment
//! `*` stands for every element or member. Absent stays absent: nothing is called for it, while `null` and `0` are found.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// A set of pointers, ready to be looked for. The index of a pointer is its place in the list it was made from.
#[derive(Debug, Clone)]
pub struct PointerSet {
    nodes: Vec<Node>,
    /// Names of members of the whole that differ from a looked-for one by case alone are refused.
    one_reading: bool,
}

#[derive(Debug, Clone, Default)]
struct Node {
    children: Vec<(Box<str>, usize)>,
    any: Option<usize>,
    leaves: Vec<usize>,
}

/// Not a JSON pointer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a JSON pointer (RFC 6901): it must be empty or begin with \"/\"")]
pub struct BadPointer(pub String);

impl PointerSet {
    /// Compiles the pointers.
    pub fn new<'a>(pointers: impl IntoIterator<Item = &'a str>) -> Result<Self, BadPointer> {
        let mut set = Self { nodes: vec![Node::default()], one_reading: false };
        for (index, pointer) in pointers.into_iter().enumerate() {
            let mut node = 0;
            for segment in segments(pointer)? {
                node = set.child(node, segment);
            }
            set.nodes[node].leaves.push(index);
        }
        Ok(set)
    }

    /// Nothing to look for.
    pub(crate) fn none() -> Self {
        Self { nodes: vec![Node::default()], one_reading: false }
    }

    /// The same, for documents that others must read alike: there are servers to which `Model` is `model`.
    pub(crate) fn in_one_reading(self) -> Self {
        Self { one_reading: true, ..self }
    }

    fn child(&mut self, parent: usize, segment: String) -> usize {
        let fresh = self.nodes.len();
        let found = match segment.as_str() {
            "*" => *self.nodes[parent].any.get_or_insert(fresh),
            name => match self.nodes[parent].children.iter().find(|(known, _)| **known == *name) {
                Some((_, node)) => *node,
                None => {
                    self.nodes[parent].children.push((name.into(), fresh));
                    fresh
                }
            },
        };
        if found == fresh {
            self.nodes.push(Node::default());
        }
        found
    }

    /// Whether there is nothing to look for.
    pub fn is_empty(&self) -> bool {
        self.nodes.len() == 1 && self.nodes[0].leaves.is_empty()
    }

    /// Calls `found` with each pointer's index and the JSON text at it, in the order of the body. The whole body is
    /// checked to be JSON.
    pub fn scan<'de>(&self, json: &'de [u8], mut found: impl FnMut(usize, &'de str)) -> Result<(), serde_json::Error> {
        let mut parser = serde_json::Deserializer::from_slice(json);
        Walk { set: self, node: 0, found: &mut found }.deserialize(&mut parser)?;
        parser.end()
    }
}

/// The JSON text at one pointer; the last, if a body has several.
pub(crate) fn value_at<'de>(json: &'de [u8], pointer: &str) -> Option<&'de str> {
    let mut found = None;
    PointerSet::new([pointer]).ok()?.scan(json, |_, text| found = Some(text)).ok()?;
    found
}

/// The unescaped segments of a pointer.
pub(crate) fn segments(pointer: &str) -> Result<Vec<String>, BadPointer> {
    if pointer.is_empty() {
        return Ok(Vec::new());
    }
    let Some(rest) = pointer.strip_prefix('/') else { return Err(BadPointer(pointer.into())) };
    Ok(rest.split('/').map(|segment| segment.replace("~1", "/").replace("~0", "~")).collect())
}

struct Walk<'s, F> {
    set: &'s PointerSet,
    node: usize,
    found: &'s mut F,
}

impl<'s, F> Walk<'s, F> {
    fn at(&mut self, node: usize) -> Walk<'_, F> {
        Walk { set: self.set, node, found: self.found }
    }
    fn here(&self) -> &'s Node {
        &self.set.nodes[self.node]
    }
}

impl<'de, F: FnMut(usize, &'de str)> DeserializeSeed<'de> for Walk<'_, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let node = self.here();
        if node.leaves.is_empty() {
            return deserializer.deserialize_any(self);
        }
        let raw = <&'de RawValue as serde::Deserialize>::deserialize(deserializer)?.get();
        for leaf in &node.leaves {
            (self.found)(*leaf, raw);
        }
        if !node.children.is_empty() || node.any.is_some() {
            serde_json::Deserializer::from_str(raw).deserialize_any(self).map_err(serde::de::Error::custom)?;
        }
        Ok(())
    }
}

impl<'de, F: FnMut(usize, &'de str)> Visitor<'de> for Walk<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        let node = self.here();
        while let Some(child) = map.next_key_seed(ChildByName(node, self.set.one_reading && self.node == 0))? {
            match child {
                Some(child) => map.next_value_seed(self.at(child))?,
                None => map.next_value::<IgnoredAny>().map(drop)?,
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<(), A::Error> {
        let node = self.here();
        for index in 0usize.. {
            let named = || node.children.iter().find(|(name, _)| name.parse() == Ok(index)).map(|(_, child)| *child);
            let more = match named().or(node.any) {
                Some(child) => seq.next_element_seed(self.at(child))?.is_some(),
                None => seq.next_element::<IgnoredAny>()?.is_some(),
            };
            if !more {
                break;
            }
        }
        Ok(())
    }

    // A scalar where a pointer goes deeper: there is nothing at that pointer.
    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }
    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }
    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }
    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }
    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

/// A member's name, looked up at once: nothing is copied for a name that no pointer has.
struct ChildByName<'s>(&'s Node, bool);

impl<'de> DeserializeSeed<'de> for ChildByName<'_> {
    type Value = Option<usize>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}
impl Visitor<'_> for ChildByName<'_> {
    type Value = Option<usize>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }
    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Self::Value, E> {
        let Self(node, one_reading) = self;
        let found = node.children.iter().find(|(known, _)| **known == *name).map(|(_, child)| *child).or(node.any);
        if one_reading
            && found.is_none()
            && let Some((known, _)) = node.children.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))
        {
            return Err(E::custom(format_args!("some would read {name:?} as {known:?}")));
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(pointers: &[&str], json: &str) -> Vec<(usize, String)> {
        let mut all = Vec::new();
        PointerSet::new(pointers.iter().copied()).unwrap().scan(json.as_bytes(), |index, text| all.push((index, text.to_owned()))).unwrap();
        all
    }

    #[test]
    fn absent_null_and_zero_stay_distinct() {
        let pointers = ["/usage/a", "/usage/b", "/usage/c"];
        assert_eq!(found(&pointers, r#"{"usage": {"a": null, "b": 0}}"#), [(0, "null".into()), (1, "0".into())]);
        assert_eq!(found(&pointers, r#"{"usage": null}"#), []);
        assert_eq!(found(&pointers, r#"{"usage": 7}"#), []);
    }

    #[test]
    fn a_value_and_what_is_inside_it_are_both_found() {
        let all = found(&["/u", "/u/x", "/l/1", "/l/*/t"], r#"{"u":{"x":1},"l":[{"t":"a"},{"t":"b"}]}"#);
        assert_eq!(all, [(0, r#"{"x":1}"#.into()), (1, "1".into()), (3, "\"a\"".into()), (2, r#"{"t":"b"}"#.into())]);
    }

    #[test]
    fn a_name_that_differs_by_case_alone_is_refused_where_all_must_read_alike() {
        let lenient = PointerSet::new(["/model", "/metadata/user_id"]).unwrap();
        let strict = lenient.clone().in_one_reading();
        let json = br#"{"model":"a","Model":"b"}"#;
        assert!(lenient.scan(json, |_, _| ()).is_ok());
        assert_eq!(strict.scan(json, |_, _| ()).unwrap_err().to_string(), r#"some would read "Model" as "model" at line 1 column 20"#);
        // Below, names may be anybody's own.
        assert!(strict.scan(br#"{"model":"a","models":1,"x":{"Model":"b"},"metadata":{"User_ID":"c"}}"#, |_, _| ()).is_ok());
    }

    #[test]
    fn numbers_keep_their_digits() {
        assert_eq!(found(&["/n"], r#"{"n":12345678901234567890.12345678901234567890}"#), [(0, "12345678901234567890.12345678901234567890".into())]);
    }

    #[test]
    fn escapes_in_pointers_and_names_are_read() {
        assert_eq!(found(&["/a~1b", "/m~0n"], r#"{"a\/b":1,"m~n":2}"#), [(0, "1".into()), (1, "2".into())]);
    }

    #[test]
    fn what_is_not_json_is_refused_to_its_last_byte() {
        let set = PointerSet::new(["/a"]).unwrap();
        for broken in ["", "{", r#"{"a":1}x"#, r#"{"a":1,}"#, "\u{1}"] {
            assert!(set.scan(broken.as_bytes(), |_, _| ()).is_err(), "{broken:?}");
        }
        assert_eq!(PointerSet::new(["a"]).unwrap_err().to_string(), "\"a\" is not a JSON pointer (RFC 6901): it must be empty or begin with \"/\"");
    }
}
