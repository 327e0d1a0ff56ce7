//! The adapter as the host drives it.

mod corpus;
mod requests;
mod streams;

use weighbridge_plugin::{
    Adapter, PluginError,
    adapter::{ClientRequest, Field, Plan, UpstreamRequest},
};

use crate::Vertex;

/// The adapter of a project in the location `global`.
pub fn adapter() -> Vertex {
    configured(r#"{"project":"my-project"}"#)
}

/// The adapter with these settings.
pub fn configured(config: &str) -> Vertex {
    Vertex::configure(config).unwrap_or_else(|error| panic!("{}", error.message))
}

/// The plan for a dialect.
pub fn plan(dialect: &str) -> Plan {
    adapter().plans().into_iter().find(|plan| plan.dialect == dialect).unwrap_or_else(|| panic!("no plan for {dialect}"))
}

/// A client's request, sent to this model.
pub fn request(dialect: &str, model: &str, body: &str) -> ClientRequest {
    let json: serde_json::Value = serde_json::from_str(body).expect("JSON");
    let field = |pointer: &str| Field { pointer: pointer.into(), json: json.pointer(pointer).map(ToString::to_string) };
    ClientRequest {
        dialect: dialect.into(),
        model: model.into(),
        upstream_model: model.into(),
        streamed: json["stream"] == true,
        query: String::new(),
        headers: vec![],
        fields: vec![field(crate::plan::VERSION)],
        body: Some(body.as_bytes().to_vec()),
        attrs: vec![],
    }
}

/// What goes upstream.
pub fn prepare(dialect: &str, model: &str, body: &str) -> Result<UpstreamRequest, PluginError> {
    adapter().prepare(request(dialect, model, body))
}
