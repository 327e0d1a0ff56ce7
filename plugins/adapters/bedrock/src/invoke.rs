//! InvokeModel: what its answers used.
//!
//! A model reports usage in its family's own shape (`families`). Bedrock counts by itself too: in the headers of a whole answer, in
//! `amazon-bedrock-invocationMetrics` on the last chunk of a stream. What the model's report leaves out is taken from there, and
//! where the two differ the record is flagged.

use serde::{Deserialize, de::IgnoredAny};
use weighbridge_plugin::{
    adapter::{Fact, Quantity, UsageReading},
    facts::Facts,
};

use crate::{
    converse::latency,
    tokens::{Tokens, Ttl},
};

/// Facts to quantities.
pub fn read_usage(facts: &[Fact]) -> UsageReading {
    let mut facts = Facts::new(facts);
    let own = own(&mut facts);
    let tokens = own.completed_by(counted(&mut facts), &mut facts);
    let mut reading =
        UsageReading { served_model: facts.text("model"), service_tier: facts.text("service_tier"), dimensions: latency(&facts), ..UsageReading::default() };
    reading.dimensions.extend(facts.text("speed").filter(|speed| speed != "standard").map(|speed| ("speed".into(), speed)));
    if tokens.is_reported() {
        reading.quantities = tokens.leaves(&mut facts);
    } else {
        reading.counted = units(&mut facts);
    }
    reading.doubts = facts.doubts;
    reading
}

/// What the model reports.
fn own(facts: &mut Facts<'_>) -> Tokens {
    let tokens = Tokens {
        input: facts.count("input"),
        cache_read: facts.count("cache_read"),
        cache_write: facts.count("cache_write"),
        ttl: ttl(facts),
        output: facts.count("output"),
        thinking: facts.count("thinking"),
    };
    if tokens.is_reported() { tokens } else { chat(facts) }
}

/// Chat completions: what was cached is taken out of the prompt, once (metering rule 1).
fn chat(facts: &mut Facts<'_>) -> Tokens {
    let (prompt, cached) = (facts.count("prompt"), facts.count("cached"));
    let clipped = facts.at_most(cached.unwrap_or(0), prompt.unwrap_or(0), "cached_exceeds_prompt");
    Tokens {
        input: prompt.map(|prompt| prompt - clipped),
        cache_read: cached.map(|_| clipped),
        output: facts.count("completion"),
        thinking: facts.count("reasoning"),
        ..Tokens::default()
    }
}

/// What Bedrock counted.
fn counted(facts: &mut Facts<'_>) -> Tokens {
    Tokens {
        input: facts.count("counted_input"),
        cache_read: facts.count("counted_cache_read"),
        cache_write: facts.count("counted_cache_write"),
        output: facts.count("counted_output"),
        ..Tokens::default()
    }
}

impl Tokens {
    /// With what another report says beyond this one. Where both say something, this one counts.
    fn completed_by(self, other: Self, facts: &mut Facts<'_>) -> Self {
        let differs = |own: Option<u64>, other: Option<u64>| own.zip(other).is_some_and(|(own, other)| own != other);
        if differs(self.input, other.input) || differs(self.output, other.output) || differs(self.cache_read, other.cache_read) {
            let _: Option<()> = facts.doubt("two_counts_disagree");
        }
        Self {
            input: self.input.or(other.input),
            cache_read: self.cache_read.or(other.cache_read),
            cache_write: self.cache_write.or(other.cache_write),
            output: self.output.or(other.output),
            ..self
        }
    }
}

/// Cache writes by time to live, as messages have them.
fn ttl(facts: &mut Facts<'_>) -> Option<Ttl> {
    #[derive(Deserialize)]
    struct CacheCreation {
        ephemeral_5m_input_tokens: Option<u64>,
        ephemeral_1h_input_tokens: Option<u64>,
    }
    match serde_json::from_str::<CacheCreation>(facts.json("cache_creation")?) {
        Ok(told) => Some(Ttl { five_minutes: told.ephemeral_5m_input_tokens.unwrap_or(0), one_hour: told.ephemeral_1h_input_tokens.unwrap_or(0) }),
        Err(_) => facts.doubt("unreadable_cache_creation"),
    }
}

/// How many documents one search unit has.
const DOCUMENTS_OF_A_SEARCH_UNIT: u64 = 100;

/// The units of calls that are not billed by tokens and whose answers report none, counted by what was asked for: a ranking by
/// hundreds of documents, images by their number.
fn units(facts: &mut Facts<'_>) -> Vec<Quantity> {
    let unit = search_units(facts).map(|units| ("search_units", units)).or_else(|| Some(("images", images(facts)?)));
    unit.map(|(meter, units)| Quantity::new(meter, units)).into_iter().collect()
}

/// Of a ranking. A long list of documents is not handed on by the host; then those that the answer ranks are counted, which may
/// be fewer.
fn search_units(facts: &mut Facts<'_>) -> Option<u64> {
    let ranked = length(facts.json("ranked"))?;
    let documents = length(facts.json("documents")).or_else(|| facts.doubt("documents_counted_by_results")).unwrap_or(ranked);
    Some(documents.div_ceil(DOCUMENTS_OF_A_SEARCH_UNIT).max(1))
}

/// Generated: those with a seed of their own, or as many as were asked for, one where that was not said.
fn images(facts: &mut Facts<'_>) -> Option<u64> {
    let asked = facts.text("task").filter(|task| !task.contains("EMBEDDING"));
    length(facts.json("seeds")).or_else(|| asked.map(|_| facts.count("images").unwrap_or(1)))
}

fn length(list: Option<&str>) -> Option<u64> {
    let list: Vec<IgnoredAny> = serde_json::from_str(list?).ok()?;
    u64::try_from(list.len()).ok()
}
