//! Accept: a call as it comes in. The head first, the body after the key was checked.

use std::{
    sync::{Arc, atomic::AtomicBool},
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, header, request::Parts};
use http_body_util::{BodyExt, Limited};
use hyper::body::{Body, Incoming};
use weighbridge_domain::{EventId, ModelName, Text, Timestamp};
use weighbridge_plugin_api::{BodyKind, adapter::Edit};

use crate::{
    coding,
    dialect::{Dialect, Found, at, decoded},
    json::{self, Form, SpliceError},
    name, query,
    refusal::Refusal,
};

/// A call: its head, and its body still on the wire.
pub struct Call {
    head: Head,
    body: Incoming,
}

/// Who, when, what dialect.
pub struct Head {
    /// The gateway's id for it; event id and idempotency key.
    pub id: EventId,
    /// By the gateway's clock.
    pub received_at: Timestamp,
    /// For durations.
    pub received: Instant,
    /// The API shape.
    pub dialect: Dialect,
    /// The model, where the path names it.
    pub(crate) model: Option<String>,
    /// Whether the call is streamed, where the path says so.
    pub(crate) streamed: Option<bool>,
    /// The query without a credential.
    pub(crate) query: String,
    /// The credential of the query.
    pub(crate) query_key: Option<String>,
    /// The headers as they came.
    pub headers: HeaderMap,
    /// Set when the client went away before its answer.
    pub(crate) client_gone: Arc<AtomicBool>,
}

impl Call {
    /// Takes the head apart.
    pub(crate) fn accept(id: EventId, received_at: Timestamp, found: Found<'_, '_>, head: &Parts, headers: HeaderMap, body: Incoming) -> Result<Self, Refusal> {
        let unreadable = || Refusal::wrong_type("model", "percent-encoded UTF-8 in the path");
        let model = found.model.map(|model| decoded(model).ok_or_else(unreadable)).transpose()?;
        let (query, query_key) = query::split(head.uri.query().unwrap_or(""));
        let head = Head {
            id,
            received_at,
            received: Instant::now(),
            dialect: found.dialect.clone(),
            model,
            streamed: found.streamed,
            query,
            query_key,
            headers,
            client_gone: Arc::default(),
        };
        Ok(Self { head, body })
    }
    /// Where it is noted that the client went away.
    pub(crate) fn client_gone(&self) -> Arc<AtomicBool> {
        self.head.client_gone.clone()
    }
    /// The head, to go on with, and the body, to be read.
    pub(crate) fn split(self) -> (Head, Incoming) {
        (self.head, self.body)
    }
    /// The head.
    pub(crate) fn head(&self) -> &Head {
        &self.head
    }
}

/// The client's request: its body and what the gateway itself reads of it.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) body: Bytes,
    /// The body, read as a form.
    form: Option<Form>,
    pub(crate) model: ModelName,
    /// The call names no model, and need not.
    pub(crate) unnamed: bool,
    pub(crate) streamed: bool,
    /// The end user that the body names, in the order in which the names count.
    pub(crate) body_customer: Option<String>,
    pub(crate) labels: Labels,
}

impl Request {
    /// The body as JSON: itself, or a form's fields as the members of an object.
    pub(crate) fn json(&self) -> &[u8] {
        self.form.as_ref().map_or(&self.body[..], Form::json)
    }
    /// The same, shared.
    pub(crate) fn json_bytes(&self) -> Bytes {
        self.form.as_ref().map_or_else(|| self.body.clone(), |form| Bytes::copy_from_slice(form.json()))
    }
    /// A part of a form, as it was sent.
    pub(crate) fn file(&self, name: &str) -> Option<&[u8]> {
        self.form.as_ref()?.part(&self.body, name)
    }
    /// A request without a body.
    pub(crate) fn none() -> Self {
        let model = ModelName::new("");
        Self { body: Bytes::new(), form: None, model, unnamed: true, streamed: false, body_customer: None, labels: Labels::default() }
    }
    /// The body with an adapter's edits, every other byte as it was received.
    pub(crate) fn edited(&self, edits: &[Edit]) -> Result<Vec<u8>, SpliceError> {
        match &self.form {
            Some(form) => form.apply(&self.body, edits),
            None => json::apply(&self.body, edits),
        }
    }
}

/// What the client calls the call: for reports, never for money.
#[derive(Debug, Default)]
pub(crate) struct Labels {
    pub(crate) session: Option<Text>,
    pub(crate) workflow: Option<Text>,
    pub(crate) step: Option<Text>,
    pub(crate) tags: Vec<(Text, Text)>,
}

/// The limits on a request's body.
#[derive(Debug, Clone, Copy)]
pub struct BodyLimits {
    /// Bytes.
    pub max_body_bytes: usize,
    /// Until its last byte.
    pub body_timeout: Duration,
}

/// Reads the body and what the gateway needs of it.
pub(crate) async fn read(body: Incoming, head: &Head, limits: BodyLimits) -> Result<Request, Refusal> {
    let body = collect(body, limits).await?;
    coding::must_be_plain(&head.headers)?;
    let form = form(head, &body)?;
    let json = form.as_ref().map_or(&body[..], Form::json);
    let fields = fields(head, json)?;
    let model = match (&head.model, fields[at::MODEL]) {
        (Some(model), _) => Some(model.clone()),
        (None, None | Some("null")) => None,
        (None, Some(json)) => Some(serde_json::from_str::<String>(json).map_err(|_| Refusal::wrong_type("model", "a string"))?),
    };
    let unnamed = model.is_none();
    let prefix = head.dialect.resource().map_or("", |resource| resource.prefixes.model);
    let model = model.map(|model| model.strip_prefix(prefix).map_or_else(|| model.clone(), str::to_owned));
    let model = model.or_else(|| head.dialect.default_model().map(Into::into)).ok_or_else(Refusal::missing_model)?;
    if let Some(why) = name::unfit(&model) {
        return Err(Refusal::unfit_model(&model, why));
    }
    let streamed = match (head.streamed, fields[at::STREAM]) {
        (Some(streamed), _) => streamed,
        (None, None | Some("null")) => head.dialect.stream_default(),
        (None, Some("false")) => false,
        (None, Some("true")) => true,
        (None, Some(r#""true""#)) if form.is_some() => true,
        (None, Some(r#""false""#)) if form.is_some() => false,
        (None, Some(_)) => return Err(Refusal::wrong_type("stream", "true or false")),
    };
    let text = |index: usize| fields[index].and_then(|json| serde_json::from_str::<String>(json).ok()).filter(|text| !text.is_empty());
    let body_customer = text(at::USER).or_else(|| text(at::USER_ID)).or_else(|| text(at::SAFETY_IDENTIFIER));
    let labels = Labels::read(&head.headers)?;
    Ok(Request { model: ModelName::new(model), unnamed, streamed, body_customer, labels, form, body })
}

/// The body as a form, where the dialect has forms and the request says that it is one.
fn form(head: &Head, body: &[u8]) -> Result<Option<Form>, Refusal> {
    if head.dialect.body() != BodyKind::Form {
        return Ok(None);
    }
    let content_type = head.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let Some(boundary) = content_type.and_then(json::form::boundary) else { return Ok(None) };
    boundary.and_then(|boundary| Form::parse(body, &boundary)).map(Some).map_err(Refusal::invalid_form)
}

/// What the gateway reads of a body, each at most once.
fn fields<'a>(head: &Head, json: &'a [u8]) -> Result<[Option<&'a str>; at::COUNT], Refusal> {
    let reads = head.dialect.reads();
    let mut fields = [None; at::COUNT];
    let mut twice = None;
    let scanned = reads.pointers.scan(json, |index, text| {
        if fields[reads.which(index)].replace(text).is_some() {
            twice = Some(index);
        }
    });
    scanned.map_err(|error| if error.is_data() { Refusal::read_in_two_ways(error) } else { Refusal::invalid_json(error) })?;
    match twice {
        Some(index) => Err(Refusal::given_twice(reads.name(index))),
        None => Ok(fields),
    }
}

pub(crate) async fn collect(body: Incoming, limits: BodyLimits) -> Result<Bytes, Refusal> {
    let too_large = || Refusal::request_too_large(limits.max_body_bytes);
    // A stated length is believed when it is too much: nothing of it is read.
    if body.size_hint().lower() > limits.max_body_bytes as u64 {
        return Err(too_large());
    }
    let collected = tokio::time::timeout(limits.body_timeout, Limited::new(body, limits.max_body_bytes).collect()).await;
    match collected {
        Err(_) => Err(Refusal::slow_body(limits.body_timeout.as_secs())),
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => Err(too_large()),
        Ok(Err(_)) => Err(Refusal::broken_body()),
    }
}

const SESSION: [&str; 3] = ["x-weighbridge-session", "helicone-session-id", "x-litellm-trace-id"];
const PROPERTY: &str = "helicone-property-";
const MAX_TAGS: usize = 20;
const MAX_LABEL: usize = 256;

/// The beginnings of all names that are read below: most calls have none of them.
const LABELS: [&[u8]; 3] = [b"x-weighbridge-", b"helicone-", b"x-litellm-"];

impl Labels {
    fn read(headers: &HeaderMap) -> Result<Self, Refusal> {
        let is_label = |name: &HeaderName| LABELS.iter().any(|begin| name.as_str().as_bytes().starts_with(begin));
        if !headers.keys().any(is_label) {
            return Ok(Self::default());
        }
        let first = |names: &[&'static str]| -> Result<Option<Text>, Refusal> {
            let Some(name) = names.iter().find(|name| headers.contains_key(**name)) else { return Ok(None) };
            let value = headers.get(*name).and_then(|value| value.to_str().ok()).unwrap_or("");
            if value.len() > MAX_LABEL || value.is_empty() {
                Err(Refusal::bad_header(name, "1 to 256 visible ASCII characters"))
            } else {
                Ok(Some(value.into()))
            }
        };
        let mut tags = Vec::new();
        for name in ["x-weighbridge-tags", "x-litellm-tags"] {
            let Some(value) = headers.get(name) else { continue };
            let expected = "key=value pairs separated by commas, at most 20, each at most 256 visible ASCII characters";
            let text = value.to_str().map_err(|_| Refusal::bad_header(name, expected))?;
            for pair in text.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
                // A bare word is a tag that is set.
                let (key, value) = pair.split_once('=').unwrap_or((pair, "true"));
                if key.is_empty() || pair.len() > MAX_LABEL || tags.len() == MAX_TAGS {
                    return Err(Refusal::bad_header(name, expected));
                }
                tags.push((Text::from(key.trim()), Text::from(value.trim())));
            }
        }
        for (name, value) in headers {
            let Some(property) = name.as_str().strip_prefix(PROPERTY) else { continue };
            if let (Ok(value), true) = (value.to_str(), tags.len() < MAX_TAGS) {
                if property.len() + value.len() > MAX_LABEL {
                    return Err(Refusal::bad_header("helicone-property-*", "at most 256 visible ASCII characters, name and value together"));
                }
                tags.push((property.into(), value.into()));
            }
        }
        tags.sort();
        tags.dedup_by(|a, b| a.0 == b.0);
        Ok(Self { session: first(&SESSION)?, workflow: first(&["x-weighbridge-workflow"])?, step: first(&["x-weighbridge-step"])?, tags })
    }
}

/// Headers that are ours or a credential: they never go upstream.
pub(crate) fn is_private(name: &HeaderName) -> bool {
    let name = name.as_str();
    const EXACT: [&str; 19] = [
        "authorization",
        "proxy-authorization",
        "x-api-key",
        "x-goog-api-key",
        "api-key",
        "cookie",
        "stripe-customer-id",
        "x-stripe-customer-id",
        "forwarded",
        "x-forwarded-for",
        // Some servers take these for the request's method: it would be another call than the one that was weighed.
        "x-http-method",
        "x-http-method-override",
        "x-method-override",
        // A part of an answer, or none because the client has it: nothing that could be weighed.
        "range",
        "if-range",
        "if-match",
        "if-none-match",
        "if-modified-since",
        "if-unmodified-since",
    ];
    EXACT.contains(&name) || ["x-weighbridge-", "helicone-", "x-litellm-"].iter().any(|prefix| name.starts_with(prefix))
}

/// Headers of one connection (RFC 9110, 7.6.1), and those the host writes itself.
pub(crate) fn is_hop_by_hop(name: &HeaderName) -> bool {
    matches!(
        name.as_str(),
        "connection"
            | "keep-alive"
            | "proxy-connection"
            | "proxy-authenticate"
            | "te"
            | "trailer"
            | "transfer-encoding"
            | "upgrade"
            | "host"
            | "content-length"
            | "expect"
    )
}
