//! Record: from what was weighed to the event on the books, with its cost by the price book and its charge by the customer's plan.
//!
//! The same for a call that is answered here and for what a provider finishes later: prices are those of the beginning.

use std::time::Instant;

use weighbridge_domain::{Charge, Cost, EventId, StatedCost, Text, UsageEvent, exact};
use weighbridge_ledger::Hold;
use weighbridge_pricing::{CompiledPlan, PriceQuery, RatedEvent};

use crate::{gateway::Gateway, settle::End, weigh::Weighed};

/// Whose event it is, and by what it is rated.
pub(crate) struct Case<'a> {
    pub(crate) gateway: &'a Gateway,
    pub(crate) plan: &'a CompiledPlan,
    pub(crate) hold: &'a Hold,
    pub(crate) attempt: u16,
    /// When the attempt began; `None`: it is not the gateway that has waited for it.
    pub(crate) began: Option<Instant>,
    /// What prices may depend on and the request decided.
    pub(crate) dimensions: &'a [(Text, Text)],
}

impl Case<'_> {
    /// The event of an attempt that ended so.
    pub(crate) fn event(&self, end: &End, weighed: Weighed, id: EventId) -> UsageEvent {
        let completed_at = self.gateway.clock.now();
        let (cost, charge, mut flags) = self.rate(end, &weighed, id);
        flags.extend(weighed.stated_cost.filter(|stated| differs(stated, &cost)).map(|_| Text::from("stated_cost_differs")));
        flags.extend(weighed.flags);
        flags.extend(end.flags.iter().map(|flag| Text::from(*flag)));
        flags.sort();
        flags.dedup();
        let Self { hold, began, .. } = self;
        let first_token = began.zip(end.first_byte).map(|(began, at)| at.duration_since(began).as_millis() as u32);
        UsageEvent {
            id,
            request_id: hold.id,
            attempt: self.attempt,
            status: end.status,
            customer: hold.customer.clone(),
            key: hold.key.clone(),
            session: hold.session.clone(),
            workflow: hold.workflow.clone(),
            step: hold.step.clone(),
            tags: hold.tags.clone(),
            dialect: hold.dialect.clone(),
            provider: end.candidate.provider.name.clone(),
            requested_model: hold.requested_model.clone(),
            routed_model: end.candidate.model.clone(),
            served_model: weighed.served_model,
            service_tier: weighed.service_tier,
            streamed: hold.streamed,
            http_status: end.http_status,
            started_at: hold.started_at,
            completed_at,
            time_to_first_token_ms: first_token,
            duration_ms: began.map_or_else(|| completed_at.millis_since(hold.started_at), |began| began.elapsed().as_millis() as u32),
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
        let document = self.plan.document();
        let free = |reason: &str| Charge::free(document.currency, Some(document.id.clone()), document.version, reason);
        if let Some(reason) = weighed.free {
            return (Cost::nothing(document.currency), free(reason), Vec::new());
        }
        let (book, hold) = (self.gateway.book.load(), self.hold);
        let provider = &end.candidate.provider;
        // The served model is the more exact name; an alias that the book does not know in that form is priced as routed.
        let served = weighed.served_model.as_ref().filter(|model| book.find(&provider.price_book, model.as_str(), hold.started_at).is_some());
        let model = served.unwrap_or(&end.candidate.model);
        let query = PriceQuery { provider: &provider.price_book, model: model.as_str(), at: hold.started_at, service_tier: weighed.service_tier.as_deref() };
        let costed = book.cost(&query, &weighed.usage);
        if let Some(reason) = end.waive {
            return (costed.cost, free(reason), costed.flags);
        }
        let rated = RatedEvent {
            id,
            customer: &hold.customer,
            occurred_at: hold.started_at,
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
        let charge = self.plan.rate(&rated, &costed.cost);
        (costed.cost, charge, costed.flags)
    }
}

/// Whether what the provider states is more than one percent away from our own reckoning.
fn differs(stated: &StatedCost, cost: &Cost) -> bool {
    let Some(own) = cost.amount.filter(|_| stated.currency == cost.currency) else { return false };
    let hundredfold = exact::add(stated.amount, -own).and_then(|gap| exact::mul(gap.abs(), 100.into()));
    hundredfold.is_ok_and(|gap| gap > own.abs())
}
