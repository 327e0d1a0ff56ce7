//! A streamed answer on its way to the client: piped through as it was received, watched by the meter, its last event
//! held until the record is on the books.
//!
//! However it ends — terminal event, end of the body, broken connection, silence, a client that left — it comes to
//! [`Stream::end`], once.

mod body;
mod closing;
mod ending;
mod outbox;

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use bytes::Bytes;
use hyper::body::{Body, Incoming};
use tokio::task::coop::poll_proceed;
use weighbridge_ledger::LedgerError;

pub(crate) use body::StreamBody;
pub(crate) use outbox::Outbox;

use crate::{
    forward::Forward,
    idle::Idle,
    meter::StreamMeter,
    refusal::Refusal,
    respond::Exchange,
    settle::{OpenCall, Settled},
    upstream::root_cause,
};
use closing::Closing;
use ending::Ending;

/// Any reason for which a body breaks off.
pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The stream's state. Boxed, because it may move into a task of its own.
pub(crate) struct Stream {
    upstream: Option<Incoming>,
    /// Received, and not yet taken.
    rest: Bytes,
    meter: StreamMeter,
    forward: Forward,
    exchange: Exchange,
    open: Option<Box<OpenCall>>,
    http_status: u16,
    first_byte: Option<Instant>,
    outbox: Outbox,
    phase: Phase,
    idle: Idle,
    received: u64,
    /// So many of the bytes had been read when the client last got something.
    heard: u64,
    /// The client has left: up to so many bytes are read on.
    left: Option<u64>,
    flags: Vec<&'static str>,
    waive: Option<&'static str>,
}

enum Phase {
    /// The answer is passing.
    Reading,
    /// Its terminal event has come, and the body's end has not.
    Closing(Closing),
    /// Its record is being committed; afterwards the held bytes go out, and then this.
    Settling(Pin<Box<dyn Future<Output = Result<Settled, LedgerError>> + Send>>, After),
    /// On the books; what comes after the terminal event still passes.
    Tail,
    /// The client must see that the answer is not whole.
    Broken {
        error: BoxError,
        flushed: bool,
    },
    Done,
}

/// Of an encoded body so much is decoded at a time: what that becomes, which may be a thousand times as much, is on its way before
/// the next.
const DECODED_AT_ONCE: usize = 4 * 1024;

/// More than this is not read while nothing of it is for the client.
const MOST_UNHEARD: u64 = 64 * 1024 * 1024;

/// How long the body may go on after its terminal event: the answer is whole, and whoever waits for its end should get it.
const TAIL: Duration = Duration::from_secs(5);

enum After {
    Tail,
    Done,
    Break(BoxError),
}

impl Stream {
    pub(crate) fn new(open: Box<OpenCall>, exchange: Exchange, http_status: u16, meter: StreamMeter, upstream: Incoming) -> Self {
        let idle = Idle::new(exchange.candidate.provider.timeouts.idle);
        Self {
            upstream: Some(upstream),
            rest: Bytes::new(),
            forward: Forward::new(&exchange, &meter),
            meter,
            exchange,
            open: Some(open),
            http_status,
            first_byte: None,
            outbox: Outbox::default(),
            phase: Phase::Reading,
            idle,
            received: 0,
            heard: 0,
            left: None,
            flags: Vec::new(),
            waive: None,
        }
    }

    /// Takes bytes that were read before it was known to be a stream.
    pub(crate) fn prefetched(&mut self, chunk: Bytes) {
        self.rest = chunk;
    }

    /// The next bytes for the client.
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, BoxError>>> {
        loop {
            if let Some(bytes) = self.outbox.next() {
                return Poll::Ready(Some(Ok(bytes)));
            }
            match &mut self.phase {
                Phase::Reading => match self.poll_upstream(context) {
                    Poll::Pending if self.idle.poll_expired(context) => self.end(Ending::Silent(self.idle.limit)),
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(Some(Ok(chunk))) => self.take(chunk),
                    Poll::Ready(Some(Err(error))) => self.end(Ending::Broke(root_cause(&error))),
                    Poll::Ready(None) => self.end(Ending::Closed),
                },
                Phase::Closing(closing) if closing.is_over() => self.end(Ending::Terminal),
                Phase::Closing(_) => match ready!(self.poll_behind_the_end(context)) {
                    Some(chunk) => self.take(chunk),
                    None => self.end(Ending::Terminal),
                },
                Phase::Settling(settling, _) => {
                    let settled = ready!(settling.as_mut().poll(context));
                    let Phase::Settling(_, after) = std::mem::replace(&mut self.phase, Phase::Done) else { continue };
                    self.release(settled, after);
                }
                Phase::Tail if self.idle.poll_expired(context) => {
                    self.upstream = None;
                    self.phase = Phase::Done;
                }
                Phase::Tail => match ready!(self.poll_upstream(context)) {
                    Some(Ok(chunk)) if self.forward.is_pipe() => return Poll::Ready(Some(Ok(chunk))),
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => self.phase = Phase::Done,
                },
                // The connection throws away what it has not flushed when a body fails: it gets a turn first.
                Phase::Broken { flushed, .. } if !*flushed => {
                    *flushed = true;
                    context.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Phase::Broken { .. } => {
                    let Phase::Broken { error, .. } = std::mem::replace(&mut self.phase, Phase::Done) else { continue };
                    return Poll::Ready(Some(Err(error)));
                }
                Phase::Done => return Poll::Ready(None),
            }
        }
    }

    fn poll_upstream(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, hyper::Error>>> {
        // What comes may all be dropped, held or decoded to nothing: others get their turn all the same.
        let turn = ready!(poll_proceed(context));
        if !self.rest.is_empty() {
            turn.made_progress();
            return Poll::Ready(Some(Ok(self.next_of_rest())));
        }
        let Some(upstream) = &mut self.upstream else { return Poll::Ready(None) };
        loop {
            let next = ready!(Pin::new(&mut *upstream).poll_frame(context));
            turn.made_progress();
            match next {
                None => return Poll::Ready(None),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                // Trailers are not part of the body.
                Some(Ok(frame)) => {
                    if let Ok(chunk) = frame.into_data() {
                        if !matches!(self.phase, Phase::Tail) {
                            self.idle.touch();
                        }
                        self.rest = chunk;
                        return Poll::Ready(Some(Ok(self.next_of_rest())));
                    }
                }
            }
        }
    }

    fn next_of_rest(&mut self) -> Bytes {
        let most = if self.meter.is_encoded() { DECODED_AT_ONCE } else { usize::MAX };
        self.rest.split_to(self.rest.len().min(most))
    }

    /// What follows the terminal event; `None` when nothing more is waited for.
    fn poll_behind_the_end(&mut self, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let next = self.poll_upstream(context).map(|next| next.and_then(Result::ok));
        let Phase::Closing(closing) = &mut self.phase else { return next };
        closing.poll(next, context)
    }

    fn take(&mut self, chunk: Bytes) {
        self.first_byte.get_or_insert_with(Instant::now);
        self.received += chunk.len() as u64;
        let taken = self.forward.take(&mut self.meter, &self.exchange, chunk, &mut self.outbox).map_err(|error| error.to_string());
        match taken.and_then(|()| self.outbox.check()).and_then(|()| self.check_heard()) {
            // Behind its terminal event the answer is whole, whatever follows.
            Err(_) if self.meter.terminal() => self.end(Ending::Terminal),
            Err(why) => self.end(Ending::Unreadable(why)),
            Ok(()) if self.meter.terminal() && matches!(self.phase, Phase::Reading) => self.phase = Phase::Closing(Closing::default()),
            Ok(()) if self.left.is_some_and(|most| self.read() > most) => self.cut_drain(),
            Ok(()) => {}
        }
    }

    /// A stream of which nothing is for the client could go on for ever, and the client would not know.
    fn check_heard(&mut self) -> Result<(), String> {
        let read = self.read();
        if self.outbox.has_news() {
            self.heard = read;
        }
        if read - self.heard > MOST_UNHEARD { Err(format!("it goes on for more than {MOST_UNHEARD} bytes and says nothing")) } else { Ok(()) }
    }

    /// So many bytes have been read, and unpacked.
    fn read(&self) -> u64 {
        self.received + self.meter.unpacked()
    }

    /// On the books: the held bytes go out. Not on the books: they do not.
    fn release(&mut self, settled: Result<Settled, LedgerError>, after: After) {
        match settled {
            Ok(settled) => {
                self.outbox.release(|bytes| self.forward.annotated(bytes, &settled));
                self.phase = match after {
                    // Nobody reads it.
                    After::Tail if self.left.is_some() => Phase::Done,
                    After::Tail => {
                        self.idle = Idle::new(self.idle.limit.min(TAIL));
                        Phase::Tail
                    }
                    After::Done => Phase::Done,
                    After::Break(error) => Phase::Broken { error, flushed: false },
                };
            }
            Err(error) => {
                tracing::error!(%error, "an answer's end was withheld: the ledger could not record it");
                self.phase = Phase::Broken { error: Box::new(Refusal::ledger_lost_answer(error)), flushed: false };
            }
        }
    }
}
