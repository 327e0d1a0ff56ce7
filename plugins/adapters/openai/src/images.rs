//! Images: `openai.images` and `openai.image_edits`.
//!
//! Models that bill by tokens report them; without details all output is image. Of the others the images are counted: the
//! addresses in the answer, or as many as were asked for where the answer holds the images themselves.

use weighbridge_plugin::{
    adapter::{Combine, EventFilter, Fact, FactRule, Plan, Quantity, UsageReading},
    facts::Facts,
};

use crate::{
    config::{Config, Dialect},
    plan::{Rules, passing, strings},
    reading,
    tokens::Counts,
};

/// The usage facts by name.
const FACTS: [(&str, &str); 8] = [
    ("input", "/usage/input_tokens"),
    ("cached", "/usage/input_tokens_details/cached_tokens"),
    ("input_image", "/usage/input_tokens_details/image_tokens"),
    ("output", "/usage/output_tokens"),
    ("output_text", "/usage/output_tokens_details/text_tokens"),
    ("total", "/usage/total_tokens"),
    ("size", "/size"),
    ("quality", "/quality"),
];

/// The events that end a stream.
const ENDS: [&str; 3] = ["image_generation.completed", "image_edit.completed", "error"];

/// The plan for images.
pub fn plan(config: &Config, dialect: Dialect) -> Plan {
    let read = |mut rules: Rules| {
        FACTS.iter().for_each(|(name, pointer)| rules.add(name, pointer));
        rules.names(config);
        rules.also(config);
        rules.list
    };
    let mut body_facts = read(Rules::body());
    // Never the images themselves, which are as large as the answer.
    body_facts.push(FactRule { combine: Combine::All, ..FactRule::body("addresses", "/data/*/url") });
    Plan {
        body_facts,
        event_facts: read(Rules::events(EventFilter::named([ENDS[0], ENDS[1]]))),
        request_facts: [("asked", "/n"), ("asked_size", "/size"), ("asked_quality", "/quality")].map(|(name, pointer)| FactRule::body(name, pointer)).into(),
        prompt_text: strings(&["/prompt"]),
        terminal: Some(EventFilter::named(ENDS)),
        failure: Some(EventFilter::named(["error"])),
        ..passing(config, dialect, &["/model"])
    }
}

/// Facts to quantities.
pub fn read_usage(config: &Config, facts: &[Fact]) -> UsageReading {
    let mut facts = Facts::new(facts);
    let mut reading = reading::begin(&mut facts);
    let mut counts = Counts::read(&mut facts);
    let text = facts.count("output_text").unwrap_or(0);
    counts.output_modalities[1] = counts.output.map(|output| output - facts.at_most(text, output, "output_text_exceeds_output"));
    counts.leaves(config, &mut facts, &mut reading.quantities);
    // Where all output is image, a zero of text is nobody's report.
    reading.quantities.retain(|quantity| quantity.meter != "output" || !quantity.value.is_zero());
    if !counts.is_reported() {
        count(&mut facts, &mut reading);
    }
    reading::finish(config, facts, reading)
}

/// Counts the images, and keeps what their price depends on.
fn count(facts: &mut Facts<'_>, reading: &mut UsageReading) {
    let addresses = facts.json("addresses").and_then(|json| serde_json::from_str::<Vec<String>>(json).ok()).map(|list| list.len() as u64);
    let images = addresses.filter(|images| *images > 0).or_else(|| facts.count("asked")).unwrap_or(1);
    reading.counted.push(Quantity::new("images", images));
    for (name, asked) in [("size", "asked_size"), ("quality", "asked_quality")] {
        reading.dimensions.extend(facts.text(name).or_else(|| facts.text(asked)).map(|value| (name.to_owned(), value)));
    }
}
