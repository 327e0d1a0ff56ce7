//! The ways in which a call ends without an answer from the provider that could be delivered. Each is a settlement with
//! a record, and gives back the refusal that the client sees.

use std::{sync::Arc, sync::atomic::Ordering};

use bytes::Bytes;
use http::{Response, StatusCode};
use hyper::body::Incoming;
use weighbridge_domain::EventStatus;
use weighbridge_ledger::Reservation;
use weighbridge_plugin_api::adapter::UsageReading;

use crate::{
    authenticate::Caller,
    call::{Head, Request},
    gateway::Gateway,
    meter::{Consumed, text},
    refusal::Refusal,
    respond::Exchange,
    route::Candidate,
    settle::{End, OpenCall},
    upstream::NoAnswer,
};

pub(crate) const NOT_CHARGED: &str = "the call failed without a report of usage: it is not charged";

impl OpenCall {
    pub(crate) fn new(gateway: Arc<Gateway>, head: &Head, caller: Caller, request: Request, reservation: Reservation) -> Self {
        let in_flight = gateway.begin();
        Self {
            id: head.id,
            received_at: head.received_at,
            received: head.received,
            dialect: head.dialect.name(),
            dialect_kind: head.dialect.clone(),
            client_gone: head.client_gone.clone(),
            gateway,
            caller,
            request,
            reservation,
            earlier: Vec::new(),
            in_flight,
        }
    }

    /// Whether the client went away before its answer.
    pub(crate) fn client_gone(&self) -> bool {
        self.client_gone.load(Ordering::Relaxed)
    }

    /// Refused after it was admitted and before anything was sent.
    pub(crate) async fn refuse(self, candidate: &Candidate, refusal: Refusal) -> Refusal {
        let end = End::new(candidate, EventStatus::Refused, Consumed::Nothing);
        self.close(end, refusal).await
    }

    /// No provider answered.
    pub(crate) async fn unanswered(self, candidate: &Candidate, why: NoAnswer) -> Refusal {
        let refusal = why.refusal(&candidate.provider);
        let end = unanswered(candidate, &why);
        self.close(end, refusal).await
    }

    /// This candidate did not answer; there is another.
    pub(crate) fn attempt_unanswered(&mut self, candidate: &Candidate, why: NoAnswer) {
        tracing::info!(id = %self.id, provider = %candidate.provider.name, reason = %why.refusal(&candidate.provider), "trying the next candidate");
        self.attempt_failed(unanswered(candidate, &why));
    }

    /// This candidate answered with an error; there is another.
    pub(crate) fn attempt_answered(&mut self, candidate: &Candidate, answer: &Response<Incoming>) {
        tracing::info!(id = %self.id, provider = %candidate.provider.name, status = answer.status().as_u16(), "trying the next candidate");
        let mut end = End::new(candidate, EventStatus::UpstreamError, Consumed::Nothing);
        end.http_status = Some(answer.status().as_u16());
        self.attempt_failed(end);
    }

    /// The provider did not do what was asked, and said so.
    pub(crate) async fn not_served(self, exchange: &Exchange, status: StatusCode, refusal: Refusal) -> Refusal {
        let mut end = End::new(&exchange.candidate, EventStatus::UpstreamError, Consumed::Nothing);
        end.http_status = Some(status.as_u16());
        self.close(end, refusal).await
    }

    /// The provider began to answer, and nothing usable came of it: what it consumed is not known.
    pub(crate) async fn fail(self, exchange: &Exchange, status: Option<StatusCode>, refusal: Refusal) -> Refusal {
        let mut end = End::new(&exchange.candidate, EventStatus::UpstreamError, Consumed::Unknown);
        end.http_status = status.map(|status| status.as_u16());
        end.waive = Some(NOT_CHARGED);
        self.close(end, refusal).await
    }

    /// The provider answered well, and a plugin's failure keeps the answer from the client: counted, not charged.
    pub(crate) async fn withhold(self, exchange: &Exchange, status: StatusCode, body: &Bytes, refusal: Refusal) -> Refusal {
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

    async fn close(self, end: End, refusal: Refusal) -> Refusal {
        // The refusal is the news; that it could not be recorded is in the log and in the ledger's own state.
        if let Err(error) = self.settle(end, None).await {
            tracing::error!(%error, "a failed call could not be recorded");
        }
        refusal
    }
}

fn unanswered(candidate: &Candidate, why: &NoAnswer) -> End {
    let consumed = if matches!(why, NoAnswer::Unreachable(_)) { Consumed::Nothing } else { Consumed::Unknown };
    let mut end = End::new(candidate, EventStatus::UpstreamError, consumed);
    end.waive = Some(NOT_CHARGED);
    end
}
