//! The one end of a stream: why its reading ended, what was consumed until then, and what the client is told. The settlement
//! begins here.

use std::{sync::Arc, time::Duration};

use weighbridge_domain::EventStatus;
use weighbridge_ledger::LedgerError;
use weighbridge_plugin_api::adapter::StreamEnd;

use super::{After, Phase, Stream};
use crate::{
    dialect::ErrorStyle,
    ends::NOT_CHARGED,
    meter::{Consumed, wire::Wire},
    refusal::Refusal,
    resources::{self, LeftBehind},
    settle::{End, OpenCall, Settled},
};

/// Why the reading ended.
pub(super) enum Ending {
    /// The terminal event has come.
    Terminal,
    /// The body ended.
    Closed,
    /// The connection broke.
    Broke(String),
    /// Nothing came for so long.
    Silent(Duration),
    /// What came cannot be read.
    Unreadable(String),
    /// The client had left, and the rest was not read: it was too long.
    Left,
}

/// What goes on at the provider is written down before its call is settled as begun.
async fn keep_and_settle(open: Box<OpenCall>, end: End, wire: Arc<Wire>, left: LeftBehind) -> Result<Settled, LedgerError> {
    resources::keep(&open, &end.candidate, left).await?;
    open.settle(end, Some(wire)).await
}

impl Stream {
    /// Reads what was consumed and begins the settlement: once, whatever comes later.
    pub(super) fn end(&mut self, ending: Ending) {
        let Some(open) = self.open.take() else { return };
        let dialect = open.dialect_kind.clone();
        let closed = matches!(ending, Ending::Closed);
        let silent = matches!(ending, Ending::Silent(_));
        let said = |whole| match (whole, silent) {
            (true, _) => StreamEnd::Complete,
            (false, true) => StreamEnd::TimedOut,
            (false, false) => StreamEnd::UpstreamClosed,
        };
        let torn = self.forward.finish(&mut self.meter, &self.exchange, |meter| said(meter.is_whole(closed)), &mut self.outbox);
        if let Some(refusal) = self.forward.failure().cloned() {
            self.flags.push("plugin_failed");
            self.waive = Some("a plugin failed while the answer was passing");
            self.tell(dialect.errors(), &refusal, torn);
        }
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
        let left = resources::left_streaming(&open, self.meter.first_event(), whole || self.meter.failed());
        let consumed = left.as_ref().and_then(LeftBehind::consumed).unwrap_or(consumed);
        let after = self.after(ending, &consumed, dialect.errors(), torn);
        if !matches!(after, After::Break(_))
            && let Some(close) = self.forward.close()
        {
            self.outbox.hold(close);
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
        self.phase = match left {
            None => Phase::Settling(Box::pin(open.settle(end, Some(wire))), after),
            Some(left) => Phase::Settling(Box::pin(keep_and_settle(open, end, wire, left)), after),
        };
    }

    /// What comes behind the record. Where the stream cannot go on, the client is told, and sees that it is not whole.
    fn after(&mut self, ending: Ending, consumed: &Consumed, errors: &ErrorStyle, torn: bool) -> After {
        let name = self.exchange.candidate.provider.name.clone();
        let name = name.as_str();
        match ending {
            Ending::Terminal => After::Tail,
            Ending::Closed | Ending::Left => After::Done,
            Ending::Broke(why) => After::Break(format!("the provider {name:?} broke the answer off: {why}").into()),
            Ending::Silent(limit) => {
                let refusal = if consumed.nothing_came() {
                    Refusal::upstream_timeout(name, "go on with its answer", limit.as_millis())
                } else {
                    Refusal::upstream_fell_silent(name, limit.as_millis())
                };
                self.tell(errors, &refusal, torn);
                After::Break(format!("the provider {name:?} fell silent").into())
            }
            Ending::Unreadable(why) => {
                // An adapter that translates has said it in the client's words.
                if self.exchange.wire.stream_events.is_none() {
                    let refusal = if consumed.nothing_came() { Refusal::upstream_undecodable(name, &why) } else { Refusal::upstream_unreadable(name, &why) };
                    // Where the unreadable begins is not known: perhaps in the middle of an event that the client has a part of.
                    self.tell(errors, &refusal, self.forward.is_pipe());
                }
                After::Break(format!("the answer of the provider {name:?} cannot be read on: {why}").into())
            }
        }
    }

    /// A refusal as the last thing that the client reads. `torn`: behind the beginning of an event, of which it must not be read as
    /// a part. Into an encoded stream nothing can be written.
    fn tell(&mut self, errors: &ErrorStyle, refusal: &Refusal, torn: bool) {
        if self.forward.is_pipe() && self.meter.is_encoded() {
            return;
        }
        if let Some(said) = self.forward.refusal(errors, refusal, torn) {
            self.outbox.hold(said);
        }
    }

    fn status(&self, whole: bool, consumed: &Consumed) -> EventStatus {
        match (self.meter.failed(), whole) {
            (true, _) => EventStatus::UpstreamError,
            // A body that ended without a byte is no answer, also where nothing but its end says that it was whole.
            (false, true) if self.first_byte.is_none() => EventStatus::UpstreamError,
            (false, false) if consumed.nothing_came() || self.first_byte.is_none() => EventStatus::UpstreamError,
            (false, true) if self.left.is_none() => EventStatus::Completed,
            _ => EventStatus::Partial,
        }
    }
}
