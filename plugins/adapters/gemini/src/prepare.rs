//! The upstream request of a client that speaks Google's own dialects: its own bytes at the path of the model.

use serde::Deserialize;
use weighbridge_plugin::{
    PluginError,
    adapter::{BodyPlan, ClientRequest, Edit, Framing, Header, Operation, UpstreamRequest},
};

use crate::{config::Config, plan::MODELS};

/// Where a model is: what its path begins with, and its own name for bodies.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// `/v1beta/models/NAME`, without the method.
    pub path: String,
    /// `models/NAME`.
    pub resource: String,
}

/// The place of the request's model at the Gemini API.
pub fn place(config: &Config, request: &ClientRequest) -> Place {
    let model = request.upstream_model.as_str();
    // A tuned model's name has its collection in it.
    let known = ["models/", "tunedModels/"].iter().find_map(|collection| Some((*collection, model.strip_prefix(collection)?)));
    let (collection, name) = known.unwrap_or(("models/", model));
    Place { path: format!("/{}/{collection}{}", config.version, encoded(name)), resource: format!("{collection}{name}") }
}

/// generateContent or streamGenerateContent.
pub fn generate(request: &ClientRequest, place: &Place) -> UpstreamRequest {
    let method = if request.streamed { "streamGenerateContent" } else { "generateContent" };
    let as_array = request.streamed && !pairs(&request.query).any(asks_for_sse);
    UpstreamRequest { framing: as_array.then_some(Framing::JsonArray), ..plain(request, place, method) }
}

/// countTokens.
pub fn count(request: &ClientRequest, place: &Place) -> UpstreamRequest {
    UpstreamRequest { body: renamed(request, place), ..plain(request, place, "countTokens") }
}

/// embedContent.
pub fn embed(request: &ClientRequest, place: &Place) -> UpstreamRequest {
    UpstreamRequest { body: renamed(request, place), ..plain(request, place, "embedContent") }
}

#[derive(Deserialize)]
struct Named {
    #[serde(default)]
    model: Option<String>,
}

/// batchEmbedContents: every one of its requests names the model again.
pub fn batch_embed(request: &ClientRequest, place: &Place) -> Result<UpstreamRequest, PluginError> {
    let mut edits = Vec::new();
    if request.model != request.upstream_model {
        let list: Vec<Named> = serde_json::from_str(request.field("/requests").unwrap_or("[]"))
            .map_err(|error| PluginError::invalid_input(format!("requests must be a list of requests: {error}")))?;
        let named = list.iter().enumerate().filter(|(_, one)| one.model.is_some());
        edits.extend(named.map(|(index, _)| Edit::set(format!("/requests/{index}/model"), json(&place.resource))));
    }
    Ok(UpstreamRequest { body: edited(edits), ..plain(request, place, "batchEmbedContents") })
}

/// What is kept for later prompts: a new one, or a call about one.
pub fn cached_contents(config: &Config, request: &ClientRequest, place: &Place) -> UpstreamRequest {
    let (path, query) = (format!("/{}/cachedContents", config.version), query(&request.query));
    let upstream = match request.operation() {
        Some(operation) => Operation { query: &query, ..operation }.request(&path, "content"),
        None => UpstreamRequest { path_and_query: with_query(path, &query), body: renamed(request, place), ..UpstreamRequest::default() },
    };
    UpstreamRequest { headers: unmasked(request), ..upstream }
}

/// The Interactions API, whose model is in the body. What goes on in the background tells what it used at its end only, and nobody
/// would ask for that here.
pub fn interactions(config: &Config, request: &ClientRequest) -> Result<UpstreamRequest, PluginError> {
    if request.field("/background").is_some_and(|json| json == "true") {
        return Err(PluginError::unsupported("\"background\": an interaction is answered at once here, or as a stream"));
    }
    let renamed = request.model != request.upstream_model;
    Ok(UpstreamRequest {
        path_and_query: with_query(format!("/{}/interactions", config.version), &query(&request.query)),
        headers: unmasked(request),
        body: edited(if renamed { vec![Edit::set("/model", json(&request.upstream_model))] } else { Vec::new() }),
        ..UpstreamRequest::default()
    })
}

fn plain(request: &ClientRequest, place: &Place, method: &str) -> UpstreamRequest {
    UpstreamRequest {
        path_and_query: with_query(format!("{}:{method}", place.path), &query(&request.query)),
        headers: unmasked(request),
        ..UpstreamRequest::default()
    }
}

/// The model's name in the body, where the client wrote one and the model has another name upstream.
fn renamed(request: &ClientRequest, place: &Place) -> BodyPlan {
    let written = MODELS.iter().filter(|pointer| request.model != request.upstream_model && request.field(pointer).is_some());
    edited(written.map(|pointer| Edit::set(*pointer, json(&place.resource))).collect())
}

fn edited(edits: Vec<Edit>) -> BodyPlan {
    if edits.is_empty() { BodyPlan::Unchanged } else { BodyPlan::Edits(edits) }
}

fn json(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A path with its query, if there is one.
pub fn with_query(path: String, query: &str) -> String {
    if query.is_empty() { path } else { format!("{path}?{query}") }
}

/// Query parameters that are credentials: the client's are for the gateway, and never go upstream.
const CREDENTIALS: [&str; 6] = ["key", "api_key", "apikey", "access_token", "oauth_token", "token"];

/// A parameter, and the header that says the same (Google Cloud documentation, "System parameters", 2026), by which a client has
/// parts of an answer left out: its usage would be one of them. All of the answer is asked for instead.
const FIELDS: &str = "fields";
/// The header.
pub const FIELD_MASK: &str = "x-goog-fieldmask";

/// In place of the client's mask, where it has sent one.
pub fn unmasked(request: &ClientRequest) -> Vec<Header> {
    request.header(FIELD_MASK).map(|_| Header::new(FIELD_MASK, "*")).into_iter().collect()
}

/// Parameters that choose another form of the answer. Of the values of the first, two can be read (Google Cloud documentation, "System
/// parameters", 2026); the second wraps an answer into a script.
const FORMS: [&str; 2] = ["alt", "callback"];

/// Refuses a query that asks for an answer in a form that the meter cannot read: it would be served, and be free.
pub fn must_be_readable(query: &str) -> Result<(), PluginError> {
    for pair in pairs(query) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (name, value) = (name_of(name), decoded(value));
        let readable = name == FORMS[0] && matches!(value.split(';').next(), Some("json" | "sse"));
        if FORMS.contains(&name.as_str()) && !readable {
            return Err(PluginError::unsupported(format!("the query asks for {name}={value}, in which usage cannot be read; alt=json and alt=sse can be")));
        }
    }
    Ok(())
}

/// The client's query without its credentials and without what would hide the usage; what has no place in a query is encoded.
pub fn query(query: &str) -> String {
    let kept: Vec<String> = pairs(query).filter(|pair| !is_withheld(pair)).map(safe).collect();
    kept.join("&")
}

fn pairs(query: &str) -> impl Iterator<Item = &str> {
    query.split('&').filter(|pair| !pair.is_empty())
}

/// `alt=sse`; Google's parameters of this kind may begin with a `$`.
fn asks_for_sse(pair: &str) -> bool {
    decoded(pair).trim_start_matches('$') == "alt=sse"
}

/// By its name, however that is written: `%6Bey` is `key`, and `$key` too is one at Google.
fn is_withheld(pair: &str) -> bool {
    let name = name_of(pair.split('=').next().unwrap_or_default());
    CREDENTIALS.contains(&name.as_str()) || name == FIELDS
}

fn name_of(encoded: &str) -> String {
    decoded(encoded).to_ascii_lowercase().trim_start_matches('$').into()
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex = (*first == b'%').then(|| std::str::from_utf8(after.get(..2)?).ok().and_then(|hex| u8::from_str_radix(hex, 16).ok())).flatten();
        bytes.push(hex.unwrap_or(*first));
        rest = if hex.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Encodes what would end the query, or is no visible ASCII.
fn safe(pair: &str) -> String {
    encode(pair, |byte| byte.is_ascii_graphic() && byte != b'#')
}

/// A model's name as one segment of a path.
pub fn encoded(name: &str) -> String {
    encode(name, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'@'))
}

fn encode(text: &str, plain: impl Fn(u8) -> bool) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if plain(byte) { encoded.push(byte.into()) } else { encoded.push_str(&format!("%{byte:02X}")) }
    }
    encoded
}
