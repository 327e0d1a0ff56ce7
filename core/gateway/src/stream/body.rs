//! A stream as the body of an answer. A client that leaves drops it: the rest is then read to its end in a task of its own
//! (metering rule 24).

use std::{
    future::poll_fn,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;

use super::{BoxError, Phase, Stream, ending::Ending};

/// The stream as the body of an answer.
pub(crate) struct StreamBody(Option<Box<Stream>>);

impl StreamBody {
    pub(crate) fn new(stream: Stream) -> Self {
        Self(Some(Box::new(stream)))
    }

    pub(crate) fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, BoxError>>> {
        match &mut self.0 {
            Some(stream) => stream.poll_next(context),
            None => Poll::Ready(None),
        }
    }
}

impl Drop for StreamBody {
    fn drop(&mut self) {
        let Some(stream) = self.0.take().filter(|stream| stream.needs_draining()) else { return };
        let options = stream.exchange.options;
        // Outside of a runtime there is nobody left to read on: the reservation's own drop settles the call.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(stream.drain(options.drain_timeout, options.drain_bytes));
        }
    }
}

impl Stream {
    /// Reads on to the end after the client left, within the cap.
    async fn drain(mut self: Box<Self>, limit: Duration, max_bytes: usize) {
        self.left = Some(self.read() + max_bytes as u64);
        let to_the_end = async { while let Some(Ok(_)) = poll_fn(|context| self.poll_next(context)).await {} };
        if tokio::time::timeout(limit, to_the_end).await.is_err() {
            self.cut_drain();
            while let Some(Ok(_)) = poll_fn(|context| self.poll_next(context)).await {}
        }
    }

    /// The client left, and no more is read for it.
    pub(super) fn cut_drain(&mut self) {
        self.flags.push("drain_cut");
        self.upstream = None;
        self.end(Ending::Left);
    }

    fn needs_draining(&self) -> bool {
        matches!(self.phase, Phase::Reading | Phase::Closing(_) | Phase::Settling(..))
    }
}
