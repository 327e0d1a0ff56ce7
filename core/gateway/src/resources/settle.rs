//! Settle: what an object says is noted, and what has ended comes onto the books, once, at the prices of its beginning.

use std::sync::Arc;

use weighbridge_domain::{EventId, EventStatus, UsageEvent};
use weighbridge_ledger::LedgerError;
use weighbridge_pricing::CompiledPlan;

use super::{
    ask::{Question, ask, provider_of},
    look::decoded,
    relay,
    shelf::{Key, Resource, Stage, blocking},
    state::{self, Said},
    storage,
};
use crate::{
    dialect::{
        ResourceFacts,
        resource::{Does, Results, Work},
    },
    ends::NOT_CHARGED,
    gateway::Gateway,
    meter::{self, Consumed, WholeError, facts::Beside},
    receive::collect,
    record::Case,
    refusal::Refusal,
    respond::Exchange,
    settle::End,
    weigh::Weighed,
};

/// What the dialect of a resource says of its kind.
pub(super) fn facts_of(gateway: &Gateway, resource: &Resource) -> Result<&'static ResourceFacts, Refusal> {
    gateway.routes.load().dialects.resource(&resource.made_by.dialect).ok_or_else(Refusal::internal)
}

/// The plan as it was when the resource was made.
pub(super) fn plan_of(gateway: &Gateway, resource: &Resource) -> Result<Arc<CompiledPlan>, Refusal> {
    let then = resource.plan.as_ref().ok_or_else(Refusal::internal)?;
    if let Some(now) = gateway.directory.plan(then.id.as_str()).filter(|now| now.document() == then) {
        return Ok(now);
    }
    let compiled = CompiledPlan::compile(then.clone(), &*gateway.rules);
    compiled.map(Arc::new).map_err(|error| Refusal::results_not_billed(&format!("version {} of the plan {:?} cannot be used: {error}", then.version, then.id)))
}

/// Puts events on the books, each once.
pub(super) async fn post(gateway: &Gateway, events: Vec<UsageEvent>) -> Result<(), Refusal> {
    let ledger = gateway.ledger.clone();
    let told = events.clone();
    let posted = blocking(move || ledger.post(events)).await.map_err(|error| Refusal::results_not_billed(&error.to_string()))?;
    if posted.new == told.len() {
        told.iter().for_each(|event| gateway.observer.settled(event));
    }
    Ok(())
}

/// Asks the provider how far it is, and notes it.
pub(super) async fn refresh(gateway: &Arc<Gateway>, resource: &Arc<Resource>) -> Result<Arc<Resource>, Refusal> {
    let (answered, exchange) = ask(gateway, &Question::own(resource, Does::Read)).await?;
    let (head, body) = answered.into_parts();
    let received = collect(body, None, &exchange).await?;
    if !head.status.is_success() {
        return Err(Refusal::upstream_refused_look(exchange.candidate.provider.name.as_str(), head.status.as_u16()));
    }
    let plain = decoded(&head.headers, &exchange, &received)?;
    observe(gateway, resource, &exchange, &plain).await
}

/// Does all that can be done to bring it onto the books: asks how far it is, and reads its results if it has ended.
pub(super) async fn bring_home(gateway: &Arc<Gateway>, resource: &Arc<Resource>) -> Result<Arc<Resource>, Refusal> {
    if facts_of(gateway, resource)?.storage().is_some() {
        return gone(gateway, resource).await;
    }
    let resource = if resource.stage == Stage::Open { refresh(gateway, resource).await? } else { resource.clone() };
    if resource.stage != Stage::Ended {
        return Ok(resource);
    }
    let mut failed = None;
    for (id, _) in resource.results.iter().filter(|(_, read)| !**read) {
        // One that cannot be read does not keep the others off the books.
        failed = relay::read_results(gateway, &resource, id).await.err().or(failed);
    }
    if let Some(refusal) = failed {
        return Err(refusal);
    }
    let found = gateway.shelf.find(&resource.key()).await.map_err(Refusal::ledger_unavailable)?;
    Ok(found.unwrap_or(resource))
}

/// What is stored goes by itself at its time; the provider need not be asked.
async fn gone(gateway: &Arc<Gateway>, resource: &Arc<Resource>) -> Result<Arc<Resource>, Refusal> {
    let (mut resource, now) = (resource.clone(), gateway.clock.now());
    while let Some(end) = storage::complete_portion(&resource, now).filter(|_| resource.stage == Stage::Open) {
        let event = storage::event(gateway, &resource, &provider_of(gateway, &resource)?, end)?;
        post(gateway, vec![event]).await?;
        let key = resource.key();
        let changed = gateway.shelf.change(&key, |resource| resource.billed_to = Some(end)).await.map_err(Refusal::ledger_unavailable)?;
        resource = changed.ok_or_else(Refusal::internal)?;
    }
    // What does not say how much it is, is not known to have gone either.
    let there = resource.stored.is_none_or(|stored| stored.until > now);
    if resource.stage != Stage::Open || there { Ok(resource) } else { stored_until_now(gateway, &resource).await }
}

/// Brings onto the books for how long it was there.
pub(super) async fn stored_until_now(gateway: &Arc<Gateway>, resource: &Arc<Resource>) -> Result<Arc<Resource>, Refusal> {
    let event = storage::event(gateway, resource, &provider_of(gateway, resource)?, gateway.clock.now())?;
    post(gateway, vec![event]).await?;
    let key = resource.key();
    let changed = gateway.shelf.change(&key, |resource| resource.stage = Stage::Settled);
    Ok(changed.await.map_err(Refusal::ledger_unavailable)?.unwrap_or_else(|| resource.clone()))
}

/// Notes what an object says. When it says that the work has ended, that is on the books when this returns.
pub(super) async fn observe(gateway: &Arc<Gateway>, resource: &Arc<Resource>, exchange: &Exchange, object: &[u8]) -> Result<Arc<Resource>, Refusal> {
    let facts = facts_of(gateway, resource)?;
    // What is no object says nothing; it goes to the client as it is.
    let Some(said) = state::read(facts, object) else { return Ok(resource.clone()) };
    let goes_on = facts.goes_on(said.state.as_deref());
    let ends = resource.stage == Stage::Open && !goes_on;
    if ends && matches!(facts.work, Work::Whole) {
        let event = end_event(gateway, resource, facts, exchange, &said, object)?;
        post(gateway, vec![event]).await?;
    }
    let results = results(facts, resource, &said, goes_on);
    if let Some(Results::Files { dialect, .. }) = facts.items().map(|items| items.results) {
        for id in &results {
            gateway.shelf.put(results_file(resource, dialect, id)).await.map_err(Refusal::ledger_unavailable)?;
        }
    }
    let key = resource.key();
    let changed = gateway.shelf.change(&key, |resource| {
        resource.seen(object);
        resource.stored = said.stored.or(resource.stored);
        for id in results {
            resource.results.entry(id).or_insert(false);
        }
        if resource.stage == Stage::Open && !goes_on {
            let all_read = resource.results.values().all(|read| *read);
            resource.stage = if matches!(facts.work, Work::Items(_)) && !all_read { Stage::Ended } else { Stage::Settled };
        }
    });
    Ok(changed.await.map_err(Refusal::ledger_unavailable)?.unwrap_or_else(|| resource.clone()))
}

/// Where the results of a batch are: in files, or in the answer to a call of its own, which has no other name than its.
fn results(facts: &ResourceFacts, resource: &Resource, said: &Said, goes_on: bool) -> Vec<String> {
    match facts.items().map(|items| items.results) {
        Some(Results::Files { .. }) => said.results.clone(),
        Some(Results::Own) if !goes_on => vec![resource.id.clone()],
        _ => Vec::new(),
    }
}

/// A file with results belongs to whom the batch belongs.
fn results_file(batch: &Resource, dialect: &str, id: &str) -> Resource {
    Resource {
        id: id.to_owned(),
        stage: Stage::Kept,
        made_by: weighbridge_ledger::Hold { dialect: dialect.into(), ..batch.made_by.clone() },
        plan: None,
        dimensions: Vec::new(),
        items: None,
        results: Default::default(),
        results_of: Some((batch.made_by.dialect.to_string(), batch.id.clone())),
        stored: None,
        billed_to: None,
        object: None,
        removed: false,
    }
}

/// Notes that a part of a batch's results is on the books, all of it.
pub(super) async fn results_read(gateway: &Gateway, batch: &Key, id: &str) -> Result<(), LedgerError> {
    let change = gateway.shelf.change(batch, |batch| {
        batch.results.insert(id.to_owned(), true);
        if batch.stage == Stage::Ended && batch.results.values().all(|read| *read) {
            batch.stage = Stage::Settled;
        }
    });
    change.await.map(drop)
}

/// The event of a job's end. Its id is the same whoever sees the end and however often.
fn end_event(gateway: &Gateway, resource: &Resource, facts: &ResourceFacts, exchange: &Exchange, said: &Said, object: &[u8]) -> Result<UsageEvent, Refusal> {
    let plan = plan_of(gateway, resource)?;
    let beside = Beside::read(&exchange.wire, &http::HeaderMap::new(), b"");
    let state = said.state.as_deref().unwrap_or("");
    let done = facts.state.as_ref().is_some_and(|facts| facts.done.contains(&state));
    let consumed = match meter::whole(&exchange.wire, &*exchange.candidate.provider.adapter, object, &beside) {
        Ok(consumed) => consumed,
        Err(WholeError::NotJson) => Consumed::Unknown,
        Err(WholeError::Plugin(error)) => return Err(Refusal::plugin_after_answer(&error)),
    };
    let unreported = consumed.reports_nothing() || matches!(consumed, Consumed::Unreported { .. });
    let status = if done { EventStatus::Completed } else { EventStatus::UpstreamError };
    let mut end = End::new(&exchange.candidate, status, consumed);
    end.flags = vec!["job"];
    // What failed and reports nothing is not charged (metering rule 25).
    end.waive = (!done && unreported).then_some(NOT_CHARGED);
    let weighed = Weighed::of(end.consumed_now(), None);
    let case = Case { gateway, plan: &plan, hold: &resource.made_by, attempt: 1, began: None, dimensions: &resource.dimensions };
    Ok(case.event(&end, weighed, end_id(resource)))
}

/// The id of the event with which a job ends.
pub(super) fn end_id(resource: &Resource) -> EventId {
    let Resource { id, made_by, .. } = resource;
    EventId::derived(made_by.started_at, &[made_by.provider.as_str(), &made_by.dialect, id])
}
