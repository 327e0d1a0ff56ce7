//! The adapter as the host drives it.

mod answers;
mod corpus;
mod paths;
mod refusals;
mod requests;
mod streams;
mod usage;

use serde_json::Value;
use weighbridge_plugin::{
    Adapter, PluginError,
    adapter::{BodyPlan, ClientRequest, Plan, UpstreamRequest, UsageReading},
};
use weighbridge_plugin_testkit::{evaluate, sse};

use crate::Gemini;

/// The adapter with its defaults.
pub fn adapter() -> Gemini {
    Gemini::configure("{}").unwrap_or_else(|error| panic!("{}", error.message))
}

/// The plan for a dialect.
pub fn plan(dialect: &str) -> Plan {
    adapter().plans().into_iter().find(|plan| plan.dialect == dialect).expect("a plan")
}

/// What a whole answer used.
pub fn read(dialect: &str, body: &str) -> UsageReading {
    adapter().read_usage(dialect, &evaluate::body_facts(&plan(dialect), body.as_bytes())).expect("a reading")
}

/// What a stream used.
pub fn read_stream(stream: &str) -> UsageReading {
    let facts = evaluate::event_facts(&plan("gemini.generate_content"), &sse::events(stream.as_bytes()));
    adapter().read_usage("gemini.generate_content", &facts).expect("a reading")
}

/// Quantities and doubts in one line.
pub fn line(reading: &UsageReading) -> String {
    let quantities: Vec<String> = reading.quantities.iter().map(|quantity| format!("{}={}", quantity.meter, quantity.value)).collect();
    format!("{} {}", quantities.join(" "), reading.doubts.join(" ")).trim().to_owned()
}

/// A client's request in a dialect.
pub fn request(dialect: &str, upstream_model: &str, streamed: bool, body: &str) -> ClientRequest {
    ClientRequest {
        dialect: dialect.into(),
        model: "gemini".into(),
        upstream_model: upstream_model.into(),
        streamed,
        query: String::new(),
        headers: vec![],
        fields: vec![],
        body: (dialect == "openai.chat").then(|| body.as_bytes().to_vec()),
        attrs: vec![],
    }
}

/// A chat completion's request, sent to this model.
pub fn prepare(model: &str, body: &str) -> Result<UpstreamRequest, PluginError> {
    let streamed = serde_json::from_str::<Value>(body).is_ok_and(|body| body["stream"] == true);
    adapter().prepare(request("openai.chat", model, streamed, body))
}

/// The translated body of a chat completion's request.
pub fn translated(model: &str, body: &str) -> Value {
    match prepare(model, body).unwrap_or_else(|error| panic!("{}", error.message)).body {
        BodyPlan::Replace(body) => serde_json::from_slice(&body).expect("JSON"),
        other => panic!("{other:?}"),
    }
}
