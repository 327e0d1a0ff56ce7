//! The APIs that Ollama imitates, below `/v1`: OpenAI's chat completions, completions and embeddings, Anthropic's messages. Its
//! answers are plain: no tiers, no modalities, reasoning inside the output and not told apart.

use weighbridge_plugin::adapter::{EventFilter, FactRule, Framing, HideRule, Plan, View};

use crate::native::strings;

/// Chat completions.
pub const CHAT: &str = "openai.chat";
/// Completions of a text.
pub const COMPLETIONS: &str = "openai.completions";
/// Embeddings.
pub const EMBEDDINGS: &str = "openai.embeddings";
/// Messages.
pub const MESSAGES: &str = "anthropic.messages";

/// The plan for chat completions.
pub fn chat() -> Plan {
    Plan {
        body_text: strings(&[
            "/choices/*/message/content",
            "/choices/*/message/reasoning",
            "/choices/*/message/tool_calls/*/function/name",
            "/choices/*/message/tool_calls/*/function/arguments",
        ]),
        event_text: vec![
            text("content", "/choices/*/delta/content"),
            text("reasoning", "/choices/*/delta/reasoning"),
            text("tool_calls", "/choices/*/delta/tool_calls/*/function/name"),
            text("tool_calls", "/choices/*/delta/tool_calls/*/function/arguments"),
        ],
        prompt_text: strings(&[
            "/messages/*/content",
            "/messages/*/content/*/text",
            "/messages/*/tool_calls/*/function/arguments",
            "/tools/*/function/name",
            "/tools/*/function/description",
            "/tools/*/function/parameters/properties/*/description",
        ]),
        ..choices(CHAT)
    }
}

/// The plan for completions of a text.
pub fn completions() -> Plan {
    Plan {
        body_text: strings(&["/choices/*/text"]),
        event_text: vec![text("text", "/choices/*/text")],
        prompt_text: strings(&["/prompt", "/prompt/*", "/suffix"]),
        ..choices(COMPLETIONS)
    }
}

/// The plan for embeddings: never streamed.
pub fn embeddings() -> Plan {
    Plan {
        dialect: EMBEDDINGS.into(),
        body_facts: facts(&[("input", "/usage/prompt_tokens"), ("model", "/model")], None),
        prompt_text: strings(&["/input", "/input/*"]),
        ..Plan::default()
    }
}

/// The plan for messages. Fresh input, cache reads and output stand beside each other.
pub fn messages() -> Plan {
    let usage = [("fresh", "/usage/input_tokens"), ("cache_read", "/usage/cache_read_input_tokens"), ("output", "/usage/output_tokens")];
    let start = [("fresh", "/message/usage/input_tokens"), ("cache_read", "/message/usage/cache_read_input_tokens"), ("model", "/message/model")];
    // The later event first (metering rule 22); the output of the first one is what was there at the start.
    let mut event_facts = facts(&usage, Some(&EventFilter::named(["message_delta"])));
    event_facts.extend(facts(&start, Some(&EventFilter::named(["message_start"]))));
    let mut body_facts = facts(&usage, None);
    body_facts.extend(facts(&[("model", "/model")], None));
    Plan {
        dialect: MESSAGES.into(),
        framing: Framing::Sse,
        body_facts,
        event_facts,
        body_text: strings(&["/content/*/text", "/content/*/thinking", "/content/*/name", "/content/*/input/*"]),
        event_text: vec![
            text("text_delta", "/delta/text"),
            text("thinking_delta", "/delta/thinking"),
            text("input_json_delta", "/delta/partial_json"),
            text("tool_use", "/content_block/name"),
        ],
        prompt_text: strings(&["/system", "/system/*/text", "/messages/*/content", "/messages/*/content/*/text", "/messages/*/content/*/content"]),
        terminal: Some(EventFilter::named(["message_stop"])),
        failure: Some(EventFilter::named(["error"])),
        ..Plan::default()
    }
}

/// What both kinds of completions share: the last chunk of a stream has the usage, and is hidden where the client did not ask.
fn choices(dialect: &str) -> Plan {
    let usage = EventFilter::containing([r#""prompt_tokens""#]);
    let reported = [
        ("input", "/usage/prompt_tokens"),
        ("cached", "/usage/prompt_tokens_details/cached_tokens"),
        ("output", "/usage/completion_tokens"),
        ("model", "/model"),
    ];
    Plan {
        dialect: dialect.into(),
        request_view: View::Fields(strings(&["/stream_options"])),
        framing: Framing::Sse,
        body_facts: facts(&reported, None),
        event_facts: facts(&reported, Some(&usage)),
        terminal: Some(EventFilter::containing(["[DONE]"])),
        failure: Some(EventFilter::containing([r#""error":{"#, r#""error": {"#])),
        hide: Some(HideRule { events: usage, pointer: "/choices".into(), equals: "[]".into() }),
        ..Plan::default()
    }
}

fn facts(facts: &[(&str, &str)], events: Option<&EventFilter>) -> Vec<FactRule> {
    facts.iter().map(|(name, pointer)| FactRule::event(*name, *pointer, events.cloned())).collect()
}

fn text(member: &str, pointer: &str) -> FactRule {
    FactRule::event("text", pointer, Some(EventFilter::containing([format!("\"{member}\"")])))
}
