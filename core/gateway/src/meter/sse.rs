//! Splits `text/event-stream` into whole events, wherever the chunks were torn, without changing a byte.
//!
//! LF and CRLF, comments, several data lines, and a last event without its blank line are read (metering rule 27).

use std::borrow::Cow;

/// One whole event.
#[derive(Debug)]
pub struct SseEvent<'a> {
    /// Its name, if it has one.
    pub name: Option<&'a str>,
    /// Its data lines, joined by a line feed; `None` for comments and keep-alives.
    pub data: Option<Cow<'a, [u8]>>,
    /// Its bytes as received, with the blank line.
    pub raw: &'a [u8],
    /// Where it begins in the chunk that was pushed last; 0 when it began in an earlier one.
    pub starts_at: usize,
}

/// The splitter. It keeps only the event that is not complete yet.
#[derive(Debug, Default)]
pub struct SseScanner {
    torn: Vec<u8>,
    /// Up to here `torn` is known to hold whole lines and no blank one.
    scanned: usize,
}

/// An event that does not end: more than this is not kept.
pub const MAX_EVENT_BYTES: usize = 16 * 1024 * 1024;

/// There was such an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventTooLarge;

impl SseScanner {
    /// Takes the next bytes and gives each event that they complete.
    pub fn push(&mut self, chunk: &[u8], mut each: impl FnMut(SseEvent<'_>)) -> Result<(), EventTooLarge> {
        if self.torn.is_empty() {
            let (used, scanned) = split(chunk, 0, 0, |start, raw| each(parse(raw, start)));
            self.torn.extend_from_slice(&chunk[used..]);
            self.scanned = scanned - used;
            return self.check();
        }
        let earlier = self.torn.len();
        let mut torn = std::mem::take(&mut self.torn);
        torn.extend_from_slice(chunk);
        let (used, scanned) = split(&torn, self.scanned, earlier, |start, raw| each(parse(raw, start.saturating_sub(earlier))));
        torn.drain(..used);
        self.scanned = scanned - used;
        self.torn = torn;
        self.check()
    }

    fn check(&self) -> Result<(), EventTooLarge> {
        if self.torn.len() > MAX_EVENT_BYTES { Err(EventTooLarge) } else { Ok(()) }
    }

    /// The bytes of an event that is not complete yet.
    pub fn pending(&self) -> &[u8] {
        &self.torn
    }

    /// The stream is over: what is left is an event without its blank line.
    pub fn finish(&mut self, each: impl FnOnce(SseEvent<'_>)) {
        if !self.torn.is_empty() {
            let torn = std::mem::take(&mut self.torn);
            self.scanned = 0;
            each(parse(&torn, 0));
        }
    }
}

/// Calls `event` for each run of lines that ends in a blank one. The line at `line` is known to hold no line feed before
/// `from`: a long line that comes in many chunks is searched once. Gives where the unfinished event begins, and up to where
/// whole lines were seen.
fn split(bytes: &[u8], mut line: usize, mut from: usize, mut event: impl FnMut(usize, &[u8])) -> (usize, usize) {
    let mut start = 0;
    while let Some(found) = memchr::memchr(b'\n', &bytes[from..]) {
        let (length, end) = (from + found - line, from + found + 1);
        if length == 0 || (length == 1 && bytes[line] == b'\r') {
            event(start, &bytes[start..end]);
            start = end;
        }
        (line, from) = (end, end);
    }
    (start, line)
}

fn parse(raw: &[u8], starts_at: usize) -> SseEvent<'_> {
    let mut event = SseEvent { name: None, data: None, raw, starts_at };
    for line in raw.split(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if let Some(data) = field(line, b"data") {
            event.data = Some(match event.data.take() {
                None => Cow::Borrowed(data),
                Some(before) => Cow::Owned([&before, data].join(&b'\n')),
            });
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

    const STREAM: &str = ": hello\n\nevent: a\ndata: 1\n\ndata: x\ndata: y\r\n\r\n\ndata:[DONE]";

    fn events(cuts: &[usize]) -> Vec<(Option<String>, Option<String>, Vec<u8>)> {
        let mut scanner = SseScanner::default();
        let mut all = Vec::new();
        let keep = |all: &mut Vec<_>, event: SseEvent<'_>| {
            let data = event.data.map(|data| String::from_utf8(data.into_owned()).unwrap());
            all.push((event.name.map(String::from), data, event.raw.to_vec()));
        };
        let mut from = 0;
        for cut in cuts.iter().copied().chain([STREAM.len()]) {
            scanner.push(&STREAM.as_bytes()[from..cut], |event| keep(&mut all, event)).unwrap();
            from = cut;
        }
        scanner.finish(|event| keep(&mut all, event));
        all
    }

    #[test]
    fn wherever_it_is_torn_the_events_are_the_same() {
        let whole = events(&[]);
        let data: Vec<_> = whole.iter().map(|(name, data, _)| (name.as_deref(), data.as_deref())).collect();
        assert_eq!(data, [(None, None), (Some("a"), Some("1")), (None, Some("x\ny")), (None, None), (None, Some("[DONE]"))]);
        assert_eq!(whole.iter().flat_map(|(_, _, raw)| raw.clone()).collect::<Vec<_>>(), STREAM.as_bytes());
        for cut in 0..=STREAM.len() {
            assert_eq!(events(&[cut]), whole, "cut at {cut}");
        }
        assert_eq!(events(&(1..STREAM.len()).collect::<Vec<_>>()), whole);
    }

    #[test]
    fn an_event_says_where_it_begins_in_its_chunk() {
        let mut scanner = SseScanner::default();
        let mut starts = Vec::new();
        scanner.push(b"data: 1\n\ndata: 2", |event| starts.push(event.starts_at)).unwrap();
        scanner.push(b"\n\ndata: 3\n\n", |event| starts.push(event.starts_at)).unwrap();
        assert_eq!(starts, [0, 0, 2]);
    }

    #[test]
    fn an_event_that_does_not_end_is_not_kept_for_ever() {
        let mut scanner = SseScanner::default();
        let megabyte = vec![b'x'; 1024 * 1024];
        let pushes = std::iter::repeat_with(|| scanner.push(&megabyte, |_| panic!("no event has ended"))).take(17);
        assert_eq!(pushes.map(|push| push.is_ok()).collect::<Vec<_>>(), [&[true; 16][..], &[false]].concat());
    }
}
