//! One JSON array whose elements are the events. White space, commas and the brackets belong to no element.
//!
//! Only the ends of elements are looked for; whether they are JSON is seen when they are read. A value that stands where
//! the array should be is an event too: a whole answer or an error that came instead of a stream.

use std::borrow::Cow;

use super::frame::{Cut, Seen, StreamEvent};

/// Where in the array the bytes so far have come to.
#[derive(Debug, Default)]
pub(super) struct State {
    /// The array was opened, and not closed.
    open: bool,
    /// Brackets and braces that are open inside the element.
    depth: usize,
    inside: Inside,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Inside {
    /// Between elements.
    #[default]
    Nothing,
    /// A number or a word: it ends where something else begins.
    Scalar,
    /// An array or an object.
    Structure,
    String {
        escaped: bool,
    },
}

impl State {
    pub(super) fn is_open(&self) -> bool {
        self.open
    }

    /// Whether the element ends with (`Some(1)`) or before (`Some(0)`) this byte.
    fn step(&mut self, byte: u8) -> Option<usize> {
        match (self.inside, byte) {
            (Inside::String { escaped: true }, _) => self.inside = Inside::String { escaped: false },
            (Inside::String { .. }, b'\\') => self.inside = Inside::String { escaped: true },
            (Inside::String { .. }, b'"') => return self.close(),
            (Inside::String { .. }, _) => {}
            (Inside::Structure, b'"') => self.inside = Inside::String { escaped: false },
            (Inside::Structure, b'{' | b'[') => self.depth += 1,
            (Inside::Structure, b'}' | b']') => {
                self.depth -= 1;
                return self.close();
            }
            (Inside::Structure, _) => {}
            (Inside::Scalar, b',' | b']' | b'[' | b'{' | b'"' | b' ' | b'\t' | b'\r' | b'\n') => {
                self.inside = Inside::Nothing;
                return Some(0);
            }
            (Inside::Scalar | Inside::Nothing, _) => {}
        }
        None
    }

    /// A string or a structure has ended: in the element, or the element itself.
    fn close(&mut self) -> Option<usize> {
        self.inside = if self.depth == 0 { Inside::Nothing } else { Inside::Structure };
        (self.depth == 0).then_some(1)
    }

    /// Between elements: whether this byte begins one.
    fn begins(&mut self, byte: u8) -> bool {
        match byte {
            b',' | b' ' | b'\t' | b'\r' | b'\n' => return false,
            b'[' if !self.open => {
                self.open = true;
                return false;
            }
            b']' => {
                self.open = false;
                return false;
            }
            b'[' | b'{' => (self.inside, self.depth) = (Inside::Structure, 1),
            b'"' => self.inside = Inside::String { escaped: false },
            _ => self.inside = Inside::Scalar,
        }
        true
    }
}

/// Gives each whole element. An element that is not complete begins at the beginning of the bytes.
pub(super) fn split(state: &mut State, bytes: &[u8], seen: Seen, mut event: impl FnMut(StreamEvent<'_>)) -> Cut {
    let mut start = 0;
    let mut at = seen.bytes;
    while let Some(byte) = bytes.get(at) {
        if state.inside == Inside::Nothing {
            if state.begins(*byte) {
                start = at;
            }
            at += 1;
        } else if let Some(with) = state.step(*byte) {
            at += with;
            event(parse(&bytes[start..at], start));
        } else {
            at += 1;
            // Inside a string only two bytes mean anything.
            if state.inside == (Inside::String { escaped: false }) {
                at += memchr::memchr2(b'"', b'\\', &bytes[at..]).unwrap_or(bytes.len() - at);
            }
        }
    }
    let used = if state.inside == Inside::Nothing { bytes.len() } else { start };
    Cut { used, seen: Seen { lines: 0, bytes: bytes.len() } }
}

/// An element.
pub(super) fn parse(raw: &[u8], starts_at: usize) -> StreamEvent<'_> {
    StreamEvent { name: None, data: Some(Cow::Borrowed(raw)), raw, starts_at, failed: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn elements(stream: &str) -> (Vec<String>, bool) {
        let (mut state, mut all) = (State::default(), Vec::new());
        split(&mut state, stream.as_bytes(), Seen::default(), |event| all.push(String::from_utf8(event.raw.to_vec()).unwrap()));
        (all, state.is_open())
    }

    #[test]
    fn white_space_and_commas_belong_to_no_element() {
        let (all, open) = elements(r#" [ {"a":"]},\"{","b":[1,{}]} , 7,"x,]\\" ,[[]] ]"#);
        assert_eq!(all, [r#"{"a":"]},\"{","b":[1,{}]}"#, "7", r#""x,]\\""#, "[[]]"]);
        assert!(!open);
    }

    #[test]
    fn an_array_without_its_end_is_still_open() {
        assert_eq!(elements(r#"[{"a":1},"#), (vec![r#"{"a":1}"#.to_owned()], true));
        assert_eq!(elements("[]"), (vec![], false));
    }

    #[test]
    fn a_value_instead_of_the_array_is_an_event() {
        assert_eq!(elements(r#"{"error":{"code":400}}"#), (vec![r#"{"error":{"code":400}}"#.to_owned()], false));
    }
}
