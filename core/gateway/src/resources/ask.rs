//! Ask: a call to the provider about something that is there already.

use std::{sync::Arc, time::Instant};

use bytes::Bytes;
use http::{HeaderMap, Method, Response};
use hyper::body::Incoming;
use weighbridge_plugin_api::adapter::{BodyPlan, ClientRequest, Framing};

use super::shelf::Resource;
use crate::{
    adapt::{carry_over, compose},
    dialect::resource::Does,
    gateway::Gateway,
    refusal::Refusal,
    respond::Exchange,
    route::Candidate,
    upstream::{self, Provider, Ticket},
};

/// Looking at what is there consumes nothing, so it needs no reservation. Only [`ask`] makes one.
pub(crate) struct Looked(());

/// What is asked.
pub(super) struct Question<'a> {
    pub(super) resource: &'a Resource,
    pub(super) does: Does,
    /// The client's; the gateway's own questions have none.
    pub(super) headers: Option<&'a HeaderMap>,
    pub(super) query: &'a str,
    pub(super) body: Bytes,
}

impl<'a> Question<'a> {
    /// Of the gateway itself.
    pub(super) fn own(resource: &'a Resource, does: Does) -> Self {
        Self { resource, does, headers: None, query: "", body: Bytes::new() }
    }
}

/// The provider that has it.
pub(super) fn provider_of(gateway: &Gateway, resource: &Resource) -> Result<Arc<Provider>, Refusal> {
    let name = resource.made_by.provider.as_str();
    gateway.routes.load().providers.get(name).cloned().ok_or_else(|| Refusal::provider_gone(name, &resource.id))
}

/// Asks, and gives the answer with what is needed to read it.
pub(super) async fn ask(gateway: &Gateway, question: &Question<'_>) -> Result<(Response<Incoming>, Exchange), Refusal> {
    let (resource, provider) = (question.resource, provider_of(gateway, question.resource)?);
    let dialect = &*resource.made_by.dialect;
    let wire = provider.wire(dialect).cloned().ok_or_else(|| Refusal::provider_lacks(dialect, provider.name.as_str()))?;
    let shown = |name| Some((String::as_str(name), question.headers?.get(name.as_str())?.as_bytes()));
    let seen = ClientRequest {
        dialect,
        model: resource.made_by.requested_model.as_str(),
        upstream_model: resource.made_by.routed_model.as_str(),
        streamed: false,
        query: question.query,
        headers: wire.plan.request_headers.iter().filter_map(shown).collect(),
        fields: Vec::new(),
        body: None,
        attrs: vec![("operation", question.does.operation()), ("id", &resource.id)],
    };
    let planned = provider.adapter.prepare(&seen).map_err(|error| Refusal::plugin(&error))?;
    let nonsense = |why: String| Refusal::plugin_nonsense(&provider.adapter.identity().name, why);
    // An adapter that does not know of operations would begin another call.
    let method = match question.does {
        Does::Read | Does::Content | Does::Look(_) | Does::List => Method::GET,
        Does::Cancel => Method::POST,
        Does::Change => Method::PATCH,
        Does::Delete => Method::DELETE,
    };
    if planned.method != method.as_str() || !planned.path_and_query.contains(&resource.id) || planned.body != BodyPlan::Unchanged {
        return Err(nonsense(format!("to {} {:?} it plans {} {}", question.does.operation(), resource.id, planned.method, planned.path_and_query)));
    }
    let carried = carry_over(question.headers.unwrap_or(&HeaderMap::new()), question.headers.is_none());
    let request = compose(&provider, method, &planned.path_and_query, carried, planned.headers, question.body.clone())?;
    let sent = upstream::call(&gateway.upstream, &*gateway.clock, Ticket::Look(&Looked(())), &provider, request).await;
    let answer = sent.map_err(|why| why.refusal(&provider))?;
    let candidate = Candidate { provider, model: resource.made_by.routed_model.clone() };
    let exchange = Exchange {
        candidate,
        wire,
        hide: false,
        annotate: false,
        framing: Framing::None,
        client_framing: Framing::None,
        dimensions: Vec::new(),
        state: Vec::new(),
        options: gateway.options,
        sent: Instant::now(),
    };
    Ok((answer, exchange))
}
