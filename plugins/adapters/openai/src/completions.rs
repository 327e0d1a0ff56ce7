//! Completions of a text, the older shape: `openai.completions`.

use weighbridge_plugin::adapter::{Combine, HideRule, Plan};

use crate::{
    config::{Config, Dialect},
    plan::{done, event_texts, facts, failure_events, finish, last_choices, names, passing, strings, usage_events},
};

/// The plan for completions. Usage stands where chat has it.
pub fn plan(config: &Config) -> Plan {
    let mut event_facts = facts(config, Some(usage_events(config)));
    event_facts.extend(names(config, last_choices(), Combine::Last));
    let finish = finish(config);
    Plan {
        finish: finish.iter().map(|fact| fact.name.clone()).collect(),
        body_facts: facts(config, None),
        event_facts: event_facts.into_iter().chain(finish).collect(),
        body_text: strings(&["/choices/*/text"]),
        event_text: event_texts([("text", "/choices/*/text".into())]),
        prompt_text: strings(&["/prompt", "/prompt/*", "/suffix"]),
        terminal: done(config),
        failure: Some(failure_events()),
        hide: Some(HideRule { events: usage_events(config), pointer: "/choices".into(), equals: "[]".into() }),
        ..passing(config, Dialect::Completions, &["/model", "/stream_options"])
    }
}
