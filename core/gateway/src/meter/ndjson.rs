//! `application/x-ndjson`: a JSON value a line. Blank lines are keep-alives; the last line may lack its end.

use std::borrow::Cow;

use super::frame::{Cut, Seen, StreamEvent};

/// Gives each whole line.
pub(super) fn split(bytes: &[u8], seen: Seen, mut event: impl FnMut(StreamEvent<'_>)) -> Cut {
    let (mut start, mut from) = (0, seen.bytes);
    while let Some(found) = memchr::memchr(b'\n', &bytes[from..]) {
        let end = from + found + 1;
        event(parse(&bytes[start..end], start));
        (start, from) = (end, end);
    }
    Cut { used: start, seen: Seen { lines: 0, bytes: bytes.len() } }
}

/// A line; `raw` has its end.
pub(super) fn parse(raw: &[u8], starts_at: usize) -> StreamEvent<'_> {
    let data = raw.trim_ascii();
    StreamEvent { name: None, data: (!data.is_empty()).then_some(Cow::Borrowed(data)), raw, starts_at, failed: false }
}
