//! The plans: what the host reads and pumps by itself.
//!
//! The facts are the same for both dialects: they are read from Anthropic's answer. A translated dialect differs in what the
//! guest sees, and in where the client's request keeps its text.

use weighbridge_plugin::adapter::{Auth, Billing, Combine, EventFilter, FactRule, Framing, Plan, View};

/// Anthropic's own dialect.
pub const MESSAGES: &str = "anthropic.messages";
/// How many tokens messages have.
pub const COUNT_TOKENS: &str = "anthropic.count_tokens";
/// Messages that are asked for together, later.
pub const BATCHES: &str = "anthropic.batches";
/// OpenAI's chat completions, translated.
pub const CHAT: &str = "openai.chat";

/// The plan for Anthropic's own dialect: bodies and events pass untouched.
pub fn messages() -> Plan {
    Plan {
        dialect: MESSAGES.into(),
        auth: Auth::Header("x-api-key".into()),
        request_headers: vec![crate::prepare::VERSION.into()],
        framing: Framing::Sse,
        body_facts: body_facts(),
        event_facts: event_facts(),
        body_text: strings(&["/content/*/text", "/content/*/thinking", "/content/*/name", "/content/*/input/*"]),
        event_text: event_text(),
        prompt_text: strings(&[
            "/system",
            "/system/*/text",
            "/messages/*/content",
            "/messages/*/content/*/text",
            "/messages/*/content/*/content",
            "/messages/*/content/*/content/*/text",
            "/messages/*/content/*/input/*",
            "/tools/*/name",
            "/tools/*/description",
            "/tools/*/input_schema/properties/*/description",
        ]),
        terminal: Some(EventFilter::named(["message_stop"])),
        failure: Some(EventFilter::named(["error"])),
        ..Plan::default()
    }
}

/// The plan for counting tokens, which costs nothing.
pub fn count_tokens() -> Plan {
    // Output, which such an answer cannot have: the host flags a report of it.
    let output = FactRule::body("output", "/usage/output_tokens");
    Plan {
        dialect: COUNT_TOKENS.into(),
        billing: Billing::Free,
        auth: Auth::Header("x-api-key".into()),
        request_headers: vec![crate::prepare::VERSION.into()],
        body_facts: vec![output.clone()],
        event_facts: vec![output],
        ..Plan::default()
    }
}

/// The plan for batches: they cost nothing by themselves, their items are billed as the messages that they are.
pub fn batches() -> Plan {
    Plan { dialect: BATCHES.into(), ..count_tokens() }
}

/// The plan for OpenAI's chat completions: the guest sees all of it.
pub fn chat() -> Plan {
    Plan {
        dialect: CHAT.into(),
        request_headers: Vec::new(),
        request_view: View::Full,
        response_view: View::Full,
        error_view: View::Full,
        stream_events: Some(EventFilter { names: Vec::new(), contains: Vec::new() }),
        prompt_text: strings(&[
            "/messages/*/content",
            "/messages/*/content/*/text",
            "/messages/*/tool_calls/*/function/name",
            "/messages/*/tool_calls/*/function/arguments",
            "/tools/*/function/name",
            "/tools/*/function/description",
            "/tools/*/function/parameters/properties/*/description",
        ]),
        ..messages()
    }
}

/// A usage fact's name and its pointer inside the usage object.
const USAGE: [(&str, &str); 12] = [
    ("input", "/input_tokens"),
    ("cache_read", "/cache_read_input_tokens"),
    ("cache_write", "/cache_creation_input_tokens"),
    // As a whole: its members belong together (metering rule 10).
    ("cache_creation", "/cache_creation"),
    ("thinking", "/output_tokens_details/thinking_tokens"),
    ("web_searches", "/server_tool_use/web_search_requests"),
    ("service_tier", "/service_tier"),
    // Gateways that speak this wire state what they charge.
    ("cost", "/cost"),
    ("cost", "/pydantic_ai_gateway/cost_estimate"),
    ("inference_geo", "/inference_geo"),
    ("speed", "/speed"),
    ("iterations", "/iterations"),
];

fn body_facts() -> Vec<FactRule> {
    let usage = USAGE.map(|(name, pointer)| FactRule::body(name, format!("/usage{pointer}")));
    usage.into_iter().chain([FactRule::body("output", "/usage/output_tokens"), FactRule::body("model", "/model")]).collect()
}

/// The last present value of each field over the two events that report usage (metering rule 22). Where both have a field, the
/// later event's stands first. The output of `message_start` is not read: it is what was there at the start, not what was used.
fn event_facts() -> Vec<FactRule> {
    let (start, delta) = (EventFilter::containing([r#""message_start""#]), EventFilter::containing([r#""message_delta""#]));
    let mut rules = Vec::new();
    for (name, pointer) in USAGE {
        rules.push(FactRule::event(name, format!("/usage{pointer}"), Some(delta.clone())));
        rules.push(FactRule::event(name, format!("/message/usage{pointer}"), Some(start.clone())));
    }
    rules.push(FactRule::event("output", "/usage/output_tokens", Some(delta)));
    rules.push(FactRule::event("model", "/message/model", Some(start.clone())));
    // More than one message in a stream is not a thing that Anthropic sends.
    rules.push(FactRule { combine: Combine::First, ..FactRule::event("first_id", "/message/id", Some(start.clone())) });
    rules.push(FactRule::event("last_id", "/message/id", Some(start)));
    rules
}

fn event_text() -> Vec<FactRule> {
    let texts = [
        ("text_delta", "/delta/text"),
        ("thinking_delta", "/delta/thinking"),
        ("input_json_delta", "/delta/partial_json"),
        ("tool_use", "/content_block/name"),
    ];
    texts.map(|(member, pointer)| FactRule::event("text", pointer, Some(EventFilter::containing([format!("\"{member}\"")])))).into()
}

fn strings(pointers: &[&str]) -> Vec<String> {
    pointers.iter().map(|pointer| (*pointer).into()).collect()
}
