//! The plans: where each endpoint keeps its report and its text.

use weighbridge_plugin::adapter::{Auth, EventFilter, FactRule, Framing, Plan, View};

/// Chat, version 2: server-sent events.
pub const CHAT: &str = "cohere.chat";
/// Chat, version 1: a JSON text a line.
pub const CHAT_V1: &str = "cohere.chat_v1";
/// Embeddings, version 2.
pub const EMBED: &str = "cohere.embed";
/// Embeddings, version 1.
pub const EMBED_V1: &str = "cohere.embed_v1";
/// Ranking, in both versions.
pub const RERANK: &str = "rerank";
/// Transcription, as Cohere's own clients ask for it.
pub const TRANSCRIPTIONS: &str = "cohere.transcriptions";
/// Transcription, as OpenAI's clients ask for it: the same form.
pub const OPENAI_TRANSCRIPTIONS: &str = "openai.transcriptions";

/// What only the first version's ranking takes: a request that has one of them goes there.
pub const RERANK_V1_FIELDS: [&str; 4] = ["/documents/0/text", "/rank_fields", "/return_documents", "/max_chunks_per_doc"];

/// Where clients ask for another framing. Cohere's own Python client spells the first one so.
pub const ACCEPT: [&str; 2] = ["accepts", "accept"];

/// One for each dialect.
pub fn all() -> Vec<Plan> {
    vec![
        chat(),
        chat_v1(),
        embed(EMBED),
        embed(EMBED_V1),
        Plan {
            request_view: View::Fields(strings(&RERANK_V1_FIELDS)),
            prompt_text: strings(&["/query", "/documents/*", "/documents/*/text"]),
            ..passing(RERANK)
        },
        Plan { body_text: strings(&["/text"]), ..passing(TRANSCRIPTIONS) },
        Plan { body_text: strings(&["/text"]), ..passing(OPENAI_TRANSCRIPTIONS) },
    ]
}

fn chat() -> Plan {
    let end = EventFilter::named(["message-end"]);
    let text = |name: &str, pointer: &str| FactRule::event("text", format!("/delta/message{pointer}"), Some(EventFilter::named([name])));
    Plan {
        framing: Framing::Sse,
        body_facts: facts("/usage", None),
        event_facts: facts("/delta/usage", Some(&end)),
        body_text: strings(&[
            "/message/content/*/text",
            "/message/content/*/thinking",
            "/message/tool_plan",
            "/message/tool_calls/*/function/name",
            "/message/tool_calls/*/function/arguments",
        ]),
        event_text: vec![
            text("content-delta", "/content/text"),
            text("content-delta", "/content/thinking"),
            text("tool-plan-delta", "/tool_plan"),
            text("tool-call-start", "/tool_calls/function/name"),
            text("tool-call-start", "/tool_calls/function/arguments"),
            text("tool-call-delta", "/tool_calls/function/arguments"),
        ],
        prompt_text: strings(&[
            "/messages/*/content",
            "/messages/*/content/*/text",
            "/messages/*/content/*/document/data/*",
            "/messages/*/tool_plan",
            "/messages/*/tool_calls/*/function/arguments",
            "/documents/*",
            "/documents/*/data/*",
            "/tools/*/function/name",
            "/tools/*/function/description",
            "/tools/*/function/parameters/properties/*/description",
        ]),
        terminal: Some(end),
        failure: Some(EventFilter::containing([r#""finish_reason":"ERROR"#])),
        ..passing(CHAT)
    }
}

fn chat_v1() -> Plan {
    let text = FactRule::event("text", "/text", Some(EventFilter::containing([r#""text-generation""#])));
    Plan {
        request_headers: strings(&ACCEPT),
        framing: Framing::Ndjson,
        body_facts: facts("/meta", None),
        event_facts: facts("/response/meta", Some(&EventFilter::containing([r#""stream-end""#]))),
        body_text: strings(&["/text", "/tool_calls/*/name", "/tool_calls/*/parameters/*"]),
        event_text: vec![text],
        prompt_text: strings(&["/message", "/preamble", "/chat_history/*/message", "/documents/*/*", "/tools/*/name", "/tools/*/description"]),
        terminal: Some(EventFilter::containing([r#"{"is_finished":true"#])),
        failure: Some(EventFilter::containing([r#""finish_reason":"ERROR"#])),
        ..passing(CHAT_V1)
    }
}

fn embed(dialect: &str) -> Plan {
    Plan { prompt_text: strings(&["/texts/*", "/inputs/*/content/*/text"]), ..passing(dialect) }
}

/// A plan with what all endpoints share: everything passes, and `meta` has the report.
fn passing(dialect: &str) -> Plan {
    Plan { dialect: dialect.into(), auth: Auth::Bearer, body_facts: facts("/meta", None), ..Plan::default() }
}

/// What is billed, and that something was read from a cache.
fn facts(below: &str, events: Option<&EventFilter>) -> Vec<FactRule> {
    let rule = |name: &str, pointer: &str| FactRule::event(name, format!("{below}{pointer}"), events.cloned());
    let mut rules: Vec<FactRule> = crate::billed::UNITS.iter().map(|unit| rule(unit, &format!("/billed_units/{unit}"))).collect();
    rules.push(rule("cached_tokens", "/cached_tokens"));
    rules
}

fn strings(pointers: &[&str]) -> Vec<String> {
    pointers.iter().map(|pointer| (*pointer).into()).collect()
}
