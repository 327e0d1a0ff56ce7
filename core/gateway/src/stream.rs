//! A streamed answer on its way to the client: piped through as it was received, watched by the meter, its last event
//! held until the record is on the books.
//!
//! However it ends — terminal event, end of the body, broken connection, silence, a client that left — it comes to
//! [`Stream::end`], once. A client that leaves makes the rest be read to its end in a task of its own (metering rule 24).

use std::{
    collections::VecDeque,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use bytes::Bytes;
use hyper::body::{Body, Incoming};
use tokio::time::Sleep;
use weighbridge_domain::EventStatus;
use weighbridge_ledger::LedgerError;
use weighbridge_plugin_api::adapter::StreamEnd;

use crate::{
    ends::NOT_CHARGED,
    forward::Forward,
    idle::Idle,
    meter::{Consumed, StreamMeter},
    refusal::Refusal,
    respond::Exchange,
    settle::{End, OpenCall, Settled},
    upstream::root_cause,
};

/// Any reason for which a body breaks off.
pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The stream's state. Boxed, because it may move into a task of its own.
pub(crate) struct Stream {
    upstream: Option<Incoming>,
    meter: StreamMeter,
    forward: Forward,
    exchange: Exchange,
    open: Option<Box<OpenCall>>,
    http_status: u16,
    first_byte: Option<Instant>,
    now: VecDeque<Bytes>,
    held: Vec<Bytes>,
    phase: Phase,
    idle: Idle,
    client_gone: bool,
    flags: Vec<&'static str>,
    waive: Option<&'static str>,
}

enum Phase {
    /// The answer is passing.
    Reading,
    /// Its terminal event has come, and usually the body ends with it. Some bodies hold another answer behind it, whose usage
    /// belongs on the same record.
    Closing(Option<Pin<Box<Sleep>>>),
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

/// So long the body's end is waited for after its terminal event, before the record is committed without it.
const CLOSING: Duration = Duration::from_millis(100);

/// How long the body may go on after its terminal event: the answer is whole, and whoever waits for its end should get it.
const TAIL: Duration = Duration::from_secs(5);

enum After {
    Tail,
    Done,
    Break(BoxError),
}

/// Why the reading ended.
enum Ending {
    Terminal,
    Closed,
    Broke(String),
    Silent(Duration),
    Undecodable(String),
}

impl Stream {
    pub(crate) fn new(open: Box<OpenCall>, exchange: Exchange, http_status: u16, meter: StreamMeter, upstream: Incoming) -> Self {
        let idle = Idle::new(exchange.candidate.provider.timeouts.idle);
        Self {
            upstream: Some(upstream),
            forward: Forward::new(&exchange, &meter),
            meter,
            exchange,
            open: Some(open),
            http_status,
            first_byte: None,
            now: VecDeque::new(),
            held: Vec::new(),
            phase: Phase::Reading,
            idle,
            client_gone: false,
            flags: Vec::new(),
            waive: None,
        }
    }

    /// Takes bytes that were read before it was known to be a stream.
    pub(crate) fn prefetched(&mut self, chunk: Bytes) {
        self.take(chunk);
    }

    /// The next bytes for the client.
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, BoxError>>> {
        loop {
            if let Some(bytes) = self.now.pop_front() {
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
                Phase::Closing(_) => match self.poll_upstream(context) {
                    Poll::Pending if self.poll_closing(context).is_pending() => return Poll::Pending,
                    Poll::Ready(Some(Ok(chunk))) => self.take(chunk),
                    Poll::Pending | Poll::Ready(Some(Err(_)) | None) => self.end(Ending::Terminal),
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
        let Some(upstream) = &mut self.upstream else { return Poll::Ready(None) };
        loop {
            match ready!(Pin::new(&mut *upstream).poll_frame(context)) {
                None => return Poll::Ready(None),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                // Trailers are not part of the body.
                Some(Ok(frame)) => {
                    if let Ok(chunk) = frame.into_data() {
                        if !matches!(self.phase, Phase::Tail) {
                            self.idle.touch();
                        }
                        return Poll::Ready(Some(Ok(chunk)));
                    }
                }
            }
        }
    }

    fn poll_closing(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let Phase::Closing(wait) = &mut self.phase else { return Poll::Ready(()) };
        wait.get_or_insert_with(|| Box::pin(tokio::time::sleep(CLOSING))).as_mut().poll(context)
    }

    fn take(&mut self, chunk: Bytes) {
        self.first_byte.get_or_insert_with(Instant::now);
        if let Err(error) = self.forward.take(&mut self.meter, &self.exchange, chunk, &mut self.now, &mut self.held) {
            // Behind its terminal event the answer is whole, whatever follows.
            let whole = matches!(self.phase, Phase::Closing(_));
            return self.end(if whole { Ending::Terminal } else { Ending::Undecodable(error.to_string()) });
        }
        if self.meter.terminal() && matches!(self.phase, Phase::Reading) {
            self.phase = Phase::Closing(None);
        }
    }

    /// The one end: reads what was consumed and begins the settlement.
    fn end(&mut self, ending: Ending) {
        let Some(open) = self.open.take() else { return };
        let dialect = open.dialect_kind.clone();
        let said = match ending {
            Ending::Terminal => StreamEnd::Complete,
            Ending::Silent(_) => StreamEnd::TimedOut,
            Ending::Closed | Ending::Broke(_) | Ending::Undecodable(_) => StreamEnd::UpstreamClosed,
        };
        let torn = self.forward.finish(&mut self.meter, &self.exchange, said, &mut self.held);
        if let Some(refusal) = self.forward.failure().cloned() {
            self.flags.push("plugin_failed");
            self.waive = Some("a plugin failed while the answer was passing");
            self.held.extend(self.forward.refusal(dialect.errors(), &refusal, torn));
        }
        let closed = matches!(ending, Ending::Closed);
        let whole = self.meter.is_whole(closed);
        if closed && self.meter.cut_off {
            self.flags.push("body_truncated");
        }
        if self.meter.after_terminal() {
            self.flags.push("after_terminal");
        }
        let consumed = self.meter.consumed(&*self.exchange.candidate.provider.adapter, whole).unwrap_or_else(|error| {
            tracing::warn!(id = %open.id, %error, "the adapter could not read the usage; counting instead");
            self.flags.push("plugin_failed");
            self.meter.counted_only()
        });
        let name = self.exchange.candidate.provider.name.as_str();
        let after = match ending {
            Ending::Terminal => After::Tail,
            Ending::Closed => After::Done,
            Ending::Broke(why) => After::Break(format!("the provider {name:?} broke the answer off: {why}").into()),
            Ending::Silent(limit) => {
                // Into an encoded stream nothing can be written.
                if !(self.forward.is_pipe() && self.meter.is_encoded()) {
                    let refusal = if consumed.nothing_came() {
                        Refusal::upstream_timeout(name, "go on with its answer", limit.as_millis())
                    } else {
                        Refusal::upstream_fell_silent(name, limit.as_millis())
                    };
                    // Behind the beginning of an event, it must not be read as part of it.
                    self.held.extend(self.forward.refusal(dialect.errors(), &refusal, torn));
                }
                After::Break(format!("the provider {name:?} fell silent").into())
            }
            Ending::Undecodable(why) => After::Break(format!("the answer of the provider {name:?} cannot be decoded: {why}").into()),
        };
        if !matches!(after, After::Break(_)) {
            self.held.extend(self.forward.close());
        }
        let mut end = End::new(&self.exchange.candidate, self.status(whole, &consumed), consumed);
        end.http_status = Some(self.http_status);
        end.first_byte = self.first_byte;
        end.flags = std::mem::take(&mut self.flags);
        end.waive = self.waive;
        // A failure without a report is not charged (metering rule 25), and is not left open either.
        if end.status == EventStatus::UpstreamError && end.consumed.reports_nothing() {
            end.waive = end.waive.or(Some(NOT_CHARGED));
        }
        let wire = self.exchange.wire.clone();
        self.phase = Phase::Settling(Box::pin(open.settle(end, Some(wire))), after);
    }

    fn status(&self, whole: bool, consumed: &Consumed) -> EventStatus {
        match (self.meter.failed(), whole) {
            (true, _) => EventStatus::UpstreamError,
            // A body that ended without a byte is no answer, also where nothing but its end says that it was whole.
            (false, true) if self.first_byte.is_none() => EventStatus::UpstreamError,
            (false, false) if consumed.nothing_came() || self.first_byte.is_none() => EventStatus::UpstreamError,
            (false, true) if !self.client_gone => EventStatus::Completed,
            _ => EventStatus::Partial,
        }
    }

    /// On the books: the held bytes go out. Not on the books: they do not.
    fn release(&mut self, settled: Result<Settled, LedgerError>, after: After) {
        match settled {
            Ok(settled) => {
                let held = std::mem::take(&mut self.held);
                self.now.extend(self.forward.annotate(held, &settled));
                self.phase = match after {
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

    /// Reads on to the end after the client left, within the cap.
    async fn drain(mut self: Box<Self>, limit: Duration, max_bytes: usize) {
        self.client_gone = true;
        let mut read = 0;
        let to_the_end = async {
            while let Some(Ok(bytes)) = std::future::poll_fn(|context| self.poll_next(context)).await {
                read += bytes.len();
                if read > max_bytes {
                    break;
                }
            }
        };
        let in_time = tokio::time::timeout(limit, to_the_end).await.is_ok();
        if !in_time || read > max_bytes {
            self.flags.push("drain_cut");
            self.upstream = None;
            self.end(Ending::Closed);
            while let Some(Ok(_)) = std::future::poll_fn(|context| self.poll_next(context)).await {}
        }
    }

    fn needs_draining(&self) -> bool {
        matches!(self.phase, Phase::Reading | Phase::Closing(_) | Phase::Settling(..))
    }
}

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
