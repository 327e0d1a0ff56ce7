//! Settle: the one end that every call reaches once, by end, error, drop or time-out. Weighs what was consumed, rates
//! it, and commits it; the reservation goes in, the receipt comes out.

use std::{
    sync::{Arc, atomic::AtomicBool},
    time::Instant,
};

use weighbridge_domain::{ChargeStatus, CostStatus, Currency, Decimal, EventId, EventStatus, ModelName, Text, Timestamp, Usage, UsageEvent};
use weighbridge_ledger::{LedgerError, Receipt, Reservation};
use weighbridge_plugin_api::adapter::{Measured, UsageReading};

use crate::{
    authenticate::Caller,
    call::Request,
    counting::Unreported,
    dialect::Dialect,
    gateway::{Gateway, InFlight},
    meter::{Consumed, wire::Wire},
    record::Case,
    route::Candidate,
    weigh::{Known, Weighed},
};

/// A call that was admitted and has not ended: it holds the reservation. Dropping it unsettled makes the ledger write
/// an `abandoned` event.
pub(crate) struct OpenCall {
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) id: EventId,
    pub(crate) received_at: Timestamp,
    pub(crate) dialect: Text,
    pub(crate) dialect_kind: Dialect,
    pub(crate) client_gone: Arc<AtomicBool>,
    pub(crate) caller: Caller,
    pub(crate) request: Request,
    /// It leaves something at its provider that goes on.
    pub(crate) starts: bool,
    pub(crate) reservation: Reservation,
    /// When the attempt that is going on was begun; the first one begins with the call.
    pub(crate) attempt_began: Instant,
    /// What prices may depend on and the request decided.
    pub(crate) dimensions: Vec<(Text, Text)>,
    /// Attempts that failed before the one that is going on.
    pub(crate) earlier: Vec<UsageEvent>,
    pub(crate) in_flight: InFlight,
}

/// How an attempt ended.
pub(crate) struct End {
    pub(crate) candidate: Candidate,
    pub(crate) status: EventStatus,
    pub(crate) http_status: Option<u16>,
    pub(crate) consumed: Consumed,
    pub(crate) first_byte: Option<Instant>,
    /// What was unusual on the way.
    pub(crate) flags: Vec<&'static str>,
    /// Do not charge for it, and why.
    pub(crate) waive: Option<&'static str>,
}

impl End {
    pub(crate) fn new(candidate: &Candidate, status: EventStatus, consumed: Consumed) -> Self {
        Self { candidate: candidate.clone(), status, http_status: None, consumed, first_byte: None, flags: Vec::new(), waive: None }
    }
}

/// On the books.
pub(crate) struct Settled {
    #[expect(dead_code, reason = "the proof that it was committed")]
    pub(crate) receipt: Option<Receipt>,
    /// What it cost, where that is known.
    pub(crate) cost: Option<Decimal>,
    /// What is charged, where that is known.
    pub(crate) charge: Option<Decimal>,
    pub(crate) currency: Currency,
    pub(crate) served_model: Option<ModelName>,
}

impl OpenCall {
    /// Notes a failed attempt; the call goes on with another.
    pub(crate) fn attempt_failed(&mut self, end: End) {
        let weighed = Weighed::of(self.known(&end), None);
        let event = self.event(&end, weighed, self.next_id());
        self.gateway.observer.settled(&event);
        self.earlier.push(event);
    }

    /// What is known of a call's consumption; of one that is not billed, nothing needs to be.
    fn known<'a>(&self, end: &'a End) -> Known<'a> {
        match end.consumed_now() {
            known @ (Known::Reported(_) | Known::Free { .. } | Known::Later) => known,
            _ if end.candidate.provider.wire(&self.dialect).is_some_and(|wire| wire.is_free()) => Known::Free { contradicted: false },
            known => known,
        }
    }

    fn next_id(&self) -> EventId {
        if self.earlier.is_empty() { self.id } else { self.gateway.ids.next(self.received_at) }
    }

    /// Ends the call. Resolves when the record is durable, or at once when answers are not held for it.
    pub(crate) async fn settle(mut self: Box<Self>, end: End, wire: Option<Arc<Wire>>) -> Result<Settled, LedgerError> {
        let mut weighed = self.weigh(&end, wire).await;
        let extra = std::mem::take(&mut weighed.extra);
        let event = self.event(&end, weighed, self.next_id());
        self.gateway.observer.settled(&event);
        if let Some(limit_tokens) = tokens(&event.usage) {
            self.caller.key().window.add_tokens(event.completed_at, limit_tokens);
        }
        let cost = event.cost.amount.filter(|_| event.cost.status != CostStatus::Unpriced);
        let charge = event.charge.amount.filter(|_| event.charge.status != ChargeStatus::Unrated);
        let (currency, served_model) = (event.charge.currency, event.served_model.clone());
        let mut events = std::mem::take(&mut self.earlier);
        events.push(event);
        for (model, quantities) in extra {
            events.push(self.extra_event(&end, &model, &quantities));
        }
        let Self { gateway, reservation, in_flight, .. } = *self;
        let pending = gateway.ledger.settle(reservation, events);
        let receipt = if gateway.options.hold_answers { Some(pending.await?) } else { None };
        drop(in_flight);
        Ok(Settled { receipt, cost, charge, currency, served_model })
    }

    /// Counts what was not reported, off the async workers: a counter may take milliseconds.
    async fn weigh(&self, end: &End, wire: Option<Arc<Wire>>) -> Weighed {
        let known = self.known(end);
        let (Consumed::Unreported { generated, .. }, Known::Unreported(..)) = (&end.consumed, &known) else { return Weighed::of(known, None) };
        if end.status == EventStatus::UpstreamError {
            return Weighed::of(known, None);
        }
        let (gateway, request, generated, model) = (self.gateway.clone(), self.request.json_bytes(), generated.clone(), end.candidate.model.clone());
        let counted = tokio::task::spawn_blocking(move || {
            gateway.counters.count(&Unreported { model: model.as_str(), wire: wire.as_deref(), request: &request, generated: &generated })
        })
        .await;
        Weighed::of(known, counted.ok())
    }

    fn event(&self, end: &End, weighed: Weighed, id: EventId) -> UsageEvent {
        let case = Case {
            gateway: &self.gateway,
            plan: self.caller.plan(),
            hold: self.reservation.hold(),
            attempt: self.earlier.len() as u16 + 1,
            began: Some(self.attempt_began),
            dimensions: &self.dimensions,
        };
        case.event(end, weighed, id)
    }

    /// Inference at another model inside the same answer: a record of its own, under the same call.
    fn extra_event(&self, end: &End, model: &Text, quantities: &[Measured]) -> UsageEvent {
        let mut candidate = end.candidate.clone();
        candidate.model = ModelName::new(model.clone());
        let reading = UsageReading { quantities: quantities.to_vec(), ..UsageReading::default() };
        let mut inner = End::new(&candidate, end.status, Consumed::Nothing);
        inner.http_status = end.http_status;
        inner.flags = vec!["nested_inference"];
        self.event(&inner, Weighed::of(Known::Reported(&reading), None), self.gateway.ids.next(self.received_at))
    }
}

/// Tokens of a call, for the limit per minute.
fn tokens(usage: &Usage) -> Option<u64> {
    u64::try_from(usage.input_total() + usage.output_total()).ok()
}
