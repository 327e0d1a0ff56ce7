//! Changes values in a JSON body and leaves every other byte as it was received.

use weighbridge_plugin_api::adapter::Edit;

use super::scan::{PointerSet, segments};

/// Why an edit could not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SpliceError {
    /// The body is not JSON.
    #[error("the body is not JSON: {0}")]
    NotJson(String),
    /// The pointer leads into something that is not an object.
    #[error("cannot edit {0:?}: its parent is not an object")]
    NoParent(String),
    /// The pointer is none.
    #[error("{0:?} is not a JSON pointer to a member of an object")]
    BadPointer(String),
}

/// Applies the edits in their order.
pub fn apply(body: &[u8], edits: &[Edit]) -> Result<Vec<u8>, SpliceError> {
    let mut current: Option<Vec<u8>> = None;
    for edit in edits {
        let source = current.as_deref().unwrap_or(body);
        let next = match &edit.set {
            Some(json) => set(source, &edit.pointer, json)?,
            None => remove(source, &edit.pointer)?,
        };
        current = Some(next);
    }
    Ok(current.unwrap_or_else(|| body.to_vec()))
}

fn set(body: &[u8], pointer: &str, json: &str) -> Result<Vec<u8>, SpliceError> {
    let (parent, name) = split(pointer)?;
    if let Some((start, end)) = find(body, pointer)? {
        return Ok(concat(&[&body[..start], json.as_bytes(), &body[end..]]));
    }
    let member = format!("{}:{json}", serde_json::Value::from(name));
    let Some((start, end)) = find(body, parent)? else {
        // The parent is missing too: it is created with this one member.
        return set(body, parent, &format!("{{{member}}}"));
    };
    let object = &body[start..end];
    if object == b"null" {
        return Ok(concat(&[&body[..start], b"{", member.as_bytes(), b"}", &body[end..]]));
    }
    if object.first() != Some(&b'{') {
        return Err(SpliceError::NoParent(pointer.into()));
    }
    let inside = &object[1..object.len() - 1];
    let comma: &[u8] = if inside.trim_ascii().is_empty() { b"" } else { b"," };
    // In front: the member that was written last is the one that must not be shadowed, and there is none of this name.
    Ok(concat(&[&body[..=start], member.as_bytes(), comma, &body[start + 1..]]))
}

fn remove(body: &[u8], pointer: &str) -> Result<Vec<u8>, SpliceError> {
    let (parent, name) = split(pointer)?;
    if find(body, pointer)?.is_none() {
        return Ok(body.to_vec());
    }
    let (start, end) = find(body, parent)?.ok_or_else(|| SpliceError::NoParent(pointer.into()))?;
    let members: Members<'_> = serde_json::from_slice(&body[start..end]).map_err(|error| SpliceError::NotJson(error.to_string()))?;
    let mut object = String::from("{");
    for (key, value) in members.0.iter().filter(|(key, _)| *key != name) {
        if object.len() > 1 {
            object.push(',');
        }
        object.push_str(&serde_json::Value::from(key.as_str()).to_string());
        object.push(':');
        object.push_str(value.get());
    }
    object.push('}');
    Ok(concat(&[&body[..start], object.as_bytes(), &body[end..]]))
}

/// An object's members in their order, values as they stand.
struct Members<'a>(Vec<(String, &'a serde_json::value::RawValue)>);

impl<'de> serde::Deserialize<'de> for Members<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> serde::de::Visitor<'de> for InOrder {
            type Value = Members<'de>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

/// Where the value at a pointer stands in the body.
fn find(body: &[u8], pointer: &str) -> Result<Option<(usize, usize)>, SpliceError> {
    let set = PointerSet::new([pointer]).map_err(|bad| SpliceError::BadPointer(bad.0))?;
    let mut range = None;
    set.scan(body, |_, text| {
        let start = text.as_ptr() as usize - body.as_ptr() as usize;
        range = Some((start, start + text.len()));
    })
    .map_err(|error| SpliceError::NotJson(error.to_string()))?;
    Ok(range)
}

fn split(pointer: &str) -> Result<(&str, String), SpliceError> {
    let bad = || SpliceError::BadPointer(pointer.into());
    let (parent, _) = pointer.rsplit_once('/').ok_or_else(bad)?;
    let name = segments(pointer).map_err(|_| bad())?.pop().ok_or_else(bad)?;
    Ok((parent, name))
}

fn concat(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edited(body: &str, pointer: &str, set: Option<&str>) -> String {
        let edit = Edit { pointer: pointer.into(), set: set.map(Into::into) };
        String::from_utf8(apply(body.as_bytes(), &[edit]).unwrap()).unwrap()
    }

    #[test]
    fn only_the_named_value_changes() {
        assert_eq!(edited(r#"{ "model" : "a", "x":[1, 2] }"#, "/model", Some("\"b\"")), r#"{ "model" : "b", "x":[1, 2] }"#);
    }

    #[test]
    fn missing_members_and_parents_are_created() {
        assert_eq!(edited(r#"{"a":1}"#, "/o/u", Some("true")), r#"{"o":{"u":true},"a":1}"#);
        assert_eq!(edited(r#"{"o":{ }}"#, "/o/u", Some("true")), r#"{"o":{"u":true }}"#);
        assert_eq!(edited(r#"{"o":null}"#, "/o/u", Some("true")), r#"{"o":{"u":true}}"#);
        assert_eq!(edited(r#"{"o":{"v":1}}"#, "/o/u", Some("true")), r#"{"o":{"u":true,"v":1}}"#);
    }

    #[test]
    fn a_removed_member_takes_its_comma_along() {
        assert_eq!(edited(r#"{"a":1,"b":2,"c":[1, 2]}"#, "/b", None), r#"{"a":1,"c":[1, 2]}"#);
        assert_eq!(edited(r#"{"a":1}"#, "/b", None), r#"{"a":1}"#);
    }

    #[test]
    fn what_cannot_be_edited_is_named() {
        let refused = |body: &str, pointer: &str| apply(body.as_bytes(), &[Edit { pointer: pointer.into(), set: Some("1".into()) }]).unwrap_err().to_string();
        assert_eq!(refused(r#"{"o":7}"#, "/o/u"), "cannot edit \"/o/u\": its parent is not an object");
        assert_eq!(refused("[]", "/u"), "cannot edit \"/u\": its parent is not an object");
        assert_eq!(refused("{}", ""), "\"\" is not a JSON pointer to a member of an object");
    }
}
