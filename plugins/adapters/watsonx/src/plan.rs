//! The plans: where each endpoint keeps its counts and its text.

use weighbridge_plugin::adapter::{Auth, Combine, EventFilter, FactRule, Framing, Plan};

/// Text generation.
pub const TEXT: &str = "watsonx.text";
/// Chat, in the shape of chat completions.
pub const CHAT: &str = "watsonx.chat";
/// Embeddings.
pub const EMBEDDINGS: &str = "watsonx.embeddings";

/// What says that an answer is finished: no event ends a stream.
const FINISH: &str = "finish_reason";
/// The reasons to stop (watsonx.ai API reference, "Text generation", 2026): before the end every event has `not_finished`.
const STOPS: [&str; 7] = [r#""eos_token""#, r#""max_tokens""#, r#""stop_sequence""#, r#""time_limit""#, r#""token_limit""#, r#""cancelled""#, r#""error""#];

/// Text generation. A whole answer may hold several results; a stream's event has one, whose output counts up while the input is
/// told once and is zero afterwards: of both the greatest counts.
pub fn text() -> Plan {
    let counts = [("input", "/results/*/input_token_count"), ("output", "/results/*/generated_token_count")];
    let rules = |combine: Combine, events: Option<EventFilter>| -> Vec<FactRule> {
        let rule = |(name, pointer): (&str, &str)| FactRule { combine, ..FactRule::event(name, pointer, events.clone()) };
        counts.map(rule).into_iter().chain([FactRule::event("model", "/model_id", events.clone())]).collect()
    };
    Plan {
        framing: Framing::Sse,
        body_facts: rules(Combine::Sum, None),
        event_facts: rules(Combine::Max, Some(EventFilter::containing([r#""results""#])))
            .into_iter()
            .chain([FactRule::event(FINISH, "/results/*/stop_reason", Some(EventFilter::containing(STOPS)))])
            .collect(),
        finish: vec![FINISH.into()],
        body_text: strings(&["/results/*/generated_text"]),
        event_text: vec![event_text("generated_text", "/results/*/generated_text")],
        prompt_text: strings(&["/input"]),
        failure: Some(EventFilter::containing([r#""errors":[{"#, r#""errors": [{"#])),
        ..passing(TEXT)
    }
}

/// Chat.
pub fn chat() -> Plan {
    let counts = [("input", "/usage/prompt_tokens"), ("output", "/usage/completion_tokens"), ("model", "/model_id"), ("model", "/model")];
    let rules = |events: Option<EventFilter>| counts.map(|(name, pointer)| FactRule::event(name, pointer, events.clone())).to_vec();
    Plan {
        framing: Framing::Sse,
        body_facts: rules(None),
        event_facts: rules(Some(EventFilter::containing([r#""prompt_tokens""#])))
            .into_iter()
            .chain([FactRule::event(FINISH, "/choices/*/finish_reason", Some(EventFilter::containing([r#""finish_reason""#])))])
            .collect(),
        finish: vec![FINISH.into()],
        body_text: strings(&["/choices/*/message/content", "/choices/*/message/reasoning_content", "/choices/*/message/tool_calls/*/function/arguments"]),
        event_text: vec![
            event_text("content", "/choices/*/delta/content"),
            event_text("reasoning_content", "/choices/*/delta/reasoning_content"),
            event_text("tool_calls", "/choices/*/delta/tool_calls/*/function/arguments"),
        ],
        prompt_text: strings(&["/messages/*/content", "/messages/*/content/*/text", "/tools/*/function/name", "/tools/*/function/description"]),
        failure: Some(EventFilter::containing([r#""errors":[{"#, r#""errors": [{"#])),
        ..passing(CHAT)
    }
}

/// Embeddings: never streamed.
pub fn embeddings() -> Plan {
    Plan {
        body_facts: vec![FactRule::body("input", "/input_token_count"), FactRule::body("model", "/model_id")],
        prompt_text: strings(&["/inputs/*"]),
        ..passing(EMBEDDINGS)
    }
}

fn passing(dialect: &str) -> Plan {
    Plan { dialect: dialect.into(), auth: Auth::Bearer, ..Plan::default() }
}

fn event_text(member: &str, pointer: &str) -> FactRule {
    FactRule::event("text", pointer, Some(EventFilter::containing([format!("\"{member}\"")])))
}

fn strings(pointers: &[&str]) -> Vec<String> {
    pointers.iter().map(|pointer| (*pointer).into()).collect()
}
