//! Ollama's own API: a JSON text a line, the last of them with the counts.

use weighbridge_plugin::adapter::{EventFilter, FactRule, Framing, Plan};

/// Chat.
pub const CHAT: &str = "ollama.chat";
/// The continuation of a text.
pub const GENERATE: &str = "ollama.generate";
/// Embeddings.
pub const EMBED: &str = "ollama.embed";

/// The plan for chat.
pub fn chat() -> Plan {
    Plan {
        body_text: strings(&["/message/content", "/message/thinking", "/message/tool_calls/*/function/name", "/message/tool_calls/*/function/arguments/*"]),
        event_text: vec![
            text("/message/content"),
            text("/message/thinking"),
            text("/message/tool_calls/*/function/name"),
            text("/message/tool_calls/*/function/arguments/*"),
        ],
        prompt_text: strings(&[
            "/messages/*/content",
            "/messages/*/thinking",
            "/messages/*/tool_calls/*/function/name",
            "/messages/*/tool_calls/*/function/arguments/*",
            "/tools/*/function/name",
            "/tools/*/function/description",
            "/tools/*/function/parameters/properties/*/description",
        ]),
        ..streamed(CHAT)
    }
}

/// The plan for the continuation of a text.
pub fn generate() -> Plan {
    Plan {
        body_text: strings(&["/response", "/thinking"]),
        event_text: vec![text("/response"), text("/thinking")],
        prompt_text: strings(&["/system", "/prompt", "/suffix"]),
        ..streamed(GENERATE)
    }
}

/// The plan for embeddings: never streamed.
pub fn embed() -> Plan {
    Plan { framing: Framing::None, event_facts: Vec::new(), terminal: None, failure: None, prompt_text: strings(&["/input", "/input/*"]), ..streamed(EMBED) }
}

fn streamed(dialect: &str) -> Plan {
    let done = EventFilter::containing([r#""done":true"#, r#""done": true"#]);
    Plan {
        dialect: dialect.into(),
        framing: Framing::Ndjson,
        body_facts: facts(None),
        event_facts: facts(Some(&done)),
        // `"done":true` alone could stand in the arguments of a tool.
        terminal: Some(EventFilter::containing([
            r#""done_reason":""#,
            r#""done":true,"total_duration":"#,
            r#""done":true,"context":"#,
            r#""done":true,"prompt_eval_count":"#,
        ])),
        failure: Some(EventFilter::containing([r#"{"error":""#, r#"{"error": ""#])),
        ..Plan::default()
    }
}

fn facts(events: Option<&EventFilter>) -> Vec<FactRule> {
    let facts = [("input", "/prompt_eval_count"), ("cached", "/prompt_eval_cached_count"), ("output", "/eval_count"), ("model", "/model")];
    facts.map(|(name, pointer)| FactRule::event(name, pointer, events.cloned())).into()
}

/// Every line may have text.
fn text(pointer: &str) -> FactRule {
    FactRule::event("text", pointer, None)
}

/// Pointers as strings.
pub fn strings(pointers: &[&str]) -> Vec<String> {
    pointers.iter().map(|pointer| (*pointer).into()).collect()
}
