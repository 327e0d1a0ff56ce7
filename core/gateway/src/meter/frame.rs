//! Splits a stream into whole events by its framing, wherever the chunks were torn, without changing a byte.
//!
//! Each framing has a file that knows where an event ends and what it says; this one keeps what is not complete yet.

use std::borrow::Cow;

use weighbridge_plugin_api::adapter::Framing;

use super::{aws, json_array, ndjson, sse};

/// One whole event.
#[derive(Debug)]
pub struct StreamEvent<'a> {
    /// Its name, if it has one.
    pub name: Option<&'a str>,
    /// What it says; `None` for comments and keep-alives.
    pub data: Option<Cow<'a, [u8]>>,
    /// Its bytes as received.
    pub raw: &'a [u8],
    /// Where it begins in the chunk that was pushed last; 0 when it began in an earlier one.
    pub starts_at: usize,
    /// The framing itself says that this is a failure.
    pub failed: bool,
}

/// An event that does not end: more than this is not kept.
pub const MAX_EVENT_BYTES: usize = 16 * 1024 * 1024;

/// Why a stream cannot be read on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameError {
    /// An event that does not end.
    TooLarge,
    /// Bytes that are not of this framing.
    Damaged(&'static str),
}

/// The splitter. It keeps only the event that is not complete yet.
#[derive(Debug)]
pub struct Framer {
    kind: Kind,
    torn: Vec<u8>,
    /// Up to here `torn` was looked through: it is not searched again.
    seen: Seen,
}

#[derive(Debug)]
enum Kind {
    /// No events: the bytes are nobody's business.
    None,
    Sse,
    Ndjson,
    JsonArray(json_array::State),
    Aws,
}

/// What is known of the event that is not complete yet.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Seen {
    /// Before this there are whole lines, and no blank one.
    pub(super) lines: usize,
    /// Before this nothing ends.
    pub(super) bytes: usize,
}

/// Where the bytes were cut: the unfinished event begins at `used`, and this is known of it (counted from the beginning of the
/// bytes).
pub(super) struct Cut {
    pub(super) used: usize,
    pub(super) seen: Seen,
}

impl Framer {
    /// For a framing.
    pub fn new(framing: Framing) -> Self {
        let kind = match framing {
            Framing::None => Kind::None,
            Framing::Sse => Kind::Sse,
            Framing::Ndjson => Kind::Ndjson,
            Framing::JsonArray => Kind::JsonArray(json_array::State::default()),
            Framing::AwsEventStream => Kind::Aws,
        };
        Self { kind, torn: Vec::new(), seen: Seen::default() }
    }

    /// Takes the next bytes and gives each event that they complete.
    pub fn push(&mut self, chunk: &[u8], mut each: impl FnMut(StreamEvent<'_>)) -> Result<(), FrameError> {
        if self.torn.is_empty() {
            let cut = self.kind.split(chunk, self.seen, each)?;
            self.torn.extend_from_slice(&chunk[cut.used..]);
            return self.keep(cut);
        }
        let earlier = self.torn.len();
        let mut torn = std::mem::take(&mut self.torn);
        torn.extend_from_slice(chunk);
        let cut = self.kind.split(&torn, self.seen, |event| each(StreamEvent { starts_at: event.starts_at.saturating_sub(earlier), ..event }))?;
        torn.drain(..cut.used);
        self.torn = torn;
        self.keep(cut)
    }

    fn keep(&mut self, Cut { used, seen }: Cut) -> Result<(), FrameError> {
        self.seen = Seen { lines: seen.lines.saturating_sub(used), bytes: seen.bytes.saturating_sub(used) };
        if self.torn.len() > MAX_EVENT_BYTES { Err(FrameError::TooLarge) } else { Ok(()) }
    }

    /// The bytes of an event that is not complete yet.
    pub fn pending(&self) -> &[u8] {
        &self.torn
    }

    /// Whether there are no events to look for.
    pub fn is_none(&self) -> bool {
        matches!(self.kind, Kind::None)
    }

    /// Whether the framing has an end of its own that has not come.
    pub fn is_open(&self) -> bool {
        matches!(&self.kind, Kind::JsonArray(state) if state.is_open())
    }

    /// The stream is over: what is left is an event without its end.
    pub fn finish(&mut self, each: impl FnOnce(StreamEvent<'_>)) {
        if self.torn.is_empty() {
            return;
        }
        let torn = std::mem::take(&mut self.torn);
        self.seen = Seen::default();
        match &self.kind {
            Kind::None => {}
            Kind::Sse => each(sse::parse(&torn, 0)),
            Kind::Ndjson => each(ndjson::parse(&torn, 0)),
            Kind::JsonArray(_) => each(json_array::parse(&torn, 0)),
            // Its checksum comes last: without it, nothing of it can be believed.
            Kind::Aws => each(StreamEvent { name: None, data: None, raw: &torn, starts_at: 0, failed: false }),
        }
    }
}

impl Kind {
    fn split(&mut self, bytes: &[u8], seen: Seen, each: impl FnMut(StreamEvent<'_>)) -> Result<Cut, FrameError> {
        match self {
            Self::None => Ok(Cut { used: bytes.len(), seen }),
            Self::Sse => Ok(sse::split(bytes, seen, each)),
            Self::Ndjson => Ok(ndjson::split(bytes, seen, each)),
            Self::JsonArray(state) => Ok(json_array::split(state, bytes, seen, each)),
            Self::Aws => aws::split(bytes, each),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Name, data, bytes and failure of each event.
    type Seen = (Option<String>, Option<Vec<u8>>, Vec<u8>, bool);

    fn events(framing: Framing, stream: &[u8], cuts: &[usize]) -> Vec<Seen> {
        let mut framer = Framer::new(framing);
        let mut all = Vec::new();
        let keep = |all: &mut Vec<_>, event: StreamEvent<'_>| {
            all.push((event.name.map(String::from), event.data.map(Cow::into_owned), event.raw.to_vec(), event.failed));
        };
        let mut from = 0;
        for cut in cuts.iter().copied().chain([stream.len()]) {
            framer.push(&stream[from..cut], |event| keep(&mut all, event)).unwrap();
            from = cut;
        }
        framer.finish(|event| keep(&mut all, event));
        all
    }

    fn streams() -> Vec<(Framing, Vec<u8>)> {
        let aws = [aws::encode("event", "chunk", br#"{"bytes":"eyJhIjoxfQ=="}"#), aws::encode("exception", "throttled", b"{}"), b"\0\0".to_vec()].concat();
        vec![
            (Framing::Sse, b": hello\n\nevent: a\ndata: 1\n\ndata: x\ndata: y\r\n\r\n\ndata:[DONE]".to_vec()),
            (Framing::Sse, b"data: 1\r\rdata: 2\r\r\ndata: 3\r\n\r\ndata: 4\n\r\r\rdata: 5\r\r".to_vec()),
            (Framing::Ndjson, b"{\"a\":1}\n\r\n{\"b\":\"\\n\"}\r\n{\"c\":3}".to_vec()),
            (Framing::JsonArray, br#" [ {"a":"]},\"{","b":[1,{}]} , 7,"x,]\\" ,[[]], {"c":1 "#.to_vec()),
            (Framing::JsonArray, br#"[{"a":1}] "#.to_vec()),
            (Framing::JsonArray, br#"{"error":{"code":1}}"#.to_vec()),
            (Framing::AwsEventStream, aws),
        ]
    }

    #[test]
    fn rule_27_wherever_a_stream_is_torn_the_events_are_the_same() {
        for (framing, stream) in streams() {
            let whole = events(framing, &stream, &[]);
            assert!(!whole.is_empty());
            for cut in 0..=stream.len() {
                assert_eq!(events(framing, &stream, &[cut]), whole, "{framing:?} cut at {cut}");
            }
            assert_eq!(events(framing, &stream, &(1..stream.len()).collect::<Vec<_>>()), whole, "{framing:?} byte by byte");
        }
    }

    proptest! {
        /// Whatever the bytes are, cutting them changes nothing.
        #[test]
        fn any_bytes_may_be_torn_anywhere(bytes in "[\\[\\]{},\"\\\\ :\r\nda1]{0,40}", cuts in proptest::collection::btree_set(0usize..40, 0..6)) {
            let cuts: Vec<_> = cuts.into_iter().filter(|cut| *cut <= bytes.len()).collect();
            for framing in [Framing::Sse, Framing::Ndjson, Framing::JsonArray] {
                prop_assert_eq!(events(framing, bytes.as_bytes(), &cuts), events(framing, bytes.as_bytes(), &[]));
            }
        }
    }

    #[test]
    fn an_event_says_where_it_begins_in_its_chunk() {
        let mut framer = Framer::new(Framing::Sse);
        let mut starts = Vec::new();
        framer.push(b"data: 1\n\ndata: 2", |event| starts.push(event.starts_at)).unwrap();
        framer.push(b"\n\ndata: 3\n\n", |event| starts.push(event.starts_at)).unwrap();
        assert_eq!(starts, [0, 0, 2]);
    }

    #[test]
    fn an_event_that_does_not_end_is_not_kept_for_ever() {
        for framing in [Framing::Sse, Framing::Ndjson, Framing::JsonArray] {
            let mut framer = Framer::new(framing);
            let mut megabyte = vec![b'x'; 1024 * 1024];
            megabyte[0] = b'{';
            let pushes = std::iter::repeat_with(|| framer.push(&megabyte, |_| panic!("no event has ended"))).take(17);
            assert_eq!(pushes.map(|push| push.is_ok()).collect::<Vec<_>>(), [&[true; 16][..], &[false]].concat());
        }
    }
}
