//! The upstream request: the client's own bytes, with the model renamed and usage asked for where that is needed.

use weighbridge_plugin::{
    PluginError,
    adapter::{BodyPlan, ClientRequest, Edit, UpstreamRequest},
};

use crate::{compatible, native};

/// What goes upstream.
pub fn prepare(request: &ClientRequest) -> Result<UpstreamRequest, PluginError> {
    let path = match request.dialect.as_str() {
        native::CHAT => "/api/chat",
        native::GENERATE => "/api/generate",
        native::EMBED => "/api/embed",
        compatible::CHAT => "/v1/chat/completions",
        compatible::COMPLETIONS => "/v1/completions",
        compatible::EMBEDDINGS => "/v1/embeddings",
        compatible::MESSAGES => "/v1/messages",
        other => return Err(PluginError::internal(format!("the dialect \"{other}\" is not spoken here"))),
    };
    let mut edits = Vec::new();
    if request.model != request.upstream_model {
        edits.push(Edit::set("/model", serde_json::Value::from(request.upstream_model.as_str()).to_string()));
    }
    let asks = request.streamed && matches!(request.dialect.as_str(), compatible::CHAT | compatible::COMPLETIONS);
    let usage = if asks { ask_for_usage(request.field("/stream_options"))? } else { None };
    let hide = usage.is_some();
    edits.extend(usage);
    Ok(UpstreamRequest {
        path_and_query: path.into(),
        body: if edits.is_empty() { BodyPlan::Unchanged } else { BodyPlan::Edits(edits) },
        hide,
        ..UpstreamRequest::default()
    })
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
