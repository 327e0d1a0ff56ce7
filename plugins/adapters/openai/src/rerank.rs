//! Rerank: `rerank`. Providers report tokens, or the searches that they bill by, and many both names for the tokens.

use weighbridge_plugin::{
    adapter::{Fact, Framing, Plan, Quantity, UsageReading},
    facts::Facts,
};

use crate::{
    config::{Config, Dialect},
    plan::{Rules, passing, strings},
    reading,
};

/// The plan for rerank.
pub fn plan(config: &Config) -> Plan {
    let mut rules = Rules::body();
    for pointer in ["/usage/total_tokens", "/usage/prompt_tokens", "/usage/input_tokens"] {
        rules.add("input", pointer);
    }
    for pointer in ["/usage/search_units", "/meta/billed_units/search_units"] {
        rules.add("search_units", pointer);
    }
    rules.names(config);
    rules.also(config);
    Plan {
        body_facts: rules.list,
        prompt_text: strings(&["/query", "/documents/*", "/documents/*/text"]),
        framing: Framing::None,
        ..passing(config, Dialect::Rerank, &["/model"])
    }
}

/// Facts to quantities. Who bills by the search does not bill the tokens beside it.
pub fn read_usage(config: &Config, facts: &[Fact]) -> UsageReading {
    let mut facts = Facts::new(facts);
    let mut reading = reading::begin(&mut facts);
    if let Some(units) = facts.number("search_units") {
        reading.quantities.push(Quantity::new("search_units", units));
    } else if let Some(tokens) = facts.count("input") {
        reading.quantities.push(Quantity::new("input", tokens));
    }
    reading::finish(config, facts, reading)
}
