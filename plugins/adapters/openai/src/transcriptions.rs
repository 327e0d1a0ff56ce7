//! Transcription and translation of speech: `openai.transcriptions`, `openai.translations`.
//!
//! Usage is tokens or seconds, as `usage.type` says, under OpenAI's names for it or those of chat. Where there is none, the
//! recording's `duration` in a verbose answer is what was used.

use weighbridge_plugin::{
    adapter::{EventFilter, Fact, Plan, Quantity, UsageReading},
    facts::Facts,
};

use crate::{
    config::{Config, Dialect},
    plan::{Rules, event_texts, passing, strings},
    reading,
    tokens::Counts,
};

/// The facts by name; of several pointers the first that is there counts.
const FACTS: [(&str, &str); 12] = [
    ("input", "/usage/input_tokens"),
    ("input", "/usage/prompt_tokens"),
    ("cached", "/usage/input_token_details/cached_tokens"),
    ("cached", "/usage/prompt_tokens_details/cached_tokens"),
    ("input_audio", "/usage/input_token_details/audio_tokens"),
    ("input_audio", "/usage/prompt_tokens_details/audio_tokens"),
    ("output", "/usage/output_tokens"),
    ("output", "/usage/completion_tokens"),
    ("total", "/usage/total_tokens"),
    ("seconds", "/usage/seconds"),
    ("duration", "/duration"),
    ("service_tier", "/usage/service_tier"),
];

/// How the event that ends a stream begins.
const DONE: [&str; 3] = [r#"{"type":"transcript.text.done""#, r#"{"type": "transcript.text.done""#, "[DONE]"];

/// The plan for transcriptions and translations.
pub fn plan(config: &Config, dialect: Dialect) -> Plan {
    let read = |mut rules: Rules| {
        FACTS.iter().for_each(|(name, pointer)| rules.add(name, pointer));
        rules.names(config);
        rules.also(config);
        rules.list
    };
    Plan {
        body_facts: read(Rules::body()),
        event_facts: read(Rules::events(EventFilter::containing([r#""usage""#]))),
        body_text: strings(&["/text"]),
        event_text: event_texts([("transcript.text.delta", "/delta".into())]),
        prompt_text: strings(&["/prompt"]),
        terminal: Some(EventFilter::containing(DONE)),
        failure: Some(EventFilter::containing([r#""type":"error""#, r#""type": "error""#])),
        ..passing(config, dialect, &["/model"])
    }
}

/// Facts to quantities. Decimals of seconds are kept.
pub fn read_usage(config: &Config, facts: &[Fact]) -> UsageReading {
    let mut facts = Facts::new(facts);
    let mut reading = reading::begin(&mut facts);
    Counts::read(&mut facts).leaves(config, &mut facts, &mut reading.quantities);
    reading.quantities.extend(facts.number("seconds").map(|seconds| Quantity::new("audio_seconds", seconds)));
    reading::also(config, &mut facts, &mut reading);
    if reading.quantities.is_empty() {
        reading.quantities.extend(facts.number("duration").map(|seconds| Quantity::new("audio_seconds", seconds)));
    }
    reading.doubts = facts.doubts;
    reading
}
