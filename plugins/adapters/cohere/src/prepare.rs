//! The upstream request: the client's own bytes, with the model renamed where needed.

use weighbridge_plugin::{
    PluginError,
    adapter::{BodyPlan, ClientRequest, Edit, Framing, UpstreamRequest},
};

use crate::plan;

/// What goes upstream.
pub fn prepare(request: &ClientRequest) -> Result<UpstreamRequest, PluginError> {
    let path = match request.dialect.as_str() {
        plan::CHAT => "/v2/chat",
        plan::CHAT_V1 => "/v1/chat",
        plan::EMBED => "/v2/embed",
        plan::EMBED_V1 => "/v1/embed",
        plan::RERANK if plan::RERANK_V1_FIELDS.iter().any(|field| request.field(field).is_some()) => "/v1/rerank",
        plan::RERANK => "/v2/rerank",
        plan::TRANSCRIPTIONS | plan::OPENAI_TRANSCRIPTIONS => "/v2/audio/transcriptions",
        other => return Err(PluginError::internal(format!("the dialect \"{other}\" is not spoken here"))),
    };
    let renamed = request.model != request.upstream_model;
    let model = || Edit::set("/model", serde_json::Value::from(request.upstream_model.as_str()).to_string());
    Ok(UpstreamRequest {
        path_and_query: path.into(),
        body: if renamed { BodyPlan::Edits(vec![model()]) } else { BodyPlan::Unchanged },
        framing: asks_for_events(request).then_some(Framing::Sse),
        ..UpstreamRequest::default()
    })
}

/// The first version's chat streams lines, unless it is asked for server-sent events.
fn asks_for_events(request: &ClientRequest) -> bool {
    let asks = |name: &&str| request.header(name).is_some_and(|value| value.starts_with(b"text/event-stream"));
    request.dialect == plan::CHAT_V1 && request.streamed && plan::ACCEPT.iter().any(asks)
}
