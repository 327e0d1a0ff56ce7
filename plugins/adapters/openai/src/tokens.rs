//! From OpenAI's usage object to disjoint quantities.
//!
//! `prompt_tokens` holds cached, written and audio tokens; `completion_tokens` holds reasoning, audio and predicted ones
//! (accepted and rejected predictions are billed as the output that they are part of, so they are not read at all). Each part is
//! taken out of its whole once. What does not add up is clipped and doubted: a quantity is never negative.

use weighbridge_plugin::{
    adapter::{Fact, Quantity, UsageReading},
    facts::Facts,
};

use crate::{
    config::{Config, Reasoning},
    plan::meter_fact,
};

/// Facts to quantities, for chat, completions and embeddings.
pub fn read_usage(config: &Config, facts: &[Fact]) -> UsageReading {
    let mut facts = Facts::new(facts);
    let counts = Counts::read(&mut facts);
    let mut reading = UsageReading { served_model: facts.text("model"), ..UsageReading::default() };
    reading.service_tier = service_tier(&mut facts);
    if counts.is_reported() {
        reading.quantities.extend(counts.input_leaves(&mut facts));
        reading.quantities.extend(counts.output_leaves(config.reasoning, &mut facts));
    }
    for meter in config.meters.keys() {
        let value = facts.number(&meter_fact(meter));
        reading.quantities.extend(value.filter(|value| !value.is_zero()).map(|value| Quantity::new(meter.as_str(), value)));
    }
    reading.doubts = facts.doubts;
    reading
}

/// The tier that served the request (metering rule 16). `auto` is what a request says; as an answer it is no tier.
pub fn service_tier(facts: &mut Facts<'_>) -> Option<String> {
    match facts.text("service_tier") {
        Some(tier) if tier == "auto" => facts.doubt("service_tier_auto"),
        tier => tier,
    }
}

/// What the answer reports; `None`: it does not say.
#[derive(Debug, Clone, Copy)]
pub struct Counts {
    /// All input.
    pub input: Option<u64>,
    /// Of it, read from a cache.
    pub cached: Option<u64>,
    /// Of it, written to a cache.
    pub cache_write: Option<u64>,
    /// Of it, audio, image and video.
    pub modalities: [(&'static str, Option<u64>); 3],
    /// All output.
    pub output: Option<u64>,
    /// Reasoning.
    pub reasoning: Option<u64>,
    /// Of the output, audio and image.
    pub output_modalities: [(&'static str, Option<u64>); 2],
    /// Input and output.
    pub total: Option<u64>,
}

impl Counts {
    /// Reads the facts by the names that the plans give them.
    pub fn read(facts: &mut Facts<'_>) -> Self {
        let (mut input, mut output, total) = (facts.count("input"), facts.count("output"), facts.count("total"));
        let (mut cached, miss) = (facts.count("cached"), facts.count("cache_miss"));
        // A provider that reports hits and misses may leave out their sum, or one of them.
        input = input.or_else(|| Some(cached? + miss?));
        cached = cached.or_else(|| Some(input?.saturating_sub(miss?)));
        if let (Some(total), None) = (total, output) {
            output = input.and_then(|input| total.checked_sub(input)).filter(|output| *output > 0);
        }
        Self {
            input,
            cached,
            cache_write: facts.count("cache_write"),
            modalities: ["input_audio", "input_image", "input_video"].map(|name| (name, facts.count(name))),
            output,
            reasoning: facts.count("reasoning"),
            output_modalities: ["output_audio", "output_image"].map(|name| (name, facts.count(name))),
            total,
        }
    }

    fn is_reported(&self) -> bool {
        self.input.is_some() || self.output.is_some()
    }

    /// Input without what was cached; cached and written tokens are taken out once (metering rule 1).
    pub fn input_leaves(&self, facts: &mut Facts<'_>) -> Vec<Quantity> {
        let Some(all) = self.input else { return facts.doubt("input_not_reported").into_iter().collect() };
        let cached = facts.at_most(self.cached.unwrap_or(0), all, "cached_exceeds_prompt");
        let written = facts.at_most(self.cache_write.unwrap_or(0), all - cached, "cache_write_exceeds_prompt");
        let mut left = all - cached - written;
        let mut leaves = Vec::new();
        for (meter, reported) in self.modalities {
            // What overlaps with the cached part was read from the cache (metering rule 6).
            let reported = facts.at_most(reported.unwrap_or(0), all, &format!("{meter}_exceeds_prompt"));
            let fresh = reported.min(left);
            left -= fresh;
            leaves.push((meter, (fresh > 0).then_some(fresh)));
        }
        leaves.insert(0, ("input", Some(left)));
        leaves.push(("cache_read", self.cached.map(|_| cached)));
        leaves.push(("cache_write", (written > 0).then_some(written)));
        quantities(leaves)
    }

    /// Output without reasoning and audio.
    pub fn output_leaves(&self, mode: Reasoning, facts: &mut Facts<'_>) -> Vec<Quantity> {
        let Some(reported) = self.output else {
            // Embeddings have none; where there should be some, it is for whoever counts to know.
            return Vec::new();
        };
        let reasoning = self.reasoning.unwrap_or(0);
        let beside = match mode {
            Reasoning::Beside => true,
            Reasoning::Inside => false,
            Reasoning::Auto => reasoning > 0 && self.total.zip(self.input).is_some_and(|(total, input)| input + reported + reasoning == total),
        };
        let all = if beside { reported + reasoning } else { reported };
        let reasoning = facts.at_most(reasoning, all, "reasoning_exceeds_completion");
        let mut left = all - reasoning;
        let mut leaves = vec![("reasoning", self.reasoning.map(|_| reasoning))];
        for (meter, reported) in self.output_modalities {
            let part = facts.at_most(reported.unwrap_or(0), left, &format!("{meter}_exceeds_completion"));
            left -= part;
            leaves.push((meter, (part > 0).then_some(part)));
        }
        leaves.insert(0, ("output", Some(left)));
        if let Some((total, input)) = self.total.zip(self.input)
            && total != input + all
        {
            let _: Option<()> = facts.doubt("total_disagrees");
        }
        quantities(leaves)
    }
}

/// The leaves that are known. A reported zero is kept for text, cache reads and reasoning; a modality that was not used, and
/// is reported as zero by everybody on every call, is left out.
fn quantities(leaves: Vec<(&'static str, Option<u64>)>) -> Vec<Quantity> {
    leaves.into_iter().filter_map(|(meter, value)| Some(Quantity::new(meter, value?))).collect()
}
