//! Realtime: `openai.realtime`. Sockets are not forwarded; what is read is usage that is handed in: one `response.done` event as a whole
//! answer, or the events of a session as a stream.
//!
//! Every `response.done` is billed for itself, so those of a session are added up; they are answers of their own, not states of one
//! (metering rule 22 is about those). Cached tokens stand inside the input, modality by modality, and reasoning inside the text of the
//! output: each is taken out once (rules 6 and 8).

use weighbridge_plugin::{
    adapter::{Combine, EventFilter, Fact, FactRule, Plan, Quantity, UsageReading},
    facts::Facts,
};

use crate::{
    config::{Config, Dialect},
    plan::{passing, strings},
    reading,
    tokens::Counts,
};

/// The facts by name, below `/response/usage`.
const FACTS: [(&str, &str); 13] = [
    ("input", "/input_tokens"),
    ("input_audio", "/input_token_details/audio_tokens"),
    ("input_image", "/input_token_details/image_tokens"),
    ("cached", "/input_token_details/cached_tokens"),
    ("cached_text", "/input_token_details/cached_tokens_details/text_tokens"),
    ("cached_audio", "/input_token_details/cached_tokens_details/audio_tokens"),
    ("cached_image", "/input_token_details/cached_tokens_details/image_tokens"),
    ("output", "/output_tokens"),
    ("output_audio", "/output_token_details/audio_tokens"),
    ("output_image", "/output_token_details/image_tokens"),
    ("reasoning", "/output_token_details/reasoning_tokens"),
    ("reasoning", "/output_token_details/text_tokens_details/reasoning_tokens"),
    ("total", "/total_tokens"),
];

/// Where the model is named: by the session's own events, for most responses are silent about it.
const MODELS: [&str; 2] = ["/response/model", "/session/model"];

/// A modality of the input: what it is called fresh and cached, and the fact of its cached part.
const PARTS: [(&str, &str, &str); 3] =
    [("input", "cache_read", "cached_text"), ("input_audio", "cache_read_audio", "cached_audio"), ("input_image", "cache_read_image", "cached_image")];

/// The plan for what is handed in: there is no request, and no path.
pub fn plan(config: &Config) -> Plan {
    let done = EventFilter::containing([r#""response.done""#]);
    let fact = |(name, pointer): (&str, &str)| FactRule::body(name, format!("/response/usage{pointer}"));
    let model = |pointer: &&str| FactRule::body("model", *pointer);
    let whole = || FACTS.map(fact).into_iter();
    let summed = whole().map(|rule| FactRule { events: Some(done.clone()), combine: Combine::Sum, ..rule });
    Plan {
        body_facts: whole().chain(MODELS.iter().map(model)).collect(),
        event_facts: summed.chain(MODELS.iter().map(model)).collect(),
        // A session has no last event; without any report it was cut off.
        finish: strings(&["input", "output", "total"]),
        ..passing(config, Dialect::Realtime, &[])
    }
}

/// Facts to quantities.
pub fn read_usage(config: &Config, facts: &[Fact]) -> UsageReading {
    let mut facts = Facts::new(facts);
    let mut reading = reading::begin(&mut facts);
    let counts = Counts::read(&mut facts);
    counts.leaves(config, &mut facts, &mut reading.quantities);
    let cached = PARTS.map(|(_, _, fact)| facts.count(fact));
    if let Some(all) = counts.input
        && cached.iter().any(Option::is_some)
    {
        let input = input_by_modality(all, &counts, cached, &mut facts);
        reading.quantities.retain(|quantity| !matches!(quantity.meter.as_str(), "input" | "input_audio" | "input_image" | "cache_read"));
        reading.quantities.splice(..0, input);
    }
    reading::finish(config, facts, reading)
}

/// The input where the cached part is told by modality: each without what was cached of it.
fn input_by_modality(all: u64, counts: &Counts, cached: [Option<u64>; 3], facts: &mut Facts<'_>) -> Vec<Quantity> {
    let audio = counts.modalities[0].unwrap_or(0).min(all);
    let image = counts.modalities[1].unwrap_or(0).min(all - audio);
    let told: u64 = cached.iter().flatten().fold(0, |sum, part| sum.saturating_add(*part));
    if counts.cached.is_some_and(|sum| sum != told) {
        let _: Option<()> = facts.doubt("cached_details_disagree");
    }
    let (mut fresh, mut read) = (Vec::new(), Vec::new());
    for (((fresh_meter, cached_meter, _), whole), cached) in PARTS.into_iter().zip([all - audio - image, audio, image]).zip(cached) {
        let part = facts.at_most(cached.unwrap_or(0), whole, "cached_exceeds_prompt");
        // Zeros of text are a report; other modalities that were not used are left out.
        let is_text = fresh_meter == "input";
        fresh.extend((is_text || whole > part).then(|| Quantity::new(fresh_meter, whole - part)));
        read.extend((is_text || part > 0).then(|| Quantity::new(cached_meter, part)));
    }
    fresh.extend(read);
    fresh
}
