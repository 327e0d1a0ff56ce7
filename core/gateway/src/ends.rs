//! The ways in which a call ends without an answer from the provider that could be delivered. Each is a settlement with
//! a record, and gives back the refusal that the client sees.

use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::StatusCode;
use weighbridge_domain::EventStatus;
use weighbridge_ledger::Reservation;
use weighbridge_plugin_api::adapter::UsageReading;

use crate::{
    authenticate::Caller,
    call::{Head, Request},
    gateway::Gateway,
    meter::{Consumed, text},
    refusal::Refusal,
    resources,
    respond::Exchange,
    route::Candidate,
    settle::{End, OpenCall},
    upstream::NoAnswer,
};

pub(crate) const NOT_CHARGED: &str = "the call failed without a report of usage: it is not charged";

impl OpenCall {
    pub(crate) fn new(gateway: Arc<Gateway>, head: &Head, caller: Caller, request: Request, reservation: Reservation) -> Box<Self> {
        let in_flight = gateway.begin();
        // Boxed: it is handed from stage to stage, and the call's future would hold a copy for each of them.
        Box::new(Self {
            id: head.id,
            received_at: head.received_at,
            attempt_began: head.received,
            dialect: head.dialect.name(),
            dialect_kind: head.dialect.clone(),
            client_gone: head.client_gone.clone(),
            starts: resources::starts(&head.dialect, &request),
            gateway,
            caller,
            request,
            reservation,
            dimensions: Vec::new(),
            earlier: Vec::new(),
            in_flight,
        })
    }

    /// Whether the client went away before its answer.
    pub(crate) fn client_gone(&self) -> bool {
        self.client_gone.load(Ordering::Relaxed)
    }

    /// Refused after it was admitted and before anything was sent.
    pub(crate) async fn refuse(self: Box<Self>, candidate: &Candidate, refusal: Refusal) -> Refusal {
        let end = End::new(candidate, EventStatus::Refused, Consumed::Nothing);
        self.close(end, refusal).await
    }

    /// No provider answered.
    pub(crate) async fn unanswered(self: Box<Self>, candidate: &Candidate, why: NoAnswer) -> Refusal {
        let mut end = End::unanswered(candidate, &why);
        let starts = self.dialect_kind.resource().filter(|_| why.was_sent() && self.starts);
        let refusal = match starts {
            Some(facts) => {
                end.flags.push("may_have_started");
                Refusal::start_unknown(facts.noun, candidate.provider.name.as_str(), &why.to_string())
            }
            None => why.refusal(&candidate.provider),
        };
        self.close(end, refusal).await
    }

    /// Waits for the next attempt. False: the client went away meanwhile.
    pub(crate) async fn pause(&mut self, pause: Duration) -> bool {
        if !pause.is_zero() {
            tokio::time::sleep(pause).await;
        }
        self.attempt_began = Instant::now();
        !self.client_gone()
    }

    /// The client went away between two attempts: those that were made are the record.
    pub(crate) async fn left(mut self: Box<Self>) -> Refusal {
        let events = std::mem::take(&mut self.earlier);
        let Self { gateway, reservation, in_flight, .. } = *self;
        if let Err(error) = gateway.ledger.settle(reservation, events).await {
            tracing::error!(%error, "a failed call could not be recorded");
        }
        drop(in_flight);
        // Nobody is there to read it.
        Refusal::internal()
    }

    /// The provider did not do what was asked, and said so.
    pub(crate) async fn not_served(self: Box<Self>, exchange: &Exchange, status: StatusCode, refusal: Refusal) -> Refusal {
        let mut end = End::new(&exchange.candidate, EventStatus::UpstreamError, Consumed::Nothing);
        end.http_status = Some(status.as_u16());
        self.close(end, refusal).await
    }

    /// The provider began to answer, and nothing usable came of it: what it consumed is not known.
    pub(crate) async fn fail(self: Box<Self>, exchange: &Exchange, status: Option<StatusCode>, refusal: Refusal) -> Refusal {
        let mut end = End::new(&exchange.candidate, EventStatus::UpstreamError, Consumed::Unknown);
        end.http_status = status.map(|status| status.as_u16());
        end.waive = Some(NOT_CHARGED);
        end.flags.extend(self.starts.then_some("may_have_started"));
        self.close(end, refusal).await
    }

    /// The provider answered well, and a plugin's failure keeps the answer from the client: counted, not charged.
    pub(crate) async fn withhold(self: Box<Self>, exchange: &Exchange, status: StatusCode, body: &Bytes, refusal: Refusal) -> Refusal {
        let generated = text::of_body(&exchange.wire, body);
        let consumed = Consumed::Unreported { reading: UsageReading::default(), generated, truncated: false };
        let mut end = End::new(&exchange.candidate, EventStatus::Partial, consumed);
        end.http_status = Some(status.as_u16());
        end.flags = vec!["plugin_failed"];
        end.waive = Some("the answer could not be delivered because a plugin failed");
        let wire = exchange.wire.clone();
        match self.settle(end, Some(wire)).await {
            Ok(_) => refusal,
            Err(error) => Refusal::ledger_lost_answer(error),
        }
    }

    async fn close(self: Box<Self>, end: End, refusal: Refusal) -> Refusal {
        // The refusal is the news; that it could not be recorded is in the log and in the ledger's own state.
        if let Err(error) = self.settle(end, None).await {
            tracing::error!(%error, "a failed call could not be recorded");
        }
        refusal
    }
}

impl End {
    /// A try without an answer.
    pub(crate) fn unanswered(candidate: &Candidate, why: &NoAnswer) -> Self {
        let consumed = if why.was_sent() { Consumed::Unknown } else { Consumed::Nothing };
        let mut end = Self::new(candidate, EventStatus::UpstreamError, consumed);
        end.waive = Some(NOT_CHARGED);
        end
    }

    /// A try whose answer was a failure, and was not forwarded. Where it began well, what it consumed is not known.
    pub(crate) fn answered(candidate: &Candidate, status: StatusCode) -> Self {
        let consumed = if status.is_success() { Consumed::Unknown } else { Consumed::Nothing };
        let mut end = Self::new(candidate, EventStatus::UpstreamError, consumed);
        end.http_status = Some(status.as_u16());
        end.waive = Some(NOT_CHARGED).filter(|_| status.is_success());
        end
    }
}
