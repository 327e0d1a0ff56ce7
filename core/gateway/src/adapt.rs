//! Adapt: from the client's request to the provider's, by the adapter's word. The guest sees a few fields; the host
//! splices the bytes, carries the headers over and puts the credential on.

use std::{sync::Arc, time::Instant};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request as HttpRequest, header};
use http_body_util::Full;
use weighbridge_domain::Text;
use weighbridge_plugin_api::adapter::{BodyPlan, ClientRequest, Field, Framing, View};

use crate::{
    call::{Head, Request, is_hop_by_hop, is_private},
    gateway::GatewayOptions,
    json,
    meter::{decode, wire::Wire},
    name,
    refusal::Refusal,
    respond::Exchange,
    route::Candidate,
    upstream::Provider,
};

/// A request that can be sent, and how its answer is to be treated.
pub(crate) struct UpstreamRequest {
    pub(crate) request: HttpRequest<Full<Bytes>>,
    pub(crate) wire: Arc<Wire>,
    /// Apply the plan's hide rule to the answer.
    pub(crate) hide: bool,
    /// The adapter's own, for later calls of this exchange.
    pub(crate) state: Vec<u8>,
    /// The client asked for cost and charge inside the stream.
    pub(crate) annotate: bool,
    /// How the answer is framed when it is streamed.
    pub(crate) framing: Framing,
    /// How a translated stream is framed for the client.
    pub(crate) client_framing: Framing,
    /// What prices may depend on and the request decides.
    pub(crate) dimensions: Vec<(Text, Text)>,
}

impl UpstreamRequest {
    /// What is sent, and what is needed for its answer.
    pub(crate) fn split(self, candidate: &Candidate, options: GatewayOptions) -> (HttpRequest<Full<Bytes>>, Exchange) {
        let Self { request, wire, hide, state, annotate, framing, client_framing, dimensions } = self;
        (request, Exchange { candidate: candidate.clone(), wire, hide, annotate, framing, client_framing, dimensions, state, options, sent: Instant::now() })
    }
}

/// A client's opt-in to a stream that is not byte for byte the provider's: cost and charge in its usage chunk.
const INCLUDE: &str = "x-weighbridge-include";

/// Tells an adapter not to ask for usage in a stream: this provider has refused the question (metering rule 23).
const UNASKED: (&str, &str) = ("usage", "unasked");

/// Asks the adapter and builds the request.
pub(crate) fn adapt(candidate: &Candidate, head: &Head, request: &Request, may_ask_for_usage: bool) -> Result<UpstreamRequest, Refusal> {
    let (provider, dialect, headers) = (&candidate.provider, head.dialect.as_str(), &head.headers);
    let wire = provider.wire(dialect).ok_or_else(|| Refusal::dialect_not_spoken(dialect, provider.name.as_str(), request.model.as_str()))?;
    // The adapter decides by what it sees here, the provider by what it reads: they must not be able to differ.
    let (shown, twice) = fields_and_doubles(&wire.request_view.list, &wire.request_view.set, request.json());
    if let Some(pointer) = twice {
        return Err(Refusal::given_twice(&pointer.trim_start_matches('/').replace('/', ".")));
    }
    let seen = ClientRequest {
        dialect,
        model: request.model.as_str(),
        upstream_model: candidate.model.as_str(),
        streamed: request.streamed,
        query: &head.query,
        headers: shown_headers(&wire.plan.request_headers, headers)?,
        fields: shown,
        body: (wire.plan.request_view == View::Full).then_some(&request.body[..]),
        attrs: if may_ask_for_usage { Vec::new() } else { vec![UNASKED] },
    };
    let planned = provider.adapter.prepare(&seen).map_err(|error| Refusal::plugin(&error))?;
    let nonsense = |why: String| Refusal::plugin_nonsense(&provider.adapter.identity().name, why);

    let body = match planned.body {
        BodyPlan::Unchanged => request.body.clone(),
        BodyPlan::Edits(edits) => request.edited(&edits).map_err(|error| nonsense(error.to_string()))?.into(),
        BodyPlan::Replace(body) => body.into(),
    };
    // Where the host must read or change events, an encoding would only be undone again.
    let annotate = headers.get(INCLUDE).is_some_and(|value| value == "cost") && wire.hide.is_some() && !planned.hide;
    let plain = wire.translates() || planned.hide || annotate;
    let method = Method::try_from(planned.method.as_str()).map_err(|error| nonsense(error.to_string()))?;
    if !matches!(method, Method::GET | Method::POST) {
        return Err(nonsense(format!("a call that begins something is no {method}")));
    }
    let upstream = compose(provider, method, &planned.path_and_query, carry_over(headers, plain), planned.headers, body)?;
    let framing = planned.framing.unwrap_or(wire.plan.framing);
    let client_framing = planned.client_framing.unwrap_or(Framing::Sse);
    Ok(UpstreamRequest {
        request: upstream,
        wire: wire.clone(),
        hide: planned.hide,
        state: planned.state,
        annotate,
        framing,
        client_framing,
        dimensions: planned.dimensions.iter().map(name::recorded_value).collect(),
    })
}

/// What goes to a provider: the headers that are carried over, over them those that the adapter sets, and the credential.
pub(crate) fn compose(
    provider: &Provider,
    method: Method,
    path_and_query: &str,
    mut carried: HeaderMap,
    set: Vec<(String, Vec<u8>)>,
    body: Bytes,
) -> Result<HttpRequest<Full<Bytes>>, Refusal> {
    let nonsense = |why: String| Refusal::plugin_nonsense(&provider.adapter.identity().name, why);
    for (name, value) in set {
        let name = HeaderName::try_from(name).map_err(|error| nonsense(error.to_string()))?;
        if is_hop_by_hop(&name) || is_private(&name) {
            return Err(nonsense(format!("the header {name} is not an adapter's to set")));
        }
        carried.insert(name, HeaderValue::try_from(value).map_err(|error| nonsense(error.to_string()))?);
    }
    provider.sign(&mut carried);
    let mut upstream = HttpRequest::new(Full::new(body));
    *upstream.method_mut() = method;
    *upstream.uri_mut() = provider.uri(path_and_query).map_err(|error| nonsense(error.to_string()))?;
    *upstream.headers_mut() = carried;
    Ok(upstream)
}

/// The fields that a view names, as JSON text.
pub(crate) fn fields<'a>(pointers: &'a [String], set: &json::PointerSet, body: &'a [u8]) -> Vec<Field<'a>> {
    fields_and_doubles(pointers, set, body).0
}

/// The same, and a pointer to one value at which the body has several.
fn fields_and_doubles<'a>(pointers: &'a [String], set: &json::PointerSet, body: &'a [u8]) -> (Vec<Field<'a>>, Option<&'a str>) {
    let mut fields: Vec<_> = pointers.iter().map(|pointer| Field { pointer, json: None }).collect();
    let mut twice = None;
    if !fields.is_empty() {
        // A body that is not JSON has no fields; whoever needs it to be JSON has checked it before.
        let _ = set.scan(body, |index, json| {
            if fields[index].json.replace(json).is_some() && !pointers[index].split('/').any(|segment| segment == "*") {
                twice = Some(pointers[index].as_str());
            }
        });
    }
    (fields, twice)
}

/// The headers that a plan names. Of two of one name the adapter would see the first, and the provider may read the other.
fn shown_headers<'a>(names: &'a [String], headers: &'a HeaderMap) -> Result<Vec<(&'a str, &'a [u8])>, Refusal> {
    let mut shown = Vec::new();
    for name in names {
        let mut values = headers.get_all(name.as_str()).iter();
        shown.extend(values.next().map(|value| (name.as_str(), value.as_bytes())));
        if values.next().is_some() {
            return Err(Refusal::header_given_twice(name));
        }
    }
    Ok(shown)
}

/// The client's headers, without those of its connection, its credentials and ours.
pub(crate) fn carry_over(headers: &HeaderMap, plain: bool) -> HeaderMap {
    let mut carried = HeaderMap::with_capacity(headers.len() + 4);
    for (name, value) in headers {
        if !is_hop_by_hop(name) && !is_private(name) && name != header::ACCEPT_ENCODING && !is_of_connection(headers, name) {
            carried.append(name.clone(), value.clone());
        }
    }
    let accepted = if plain { None } else { headers.get(header::ACCEPT_ENCODING).and_then(readable) };
    carried.insert(header::ACCEPT_ENCODING, accepted.unwrap_or(HeaderValue::from_static("identity")));
    carried
}

/// Whether a client calls it a header of its connection (RFC 9110, 7.6.1).
fn is_of_connection(headers: &HeaderMap, name: &HeaderName) -> bool {
    let named = headers.get_all(header::CONNECTION).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    named.into_iter().any(|named| named.trim().eq_ignore_ascii_case(name.as_str()))
}

/// Of the encodings that the client takes, those that the meter can read.
fn readable(accepted: &HeaderValue) -> Option<HeaderValue> {
    let text = accepted.to_str().ok()?;
    let known = |token: &&str| decode::READABLE.contains(&token.split(';').next().unwrap_or("").trim());
    let kept: Vec<_> = text.split(',').map(str::trim).filter(known).collect();
    if kept.is_empty() { None } else { HeaderValue::try_from(kept.join(", ")).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_and_our_own_headers_do_not_go_upstream() {
        let mut headers = HeaderMap::new();
        for name in ["authorization", "x-api-key", "cookie", "x-weighbridge-customer", "helicone-user-id", "x-custom", "content-type", "range", "x-hop"] {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static("v"));
        }
        headers.insert("connection", HeaderValue::from_static("keep-alive, X-Hop"));
        headers.insert("accept-encoding", HeaderValue::from_static("gzip, sdch;q=0.5, br"));
        let names = |map: &HeaderMap| map.keys().map(|name| name.as_str().to_owned()).collect::<Vec<_>>();
        let mut carried = names(&carry_over(&headers, false));
        carried.sort();
        assert_eq!(carried, ["accept-encoding", "content-type", "x-custom"]);
        assert_eq!(carry_over(&headers, false)["accept-encoding"], "gzip, br");
        assert_eq!(carry_over(&headers, true)["accept-encoding"], "identity");
    }
}
