//! Look: the path of a call about something that an earlier call left at a provider. The key and the customer are checked
//! as for any call; what the answer tells is on the books before the answer is the client's.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode, header, request::Parts};
use hyper::body::Incoming;
use weighbridge_domain::Timestamp;

use super::{
    ask::{Question, ask},
    list, relay, settle,
    shelf::{Key, Resource, Stage},
    state,
};
use crate::{
    admit::take_request,
    answer::{Answer, AnswerBody},
    authenticate,
    call::{self, Request},
    dialect::{Dialect, FoundLater, ResourceFacts, decoded as decoded_name, resource::Does},
    gateway::Gateway,
    meter::decode::Decoder,
    query,
    receive::collect,
    refusal::Refusal,
    respond::{self, Exchange, carry_back},
};

/// A call about what is there.
pub(crate) struct Look {
    pub(crate) dialect: Dialect,
    does: Does,
    id: String,
    received_at: Timestamp,
    headers: HeaderMap,
    query: String,
    query_key: Option<String>,
    body: Incoming,
}

impl Look {
    pub(crate) fn accept(received_at: Timestamp, found: &FoundLater<'_, '_>, head: &Parts, headers: HeaderMap, body: Incoming) -> Self {
        let (query, query_key) = query::split(head.uri.query().unwrap_or(""));
        Self { dialect: found.dialect.clone(), does: found.does, id: found.id.to_owned(), received_at, headers, query, query_key, body }
    }
}

/// What is looked at.
struct Subject {
    facts: &'static ResourceFacts,
    key: Key,
    resource: Arc<Resource>,
}

/// The answer to such a call.
pub(crate) async fn answer(gateway: Arc<Gateway>, look: Look) -> Result<Answer, Refusal> {
    let known = authenticate::key(&gateway, &look.headers, look.query_key.as_deref(), look.received_at)?;
    let Look { dialect, does, id, received_at, headers, query, body, .. } = look;
    let body = call::collect(body, gateway.body_limits()).await?;
    let caller = authenticate::customer(&gateway, known, &headers, &Request::none(), received_at).await?;
    take_request(&caller, received_at)?;
    let facts = dialect.resource().ok_or_else(Refusal::internal)?;
    let customer = caller.customer().id.as_str();
    if does == Does::List {
        return list::answer(&gateway, facts, customer, dialect.as_str(), &query).await;
    }
    if query.split(['&', ';']).any(asks_for_stream) {
        return Err(Refusal::streamed_look(facts.noun));
    }
    let key = Key::new(customer, dialect.as_str(), &id);
    let found = gateway.shelf.find(&key).await.map_err(Refusal::ledger_unavailable)?;
    let subject = Subject { facts, key, resource: found.ok_or_else(|| Refusal::no_such_resource(facts.noun, &id))? };
    if matches!(does, Does::Content | Does::Delete) {
        before(&gateway, &subject, does).await?;
    }
    let question = Question { resource: &subject.resource, does, headers: Some(&headers), query: &query, body };
    let (answered, exchange) = ask(&gateway, &question).await?;
    if !answered.status().is_success() {
        // The answer to an earlier deletion may have been lost.
        if does == Does::Delete && answered.status() == StatusCode::NOT_FOUND && facts.storage().is_some() && subject.resource.stage == Stage::Open {
            settle::stored_until_now(&gateway, &subject.resource).await?;
        }
        return passed(answered, &exchange).await;
    }
    match does {
        Does::Content => relay::content(&gateway, &subject.resource, facts, answered, exchange).await,
        Does::Delete => {
            let passed = passed(answered, &exchange).await?;
            if facts.storage().is_some() && subject.resource.stage == Stage::Open {
                settle::stored_until_now(&gateway, &subject.resource).await?;
            }
            gateway.shelf.change(&subject.key, |resource| resource.removed = true).await.map_err(Refusal::ledger_unavailable)?;
            Ok(passed)
        }
        Does::Look(_) | Does::List => passed(answered, &exchange).await,
        Does::Read | Does::Cancel | Does::Change => object(&gateway, &subject, answered, &exchange).await,
    }
}

/// However its name is written.
fn asks_for_stream(pair: &str) -> bool {
    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
    decoded_name(name).as_deref() == Some("stream") && value != "false"
}

/// What is handed out was billed before, and what is not billed yet is not thrown away.
async fn before(gateway: &Arc<Gateway>, subject: &Subject, does: Does) -> Result<(), Refusal> {
    let Subject { facts, key, resource } = subject;
    let of_batch = resource.results_of.as_ref().map(|(dialect, id)| Key::new(&key.customer, dialect, id));
    match (&of_batch, does) {
        (Some(batch), Does::Delete) => {
            let Some(batch) = gateway.shelf.find(batch).await.map_err(Refusal::ledger_unavailable)? else { return Ok(()) };
            let read = |batch: &Resource| batch.results.get(&resource.id).copied().unwrap_or(true);
            if read(&batch) || read(&*settle::bring_home(gateway, &batch).await?) { Ok(()) } else { Err(Refusal::resource_in_progress(facts.noun, &key.id)) }
        }
        (None, Does::Content) if resource.stage == Stage::Open => settle::refresh(gateway, resource).await.map(drop),
        // Deleting it is what ends it.
        (None, Does::Delete) if facts.storage().is_some() => Ok(()),
        (None, Does::Delete) if resource.stage.is_due() => {
            let after = settle::bring_home(gateway, resource).await?;
            if after.stage.is_due() { Err(Refusal::resource_in_progress(facts.noun, &key.id)) } else { Ok(()) }
        }
        _ => Ok(()),
    }
}

/// The object, after what it says was noted.
async fn object(gateway: &Arc<Gateway>, subject: &Subject, answered: Response<Incoming>, exchange: &Exchange) -> Result<Answer, Refusal> {
    let (head, body) = answered.into_parts();
    let received = collect(body, None, exchange).await?;
    let plain = decoded(&head.headers, exchange, &received)?;
    settle::observe(gateway, &subject.resource, exchange, &plain).await?;
    let mut headers = carry_back(&head.headers);
    let body = match state::with_own_path(subject.facts, &subject.key.id, &plain) {
        None => received,
        Some(as_here) => {
            headers.remove(header::CONTENT_ENCODING);
            as_here
        }
    };
    Ok(respond::answer(head.status, headers, AnswerBody::whole(body)))
}

pub(super) fn decoded(headers: &HeaderMap, exchange: &Exchange, received: &Bytes) -> Result<Bytes, Refusal> {
    let plain = Decoder::of(headers, exchange.options.max_answer_bytes).and_then(|mut decoder| decoder.push(received));
    plain.map_err(|error| Refusal::upstream_undecodable(exchange.candidate.provider.name.as_str(), &error.to_string()))
}

/// An answer that has no bearing on what is billed, as it came.
async fn passed(answered: Response<Incoming>, exchange: &Exchange) -> Result<Answer, Refusal> {
    let (head, body) = answered.into_parts();
    if head.status.is_redirection() {
        return Err(Refusal::upstream_redirect(exchange.candidate.provider.name.as_str(), head.status.as_u16()));
    }
    let body = collect(body, None, exchange).await?;
    Ok(respond::answer(head.status, carry_back(&head.headers), AnswerBody::whole(body)))
}

/// Shared with the lists.
pub(super) fn json(body: String) -> Answer {
    crate::serve::json(StatusCode::OK, body)
}
