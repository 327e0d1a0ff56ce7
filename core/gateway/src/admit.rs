//! Admit: may this call be made, and who answers for it? Grants the reservation, without which nothing goes upstream.

use weighbridge_domain::{Decimal, Timestamp, account::UnpricedPolicy};
use weighbridge_ledger::{Hold, Reservation};

use crate::{
    authenticate::Caller,
    call::{Head, Request},
    counting::estimate,
    dialect::resource::Place,
    gateway::Gateway,
    refusal::Refusal,
    route::{Candidate, Route},
};

/// Checks price and limits, and writes the reservation down. It is durable with the next group commit, which the call
/// does not wait for: a killed process leaves it behind, and recovery settles it.
pub(crate) fn admit(gateway: &Gateway, call: &Head, caller: &Caller, request: &Request, route: &Route) -> Result<Reservation, Refusal> {
    let plan = caller.plan().document();
    let first = &route.candidates()[0];
    let book = gateway.book.load();
    // The models of what is placed by its content were looked at when it was.
    let by_model = call.dialect.resource().is_none_or(|resource| resource.place == Place::Model);
    if plan.unpriced == UnpricedPolicy::Block && by_model {
        let unpriced =
            route.candidates().iter().find(|candidate| book.find(&candidate.provider.price_book, candidate.model.as_str(), call.received_at).is_none());
        if let Some(candidate) = unpriced {
            return Err(Refusal::unpriced_model(request.model.as_str(), candidate.provider.name.as_str(), plan.id.as_str()));
        }
    }
    check_rate(caller, call, request, first)?;
    let customer = caller.customer();
    let labels = &request.labels;
    let hold = Hold {
        id: call.id,
        customer: customer.id.clone(),
        key: caller.key().key.id.clone(),
        provider: first.provider.name.clone(),
        requested_model: request.model.clone(),
        routed_model: first.model.clone(),
        dialect: call.dialect.name(),
        streamed: request.streamed,
        session: labels.session.clone(),
        workflow: labels.workflow.clone(),
        step: labels.step.clone(),
        tags: labels.tags.clone(),
        plan: Some(plan.id.clone()),
        plan_version: plan.version,
        currency: plan.currency,
        started_at: call.received_at,
        // Nothing is checked against an amount yet: budgets and prepaid balances will hold the worst case here.
        estimate: None::<Decimal>,
    };
    gateway.ledger.reserve(hold).map_err(Refusal::ledger_unavailable)
}

/// A limit on tokens needs to know what the call will add: only then its prompt is estimated.
fn check_rate(caller: &Caller, call: &Head, request: &Request, first: &Candidate) -> Result<(), Refusal> {
    let entry = caller.key();
    if let Some(limit) = entry.key.tpm {
        let prompt = first.provider.wire(call.dialect.as_str()).map_or(0, |wire| estimate(wire, &request.body));
        entry.window.check_tokens(call.received_at, limit, prompt).map_err(|wait| Refusal::rate_limited("tokens", limit, wait))?;
    }
    take_request(caller, call.received_at)
}

/// Counts a request of the key, if it may make one more.
pub(crate) fn take_request(caller: &Caller, at: Timestamp) -> Result<(), Refusal> {
    let entry = caller.key();
    let Some(limit) = entry.key.rpm else { return Ok(()) };
    entry.window.take_request(at, limit).map_err(|wait| Refusal::rate_limited("requests", limit.into(), wait))
}
