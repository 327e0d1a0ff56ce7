//! The body of an answer to a client: whole, or a stream.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::Response;
use hyper::body::{Body, Frame, SizeHint};

use crate::{
    resources::Relay,
    stream::{BoxError, StreamBody},
};

/// What the client gets.
pub type Answer = Response<AnswerBody>;

/// The body of an answer: whole, or a stream.
pub struct AnswerBody(Kind);

enum Kind {
    Whole(Option<Bytes>),
    Stream(StreamBody),
    Relay(Relay),
}

impl AnswerBody {
    /// A whole body.
    pub fn whole(bytes: impl Into<Bytes>) -> Self {
        Self(Kind::Whole(Some(bytes.into())))
    }
    pub(crate) fn stream(stream: StreamBody) -> Self {
        Self(Kind::Stream(stream))
    }
    pub(crate) fn relay(relay: Relay) -> Self {
        Self(Kind::Relay(relay))
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match &mut self.0 {
            Kind::Whole(bytes) => Poll::Ready(bytes.take().filter(|bytes| !bytes.is_empty()).map(|bytes| Ok(Frame::data(bytes)))),
            Kind::Stream(stream) => stream.poll_next(context).map(|next| next.map(|bytes| bytes.map(Frame::data))),
            Kind::Relay(relay) => relay.poll_next(context).map(|next| next.map(|bytes| bytes.map(Frame::data))),
        }
    }
    fn is_end_stream(&self) -> bool {
        matches!(&self.0, Kind::Whole(None))
    }
    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Kind::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64)),
            Kind::Stream(_) | Kind::Relay(_) => SizeHint::default(),
        }
    }
}
