//! The upstream request: the client's own bytes, with the model renamed and usage asked for where that is needed.

use weighbridge_plugin::{
    PluginError,
    adapter::{BodyPlan, ClientRequest, Edit, Header, UpstreamRequest},
};

use crate::{
    config::{Config, Dialect},
    spoken::Spoken,
};

/// What goes upstream.
pub fn prepare(config: &Config, spoken: &Spoken, request: &ClientRequest) -> Result<UpstreamRequest, PluginError> {
    if spoken.shape == Dialect::Realtime {
        return Err(PluginError::unsupported("sockets are not forwarded; of realtime sessions, only usage that is handed in is read"));
    }
    if let Some(operation) = request.operation() {
        return Ok(UpstreamRequest { headers: headers(config), ..operation.request(&spoken.path, "content") });
    }
    let mut edits = Vec::new();
    if request.model != request.upstream_model {
        edits.push(Edit::set("/model", serde_json::Value::from(request.upstream_model.as_str()).to_string()));
    }
    // A provider that refused the question is not asked again (metering rule 23).
    let unasked = request.attr("usage") == Some("unasked");
    let asks = config.ask_for_usage && !unasked && request.streamed && matches!(spoken.shape, Dialect::Chat | Dialect::Completions);
    let usage = if asks { ask_for_usage(request.field("/stream_options"))? } else { None };
    let hide = usage.is_some();
    edits.extend(usage);
    Ok(UpstreamRequest {
        path_and_query: path(&spoken.path, &request.upstream_model),
        headers: headers(config),
        body: if edits.is_empty() { BodyPlan::Unchanged } else { BodyPlan::Edits(edits) },
        hide,
        ..UpstreamRequest::default()
    })
}

/// A path of the settings, for this model.
pub fn path(path: &str, model: &str) -> String {
    if path.contains("{model}") { path.replace("{model}", &percent_encoded(model)) } else { path.to_owned() }
}

/// The headers of the settings.
pub fn headers(config: &Config) -> Vec<Header> {
    config.headers.iter().map(|(name, value)| Header::new(name.as_str(), value.as_str())).collect()
}

/// The edit that asks for the usage chunk, unless the client asks for it already (metering rule 23).
fn ask_for_usage(options: Option<&str>) -> Result<Option<Edit>, PluginError> {
    let options: serde_json::Value = serde_json::from_str(options.unwrap_or("null")).unwrap_or_default();
    match options {
        serde_json::Value::Null => Ok(Some(Edit::set("/stream_options", r#"{"include_usage":true}"#))),
        serde_json::Value::Object(options) if options.get("include_usage") == Some(&true.into()) => Ok(None),
        serde_json::Value::Object(_) => Ok(Some(Edit::set("/stream_options/include_usage", "true"))),
        other => Err(PluginError::invalid_input(format!("stream_options is {other}; it must be an object, as {{\"include_usage\": true}} is"))),
    }
}

/// A model's name as a segment of a path.
fn percent_encoded(name: &str) -> String {
    let mut encoded = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b':' => encoded.push(byte.into()),
            other => encoded.push_str(&format!("%{other:02X}")),
        }
    }
    encoded
}
