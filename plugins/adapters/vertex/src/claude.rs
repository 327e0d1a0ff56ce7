//! Anthropic's wire at this cloud: the model is in the path instead of the body, and the version in the body instead of a header.

use gemini_wire::prepare::Place;
use weighbridge_plugin::{
    PluginError,
    adapter::{BodyPlan, ClientRequest, Edit, UpstreamRequest},
};

use crate::{
    config::Config,
    place::{self, Publisher},
    plan::VERSION,
};

/// A client of Anthropic's own dialect.
pub fn messages(config: &Config, request: &ClientRequest) -> Result<UpstreamRequest, PluginError> {
    let mut edits = vec![Edit::remove("/model")];
    edits.extend(version(config, request));
    Ok(UpstreamRequest { body: BodyPlan::Edits(edits), ..at(config, request)? })
}

/// A client of the cloud's own path: its body is as the cloud wants it.
pub fn raw_predict(config: &Config, request: &ClientRequest) -> Result<UpstreamRequest, PluginError> {
    let version = version(config, request).map(|edit| BodyPlan::Edits(vec![edit]));
    Ok(UpstreamRequest { body: version.unwrap_or(BodyPlan::Unchanged), ..at(config, request)? })
}

/// Counting has a place of its own, and there the model is in the body.
pub fn count(config: &Config, request: &ClientRequest) -> Result<UpstreamRequest, PluginError> {
    let (_, model) = Publisher::of(&request.upstream_model)?;
    let place = place::place(config, Publisher::Anthropic, "count-tokens")?;
    let mut edits = Vec::new();
    if request.model != model {
        edits.push(Edit::set("/model", serde_json::Value::from(model).to_string()));
    }
    edits.extend(version(config, request));
    Ok(UpstreamRequest {
        path_and_query: format!("{}:rawPredict", place.path),
        body: if edits.is_empty() { BodyPlan::Unchanged } else { BodyPlan::Edits(edits) },
        ..UpstreamRequest::default()
    })
}

/// A translated request: what the wire wrote, with the version in the place of the model, which it writes first.
pub fn translated(config: &Config, streamed: bool, model: &str, mut upstream: UpstreamRequest) -> Result<UpstreamRequest, PluginError> {
    let text = |value: &str| serde_json::Value::from(value).to_string();
    let place = place::place(config, Publisher::Anthropic, model)?;
    let model = format!("{{\"model\":{}", text(model));
    let version = format!("{{\"anthropic_version\":{}", text(&config.anthropic_version));
    match &mut upstream.body {
        BodyPlan::Replace(body) if body.starts_with(model.as_bytes()) => {
            body.splice(..model.len(), version.into_bytes());
        }
        _ => return Err(PluginError::internal("the translated request does not begin with its model")),
    }
    upstream.headers.retain(|header| header.name == "content-type");
    Ok(UpstreamRequest { path_and_query: method(&place, streamed), ..upstream })
}

fn at(config: &Config, request: &ClientRequest) -> Result<UpstreamRequest, PluginError> {
    let place = place::place_of(config, Publisher::Anthropic, request)?;
    Ok(UpstreamRequest { path_and_query: method(&place, request.streamed), ..UpstreamRequest::default() })
}

fn method(place: &Place, streamed: bool) -> String {
    format!("{}:{}", place.path, if streamed { "streamRawPredict" } else { "rawPredict" })
}

fn version(config: &Config, request: &ClientRequest) -> Option<Edit> {
    request.field(VERSION).is_none().then(|| Edit::set(VERSION, serde_json::Value::from(config.anthropic_version.as_str()).to_string()))
}
