//! `text/event-stream` (WHATWG HTML, "Server-sent events", 2026): lines that end in LF, CRLF or CR, a blank line ends an event.
//!
//! Comments, several data lines, and a last event without its blank line are read (metering rule 27).

use std::borrow::Cow;

use super::frame::{Cut, Seen, StreamEvent};

/// Gives each run of lines that ends in a blank one. The line at `seen.lines` is known not to end before `seen.bytes`: a long
/// line that comes in many chunks is searched once.
///
/// A CR at the end of the bytes may be half of a CRLF: it is decided when the next byte is there. Where the line before the
/// blank one ended in CR alone, the blank one does too, and nothing is waited for.
pub(super) fn split(bytes: &[u8], seen: Seen, mut event: impl FnMut(StreamEvent<'_>)) -> Cut {
    let (mut start, mut line, mut from) = (0, seen.lines, seen.bytes);
    while let Some(found) = memchr::memchr2(b'\n', b'\r', &bytes[from..]) {
        let at = from + found;
        let blank = at == line;
        let end = match bytes[at] {
            b'\n' => at + 1,
            _ if blank && line > start && bytes[line - 1] == b'\r' => at + 1,
            _ => match bytes.get(at + 1) {
                None => return Cut { used: start, seen: Seen { lines: line, bytes: at } },
                Some(b'\n') => at + 2,
                Some(_) => at + 1,
            },
        };
        if blank {
            event(parse(&bytes[start..end], start));
            start = end;
        }
        (line, from) = (end, end);
    }
    Cut { used: start, seen: Seen { lines: line, bytes: bytes.len() } }
}

/// An event's fields; `raw` has the blank line.
pub(super) fn parse(raw: &[u8], starts_at: usize) -> StreamEvent<'_> {
    let mut event = StreamEvent { name: None, data: None, raw, starts_at, failed: false };
    // Between CR and LF is an empty line that says nothing.
    for line in raw.split(|byte| matches!(byte, b'\n' | b'\r')) {
        if let Some(data) = field(line, b"data") {
            match &mut event.data {
                None => event.data = Some(Cow::Borrowed(data)),
                Some(before) => {
                    let before = before.to_mut();
                    before.push(b'\n');
                    before.extend_from_slice(data);
                }
            }
        } else if let Some(name) = field(line, b"event") {
            event.name = std::str::from_utf8(name).ok();
        }
    }
    event
}

fn field<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let value = line.strip_prefix(name)?.strip_prefix(b":")?;
    Some(value.strip_prefix(b" ").unwrap_or(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(stream: &str) -> Vec<(Option<String>, Option<String>)> {
        let mut all = Vec::new();
        let cut = split(stream.as_bytes(), Seen::default(), |event| {
            all.push((event.name.map(String::from), event.data.map(|data| String::from_utf8(data.into_owned()).unwrap())));
        });
        assert_eq!(cut.used, stream.len(), "{stream:?} ends in a whole event");
        all
    }

    #[test]
    fn rule_27_lines_end_in_lf_crlf_or_cr() {
        for end in ["\n", "\r\n", "\r"] {
            let stream = format!(": hi{end}{end}event: a{end}data: 1{end}{end}data: x{end}data: y{end}{end}");
            // The very last CR waits for a byte only where no line before it told the style.
            let one = |name: Option<&str>, data: Option<&str>| (name.map(String::from), data.map(String::from));
            assert_eq!(read(&stream), [one(None, None), one(Some("a"), Some("1")), one(None, Some("x\ny"))], "{end:?}");
        }
    }
}
