//! Translations to chat completions and back, as the host drives them.

mod corpus;
mod gemini;
mod messages;
mod refusals;
mod responses;
mod streams;

use serde_json::Value;
use weighbridge_plugin::{
    Adapter, PluginError,
    adapter::{BodyPlan, ClientRequest, Event, EventOut, StreamEnd, UpstreamRequest, UpstreamResponse},
};

use super::adapter;
use crate::{OpenAi, translate::events::STATE_BYTES};

/// Everything is translated, as for a provider that has chat completions only.
pub const ALL: &str = "dialects = [\"openai.chat\"]\n[translation]\ndialects = [\"anthropic.messages\", \"openai.responses\", \"gemini.generate_content\"]";

/// The same, with streams that repeat given all at once.
pub const WHOLE: &str = "dialects = [\"openai.chat\"]\n[translation]\nrepeating_streams = \"whole\"\ndialects = [\"anthropic.messages\", \"openai.responses\", \"gemini.generate_content\"]";

/// A client's request.
pub fn request(dialect: &str, streamed: bool, query: &str, body: &str) -> ClientRequest {
    ClientRequest {
        dialect: dialect.into(),
        model: "theirs".into(),
        upstream_model: "ours".into(),
        streamed,
        query: query.into(),
        headers: vec![],
        fields: vec![],
        body: Some(body.as_bytes().to_vec()),
        attrs: vec![],
    }
}

/// What goes upstream.
pub fn prepare(dialect: &str, body: &str) -> Result<UpstreamRequest, PluginError> {
    adapter(ALL).prepare(request(dialect, false, "", body))
}

/// The translated body of a request.
pub fn translated(dialect: &str, body: &str) -> Value {
    sent(prepare(dialect, body).unwrap_or_else(|error| panic!("{}", error.message)))
}

/// The body of a translated request.
pub fn sent(request: UpstreamRequest) -> Value {
    match request.body {
        BodyPlan::Replace(body) => serde_json::from_slice(&body).expect("JSON"),
        other => panic!("{other:?}"),
    }
}

/// What the client gets: status, content type, body.
pub fn answered(adapter: &OpenAi, state: &[u8], status: u16, body: &[u8]) -> (u16, String, Vec<u8>) {
    let response = adapter.read_response(state, UpstreamResponse { status, fields: vec![], body: Some(body.to_vec()) }).expect("an answer");
    let BodyPlan::Replace(body) = response.body else { panic!("not replaced") };
    let kind = response.headers.iter().find(|header| header.name == "content-type").expect("a content type");
    (response.status, String::from_utf8(kind.value.clone()).expect("UTF-8"), body)
}

/// A whole answer, translated back.
pub fn answer(dialect: &str, status: u16, body: &str) -> (u16, Value) {
    let adapter = adapter(ALL);
    let state = adapter.prepare(request(dialect, false, "", minimal(dialect))).expect("a request").state;
    let (status, _, body) = answered(&adapter, &state, status, body.as_bytes());
    (status, serde_json::from_slice(&body).expect("JSON"))
}

/// The least request of a dialect.
pub fn minimal(dialect: &str) -> &'static str {
    match dialect {
        "anthropic.messages" => r#"{"max_tokens":9,"messages":[{"role":"user","content":"x"}]}"#,
        "openai.responses" => r#"{"input":"x"}"#,
        _ => r#"{"contents":[{"parts":[{"text":"x"}]}]}"#,
    }
}

/// The events that a client gets of a stream, when so many of the provider's arrive at a time; no state is ever too long.
pub fn streamed(adapter: &OpenAi, mut state: Vec<u8>, events: &[Event], batch: usize) -> Vec<Event> {
    let mut told = Vec::new();
    for events in events.chunks(batch) {
        let step = adapter.on_events(&state, events).expect("a step");
        assert!(step.state.len() <= STATE_BYTES, "{} bytes of state", step.state.len());
        assert_eq!(step.events.len(), events.len());
        state = step.state;
        for out in step.events {
            match out {
                EventOut::Replace(events) => told.extend(events),
                EventOut::Drop => {}
                EventOut::Keep => panic!("one of the provider's events is forwarded"),
            }
        }
    }
    told.extend(adapter.on_end(&state, StreamEnd::Complete).expect("an end"));
    told
}

/// The chunks of a stream.
pub fn chunks(data: &[&str]) -> Vec<Event> {
    data.iter().map(|data| Event { name: None, data: data.as_bytes().to_vec() }).collect()
}

/// The events of a stream of a dialect, translated live.
pub fn live(dialect: &str, data: &[&str]) -> Vec<Event> {
    let adapter = adapter(ALL);
    let state = adapter.prepare(request(dialect, true, "alt=sse", minimal(dialect))).expect("a request").state;
    streamed(&adapter, state, &chunks(data), 1)
}

/// The data of events.
pub fn data(events: &[Event]) -> Vec<Value> {
    events.iter().map(|event| serde_json::from_slice(&event.data).expect("JSON")).collect()
}

/// A call of a tool in two pieces after some text, with usage at the end.
pub const STREAM: [&str; 9] = [
    r#"{"id":"","model":"","choices":[],"prompt_filter_results":[]}"#,
    r#"{"id":"chatcmpl-7","model":"m-1","created":5,"service_tier":"default","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}],"usage":null}"#,
    r#"{"id":"chatcmpl-7","model":"m-1","created":5,"choices":[{"index":0,"delta":{"reasoning_content":"Hm"},"finish_reason":null}]}"#,
    r#"{"id":"chatcmpl-7","model":"m-1","created":5,"choices":[{"index":0,"delta":{"content":"I "}}]}"#,
    r#"{"id":"chatcmpl-7","model":"m-1","created":5,"choices":[{"index":0,"delta":{"content":"look"}}]}"#,
    r#"{"id":"chatcmpl-7","model":"m-1","created":5,"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_a","type":"function","function":{"name":"look","arguments":""}}]}}]}"#,
    r#"{"id":"chatcmpl-7","model":"m-1","created":5,"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"at\":1}"}},{"index":1,"id":"call_b","function":{"name":"now"}}]}}]}"#,
    r#"{"id":"chatcmpl-7","model":"m-1","created":5,"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}"#,
    r#"{"id":"chatcmpl-7","model":"m-1","created":5,"choices":[],"usage":{"prompt_tokens":100,"completion_tokens":30,"total_tokens":130,"prompt_tokens_details":{"cached_tokens":60},"completion_tokens_details":{"reasoning_tokens":10}}}"#,
];
