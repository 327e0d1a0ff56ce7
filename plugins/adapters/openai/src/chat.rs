//! Chat completions: `openai.chat`.

use weighbridge_plugin::adapter::{Combine, EventFilter, FactRule, HideRule, Plan};

use crate::{
    config::{Config, Dialect},
    plan::{done, event_texts, facts, failure_events, finish, last_choices, names, passing, strings, usage_events},
};

/// The plan for chat completions.
pub fn plan(config: &Config) -> Plan {
    let mut event_facts = facts(config, Some(usage_events(config)));
    // A stream without a report still names its model and tier: at its beginning (the first message delta, not an empty
    // chunk about filters before it) and at its end.
    event_facts.extend(names(config, EventFilter::containing([r#""role":"#]), Combine::First));
    event_facts.extend(names(config, last_choices(), Combine::Last));
    let finish = finish(config);
    Plan {
        finish: finish.iter().map(|fact| fact.name.clone()).collect(),
        body_facts: facts(config, None),
        event_facts: event_facts.into_iter().chain(finish).collect(),
        body_text: BODY_TEXT
            .iter()
            .map(|pointer| (*pointer).into())
            .chain(config.reasoning_text.iter().map(|member| format!("/choices/*/message/{member}")))
            .chain(config.text.iter().cloned())
            .collect(),
        event_text: event_text(config),
        prompt_text: strings(&PROMPT_TEXT),
        terminal: done(config),
        failure: Some(failure_events()),
        hide: Some(HideRule { events: usage_events(config), pointer: "/choices".into(), equals: "[]".into() }),
        ..passing(config, Dialect::Chat, &["/model", "/stream_options"])
    }
}

fn event_text(config: &Config) -> Vec<FactRule> {
    let reasoning = config.reasoning_text.iter().map(|member| (member.as_str(), format!("/choices/*/delta/{member}")));
    event_texts(EVENT_TEXT.iter().map(|&(member, pointer)| (member, pointer.to_owned())).chain(reasoning))
}

/// Generated text in a whole answer, beside the reasoning.
const BODY_TEXT: [&str; 7] = [
    "/choices/*/message/content",
    "/choices/*/message/content/*/text",
    "/choices/*/message/refusal",
    "/choices/*/message/tool_calls/*/function/name",
    "/choices/*/message/tool_calls/*/function/arguments",
    "/choices/*/message/function_call/arguments",
    "/choices/*/message/audio/transcript",
];

/// Generated text in a stream: the member that its event must hold, and the pointer.
const EVENT_TEXT: [(&str, &str); 7] = [
    ("content", "/choices/*/delta/content"),
    ("content", "/choices/*/delta/content/*/text"),
    ("refusal", "/choices/*/delta/refusal"),
    ("tool_calls", "/choices/*/delta/tool_calls/*/function/name"),
    ("tool_calls", "/choices/*/delta/tool_calls/*/function/arguments"),
    ("function_call", "/choices/*/delta/function_call/arguments"),
    ("transcript", "/choices/*/delta/audio/transcript"),
];

/// The prompt's text in a request.
const PROMPT_TEXT: [&str; 12] = [
    "/messages/*/content",
    "/messages/*/content/*/text",
    "/messages/*/content/*/refusal",
    "/messages/*/name",
    "/messages/*/tool_calls/*/function/name",
    "/messages/*/tool_calls/*/function/arguments",
    "/tools/*/function/name",
    "/tools/*/function/description",
    "/tools/*/function/parameters/description",
    "/tools/*/function/parameters/properties/*/description",
    "/response_format/json_schema/name",
    "/response_format/json_schema/description",
];
