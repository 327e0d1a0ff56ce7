//! Names of models, as they may stand in a path, in a header and on a record. They come from clients and from providers: neither
//! may put a line's end into a log, a step upwards into an upstream's path, or a page of text onto every record.

use std::{borrow::Cow, fmt::Write};

use weighbridge_domain::Text;

/// In bytes. A name goes onto every record: whoever sends a longer one would fill the books with it.
pub(crate) const MAX_LEN: usize = 512;

/// What is wrong with a client's name of a model, as the end of a sentence; `None`: it may be asked for.
pub(crate) fn unfit(name: &str) -> Option<&'static str> {
    if name.len() > MAX_LEN {
        return Some("is longer than 512 bytes");
    }
    if name.chars().any(is_unseen) {
        return Some("has control characters or invisible ones in it");
    }
    // In some adapters' paths the name is a segment or more, and what takes `..` for a step upwards would reach another endpoint.
    name.split(['/', '\\']).any(|segment| matches!(segment, "." | "..")).then_some("has \".\" or \"..\" in it as a part of a path")
}

/// A provider's name of something as it may stand on a record: what cannot be seen is written out, and one that is longer than any
/// name is cut off. With it, whether it is as it came.
pub(crate) fn recorded(name: &Text) -> (Text, bool) {
    let mut end = name.len().min(MAX_LEN);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    match escaped(&name[..end]) {
        Cow::Borrowed(_) if end == name.len() => (name.clone(), true),
        text => (text.into(), false),
    }
}

/// The same of a dimension's value; its name is the adapter's.
pub(crate) fn recorded_value((name, value): &(Text, Text)) -> (Text, Text) {
    (name.clone(), recorded(value).0)
}

fn escaped(name: &str) -> Cow<'_, str> {
    if !name.chars().any(is_unseen) {
        return name.into();
    }
    let mut text = String::with_capacity(name.len() + 16);
    for c in name.chars() {
        if is_unseen(c) {
            // Writing to a string does not fail.
            let _ = write!(text, "{}", c.escape_unicode());
        } else {
            text.push(c);
        }
    }
    text.into()
}

/// Controls, and what is not seen and changes how the rest is seen: joiners, marks of direction, ends of lines and paragraphs.
fn is_unseen(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_client_may_not_call_a_model_is_told() {
        for fit in ["m-4o", "acme/m-2.5:free", "arn:aws:x/y", "..m", "m..", "a/...", "модель", "a b", "m@001", &"m".repeat(512)] {
            assert_eq!(unfit(fit), None, "{fit:?}");
        }
        for path in ["..", ".", "../m", "a/../b", "a/..", "a\\..\\b", "a/./b"] {
            assert_eq!(unfit(path), Some("has \".\" or \"..\" in it as a part of a path"), "{path:?}");
        }
        for unseen in ["a\nb", "a\0", "\u{7f}", "a\u{85}b", "a\u{202e}b", "\u{feff}m"] {
            assert_eq!(unfit(unseen), Some("has control characters or invisible ones in it"), "{unseen:?}");
        }
        assert_eq!(unfit(&"m".repeat(513)), Some("is longer than 512 bytes"));
    }

    #[test]
    fn what_cannot_be_seen_is_written_out() {
        assert_eq!(recorded(&"m-1".into()), ("m-1".into(), true));
        assert_eq!(recorded(&"m\n1\u{202e}".into()), ("m\\u{a}1\\u{202e}".into(), false));
        assert_eq!(recorded(&format!("m{}", "é".repeat(300)).into()), (format!("m{}", "é".repeat(255)).into(), false));
    }
}
