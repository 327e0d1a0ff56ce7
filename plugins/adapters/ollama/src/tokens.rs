//! From Ollama's counts to disjoint quantities.
//!
//! What was read from the cache is inside the prompt's count and taken out of it, once; older versions do not tell it, and leave
//! the prompt's count out where all of it was cached. In messages it stands beside the fresh input, and nothing is taken out.

use weighbridge_plugin::{
    adapter::{Fact, Quantity, UsageReading},
    facts::Facts,
};

use crate::{compatible, native};

/// Facts to quantities.
pub fn read_usage(dialect: &str, facts: &[Fact]) -> UsageReading {
    let mut facts = Facts::new(facts);
    let (prompt, cached, output) = (facts.count("input"), facts.count("cached"), facts.count("output"));
    let clipped = prompt.map(|prompt| facts.at_most(cached.unwrap_or(0), prompt, "cached_exceeds_prompt"));
    let input = prompt.zip(clipped).map(|(prompt, cached)| prompt - cached).or_else(|| facts.count("fresh"));
    let cache_read = cached.and(clipped).or_else(|| facts.count("cache_read"));
    let generates = !matches!(dialect, native::EMBED | compatible::EMBEDDINGS);
    match (input, output) {
        (None, Some(_)) => facts.doubt("input_not_reported").unwrap_or_default(),
        (Some(_), None) if generates => facts.doubt("output_not_reported").unwrap_or_default(),
        _ => {}
    }
    let leaves = [("input", input), ("cache_read", cache_read), ("output", output)];
    UsageReading {
        quantities: leaves.into_iter().filter_map(|(meter, tokens)| Some(Quantity::new(meter, tokens?))).collect(),
        served_model: facts.text("model"),
        doubts: facts.doubts,
        ..UsageReading::default()
    }
}
