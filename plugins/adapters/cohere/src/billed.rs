//! From Cohere's `billed_units` to quantities.
//!
//! `tokens` stands beside `billed_units` and holds what the model saw, its own preamble included: information, never a quantity
//! (metering rule 7). Reasoning is told there only, so it is not told apart from the output.

use weighbridge_plugin::{
    Decimal,
    adapter::{Fact, Quantity, UsageReading},
    facts::Facts,
};

/// The units as Cohere names them.
pub const UNITS: [&str; 8] = ["input_tokens", "output_tokens", "search_units", "images", "image_tokens", "text_tokens", "classifications", "pages"];

/// The meters of the units that are no text. One that was not used is left out.
const OTHERS: [(&str, &str); 4] = [("image_tokens", "input_image"), ("images", "images"), ("classifications", "classifications"), ("pages", "pages")];

/// Facts to quantities.
pub fn read_usage(facts: &[Fact]) -> UsageReading {
    let mut facts = Facts::new(facts);
    let mut quantities = Vec::new();
    let mut add = |meter: &str, value: Option<Decimal>| quantities.extend(value.map(|value| Quantity::new(meter, value)));
    add("input", input(&mut facts).map(Into::into));
    add("output", facts.count("output_tokens").map(Into::into));
    add("search_units", facts.number("search_units"));
    for (unit, meter) in OTHERS {
        add(meter, facts.number(unit).filter(|value| !value.is_zero()));
    }
    if facts.count("cached_tokens").is_some_and(|cached| cached > 0) {
        // Whether what was read from the cache is billed for less, the report does not say.
        let _: Option<()> = facts.doubt("cached_tokens_not_billed_apart");
    }
    UsageReading { quantities, doubts: facts.doubts, ..UsageReading::default() }
}

/// Text. Where a report has the sum of text and images as well as both parts, the part.
fn input(facts: &mut Facts<'_>) -> Option<u64> {
    let (input, text, image) = (facts.count("input_tokens"), facts.count("text_tokens"), facts.count("image_tokens"));
    match (input, text) {
        (Some(input), Some(text)) if input == text.saturating_add(image.unwrap_or(0)) => Some(text),
        (input, text) => input.or(text),
    }
}
