//! An answer to replay: what it says, and how it is cut into writes.

use std::{sync::Arc, time::Duration};

/// How the body is cut into writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cuts {
    /// In one piece.
    Whole,
    /// A byte at a time.
    EachByte,
    /// In pieces of 1 to 97 bytes, from this seed.
    Random(u64),
    /// Ten milliseconds between the events of a stream, so that a client can act in the middle of it.
    SlowEvents,
    /// In two pieces, with a tenth of a second behind so many bytes: a client leaves then.
    PausedAt(usize),
}

/// How the end of the body is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// `content-length`.
    Length,
    /// `transfer-encoding: chunked`.
    Chunked,
    /// By neither: the headers say what they say, and the connection stays open.
    Untold,
}

/// An answer to replay.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// Headers besides the framing.
    pub headers: Vec<(String, String)>,
    /// The body, byte for byte.
    pub body: Arc<[u8]>,
    /// How the body is cut.
    pub cuts: Cuts,
    /// How its end is told.
    pub framing: Framing,
    /// Waited before the head.
    pub delay: Duration,
    /// The connection is closed after so many bytes of the body.
    pub cut_off_after: Option<usize>,
}

impl Reply {
    /// 200 with a JSON body.
    pub fn json(body: impl Into<Vec<u8>>) -> Self {
        Self::new(200, "application/json", body)
    }
    /// 200 with a stream of events, chunked.
    pub fn sse(body: impl Into<Vec<u8>>) -> Self {
        Self { framing: Framing::Chunked, ..Self::new(200, "text/event-stream; charset=utf-8", body) }
    }
    /// Any status and content type, with a length.
    pub fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: vec![("content-type".into(), content_type.into())],
            body: body.into().into(),
            cuts: Cuts::Whole,
            framing: Framing::Length,
            delay: Duration::ZERO,
            cut_off_after: None,
        }
    }
    /// With another way of cutting.
    pub fn cut(self, cuts: Cuts) -> Self {
        Self { cuts, ..self }
    }
    /// With a pause before the head.
    pub fn delayed(self, delay: Duration) -> Self {
        Self { delay, ..self }
    }
    /// Closed after so many bytes of the body.
    pub fn cut_off_after(self, bytes: usize) -> Self {
        Self { cut_off_after: Some(bytes), ..self }
    }
    /// With one more header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }
}
