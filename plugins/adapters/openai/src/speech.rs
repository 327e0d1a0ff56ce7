//! Speech of a text: `openai.speech`.
//!
//! The answer is audio and reports nothing: the characters of the request are counted. Models that bill by tokens report them
//! in the last event of a stream, `speech.audio.done`.

use weighbridge_plugin::{
    adapter::{EventFilter, Fact, FactRule, Plan, Quantity, UsageReading},
    facts::Facts,
};

use crate::{
    config::{Config, Dialect},
    plan::{Rules, passing},
    reading,
};

/// How the event that ends a stream begins.
const DONE: [&str; 3] = [r#"{"type":"speech.audio.done""#, r#"{"type": "speech.audio.done""#, "[DONE]"];

/// The plan for speech. The text is not named as the prompt's: it is counted here, in characters.
pub fn plan(config: &Config) -> Plan {
    let mut rules = Rules::events(EventFilter::containing([r#""input_tokens""#]));
    rules.add("input", "/usage/input_tokens");
    rules.add("output", "/usage/output_tokens");
    rules.also(config);
    Plan {
        event_facts: rules.list,
        request_facts: vec![FactRule::body("text", "/input")],
        terminal: Some(EventFilter::containing(DONE)),
        failure: Some(EventFilter::containing([r#""type":"error""#, r#""type": "error""#])),
        ..passing(config, Dialect::Speech, &["/model"])
    }
}

/// Facts to quantities: what was reported, else the characters that were spoken.
pub fn read_usage(config: &Config, facts: &[Fact]) -> UsageReading {
    let mut facts = Facts::new(facts);
    let mut reading = reading::begin(&mut facts);
    let reported = [("input", facts.count("input")), ("output_audio", facts.count("output"))];
    reading.quantities.extend(reported.into_iter().filter_map(|(meter, tokens)| Some(Quantity::new(meter, tokens?))));
    if reading.quantities.is_empty() {
        match facts.json("text").map(serde_json::from_str::<String>) {
            Some(Ok(text)) => reading.counted.push(Quantity::new("characters", text.chars().count() as u64)),
            _ => facts.doubt("spoken_text_unknown").unwrap_or_default(),
        }
    }
    reading::finish(config, facts, reading)
}
