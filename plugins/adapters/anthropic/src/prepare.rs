//! The upstream request of a client that speaks Anthropic's own dialect: its own bytes, with the model renamed where needed.

use weighbridge_plugin::adapter::{BodyPlan, ClientRequest, Edit, Header, UpstreamRequest};

use crate::config::Config;

/// The header that names the API's version.
pub const VERSION: &str = "anthropic-version";

/// What goes upstream, to this path.
pub fn passed(path: &str, config: &Config, request: &ClientRequest) -> UpstreamRequest {
    let renamed = request.model != request.upstream_model;
    let model = || Edit::set("/model", serde_json::Value::from(request.upstream_model.as_str()).to_string());
    UpstreamRequest {
        path_and_query: path.to_owned(),
        headers: version(config, request),
        body: if renamed { BodyPlan::Edits(vec![model()]) } else { BodyPlan::Unchanged },
        ..UpstreamRequest::default()
    }
}

/// A batch, or a call about one.
pub fn batch(path: &str, config: &Config, request: &ClientRequest) -> UpstreamRequest {
    let upstream = match request.operation() {
        Some(operation) => operation.request(path, "results"),
        None => UpstreamRequest { path_and_query: path.to_owned(), ..UpstreamRequest::default() },
    };
    UpstreamRequest { headers: version(config, request), ..upstream }
}

/// The API's version, where the client names none.
fn version(config: &Config, request: &ClientRequest) -> Vec<Header> {
    if request.header(VERSION).is_some() { Vec::new() } else { vec![Header::new(VERSION, config.version.as_str())] }
}
