//! Settle: the one end that every call reaches once, by end, error, drop or time-out. Weighs what was consumed, rates
//! it, and commits it; the reservation goes in, the receipt comes out.

use std::{
    sync::{Arc, atomic::AtomicBool},
    time::Instant,
};

use weighbridge_domain::{
    Charge, ChargeStatus, Cost, CostStatus, Currency, Decimal, EventId, EventStatus, ModelName, StatedCost, Text, Timestamp, Usage, UsageEvent, exact,
};
use weighbridge_ledger::{LedgerError, Receipt, Reservation};
use weighbridge_plugin_api::adapter::{Measured, UsageReading};
use weighbridge_pricing::{PriceQuery, RatedEvent};

use crate::{
    authenticate::Caller,
    call::Request,
    counting::Unreported,
    dialect::Dialect,
    gateway::{Gateway, InFlight},
    meter::{Consumed, wire::Wire},
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
            known @ (Known::Reported(_) | Known::Free { .. }) => known,
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
        let completed_at = self.gateway.clock.now();
        let (cost, charge, mut flags) = self.rate(end, &weighed, id);
        flags.extend(weighed.stated_cost.filter(|stated| differs(stated, &cost)).map(|_| Text::from("stated_cost_differs")));
        flags.extend(weighed.flags);
        flags.extend(end.flags.iter().map(|flag| Text::from(*flag)));
        flags.sort();
        flags.dedup();
        let hold = self.reservation.hold();
        UsageEvent {
            id,
            request_id: self.id,
            attempt: self.earlier.len() as u16 + 1,
            status: end.status,
            customer: hold.customer.clone(),
            key: hold.key.clone(),
            session: hold.session.clone(),
            workflow: hold.workflow.clone(),
            step: hold.step.clone(),
            tags: hold.tags.clone(),
            dialect: self.dialect.clone(),
            provider: end.candidate.provider.name.clone(),
            requested_model: hold.requested_model.clone(),
            routed_model: end.candidate.model.clone(),
            served_model: weighed.served_model,
            service_tier: weighed.service_tier,
            streamed: hold.streamed,
            http_status: end.http_status,
            started_at: self.received_at,
            completed_at,
            time_to_first_token_ms: end.first_byte.map(|at| at.duration_since(self.attempt_began).as_millis() as u32),
            duration_ms: self.attempt_began.elapsed().as_millis() as u32,
            usage: weighed.usage,
            flags,
            cost,
            charge,
            stated_cost: weighed.stated_cost,
            dimensions: self.with_requested(weighed.dimensions),
        }
    }

    /// The answer's dimensions and, where it is silent, the request's.
    fn with_requested(&self, mut dimensions: Vec<(Text, Text)>) -> Vec<(Text, Text)> {
        let silent = |name: &Text| !dimensions.iter().any(|(said, _)| said == name);
        let requested: Vec<_> = self.dimensions.iter().filter(|(name, _)| silent(name)).cloned().collect();
        dimensions.extend(requested);
        dimensions.sort();
        dimensions
    }

    /// Cost by the price book, charge by the customer's plan.
    fn rate(&self, end: &End, weighed: &Weighed, id: EventId) -> (Cost, Charge, Vec<Text>) {
        let plan = self.caller.plan();
        let document = plan.document();
        let free = |reason: &str| Charge::free(document.currency, Some(document.id.clone()), document.version, reason);
        if let Some(reason) = weighed.free {
            return (Cost::nothing(document.currency), free(reason), Vec::new());
        }
        let book = self.gateway.book.load();
        let provider = &end.candidate.provider;
        // The served model is the more exact name; an alias that the book does not know in that form is priced as routed.
        let served = weighed.served_model.as_ref().filter(|model| book.find(&provider.price_book, model.as_str(), self.received_at).is_some());
        let model = served.unwrap_or(&end.candidate.model);
        let query = PriceQuery { provider: &provider.price_book, model: model.as_str(), at: self.received_at, service_tier: weighed.service_tier.as_deref() };
        let costed = book.cost(&query, &weighed.usage);
        if let Some(reason) = end.waive {
            return (costed.cost, free(reason), costed.flags);
        }
        let hold = self.reservation.hold();
        let rated = RatedEvent {
            id,
            customer: &hold.customer,
            occurred_at: self.received_at,
            provider: &provider.name,
            model: &end.candidate.model,
            usage: &weighed.usage,
            key: &hold.key,
            session: hold.session.as_deref(),
            workflow: hold.workflow.as_deref(),
            step: hold.step.as_deref(),
            service_tier: weighed.service_tier.as_deref(),
            requested_model: &hold.requested_model,
            served_model: weighed.served_model.as_ref(),
            tags: &hold.tags,
        };
        let charge = plan.rate(&rated, &costed.cost);
        (costed.cost, charge, costed.flags)
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

/// Whether what the provider states is more than one percent away from our own reckoning.
fn differs(stated: &StatedCost, cost: &Cost) -> bool {
    let Some(own) = cost.amount.filter(|_| stated.currency == cost.currency) else { return false };
    let hundredfold = exact::add(stated.amount, -own).and_then(|gap| exact::mul(gap.abs(), 100.into()));
    hundredfold.is_ok_and(|gap| gap > own.abs())
}

/// Tokens of a call, for the limit per minute.
fn tokens(usage: &Usage) -> Option<u64> {
    u64::try_from(usage.input_total() + usage.output_total()).ok()
}
