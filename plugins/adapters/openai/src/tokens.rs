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
    config::{Config, Standing},
    reading,
};

/// Parts of the input by modality, and what is doubted where one exceeds it.
const INPUTS: [(&str, &str); 3] =
    [("input_audio", "input_audio_exceeds_prompt"), ("input_image", "input_image_exceeds_prompt"), ("input_video", "input_video_exceeds_prompt")];
/// The same of the output.
const OUTPUTS: [(&str, &str); 2] = [("output_audio", "output_audio_exceeds_completion"), ("output_image", "output_image_exceeds_completion")];

/// Facts to quantities, for chat, completions and embeddings.
pub fn read_usage(config: &Config, facts: &[Fact]) -> UsageReading {
    let mut facts = Facts::new(facts);
    let mut reading = reading::begin(&mut facts);
    Counts::read(&mut facts).leaves(config, &mut facts, &mut reading.quantities);
    if !config.cache_writes.0.is_empty() {
        let parts = config.cache_writes.0.iter().map(|part| (part.name.as_str(), part.fact.as_str()));
        split_cache_writes(parts, &mut facts, &mut reading.quantities);
    }
    reading::finish(config, facts, reading)
}

/// Splits the cache writes by their time to live, where that is reported; what is left over has the default.
pub fn split_cache_writes<'a>(parts: impl Iterator<Item = (&'a str, &'a str)>, facts: &mut Facts<'_>, quantities: &mut Vec<Quantity>) {
    let Some(at) = quantities.iter().position(|quantity| quantity.meter == "cache_write") else { return };
    let mut left = u64::try_from(quantities[at].value).unwrap_or(0);
    quantities.remove(at);
    let mut leaves = Vec::new();
    for (meter, fact) in parts {
        let reported = facts.count(fact).unwrap_or(0);
        let part = facts.at_most(reported, left, "cache_write_details_exceed_total");
        left -= part;
        push(&mut leaves, meter, (part > 0).then_some(part));
    }
    push(&mut leaves, "cache_write", (left > 0).then_some(left));
    quantities.splice(at..at, leaves);
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
    pub modalities: [Option<u64>; 3],
    /// All output.
    pub output: Option<u64>,
    /// Reasoning.
    pub reasoning: Option<u64>,
    /// Of the output, audio and image.
    pub output_modalities: [Option<u64>; 2],
    /// Input and output.
    pub total: Option<u64>,
}

impl Counts {
    /// Reads the facts by the names that the plans give them.
    pub fn read(facts: &mut Facts<'_>) -> Self {
        let (mut input, mut output, total) = (facts.count("input"), facts.count("output"), facts.count("total"));
        let (mut cached, miss) = (facts.count("cached"), facts.count("cache_miss"));
        if cached.is_none() {
            cached = facts.count("cached_unsure");
            if cached.is_some() {
                let _: Option<()> = facts.doubt("cached_unsure");
            }
        }
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
            modalities: INPUTS.map(|(meter, _)| facts.count(meter)),
            output,
            reasoning: facts.count("reasoning"),
            output_modalities: OUTPUTS.map(|(meter, _)| facts.count(meter)),
            total,
        }
    }

    /// Whether there is a report at all.
    pub fn is_reported(&self) -> bool {
        self.input.is_some() || self.output.is_some()
    }

    /// The disjoint quantities; none where nothing was reported.
    pub fn leaves(&self, config: &Config, facts: &mut Facts<'_>, quantities: &mut Vec<Quantity>) {
        if !self.is_reported() {
            return;
        }
        quantities.reserve(6);
        let input = self.input_leaves(config, facts, quantities);
        let output = self.output_leaves(config.reasoning, facts, quantities);
        // A total that leaves out what the provider is known to report beside it does not contradict it.
        let as_reported = self.input.zip(self.output).map(|(input, output)| input + output);
        if let (Some(total), Some(input), Some(output)) = (self.total, input, output)
            && total != input + output
            && Some(total) != as_reported
        {
            let _: Option<()> = facts.doubt("total_disagrees");
        }
    }

    /// Whether a part is not within the whole that it seems to belong to.
    fn is_beside(&self, standing: Standing, part: u64) -> bool {
        let gap = || self.total?.checked_sub(self.input?)?.checked_sub(self.output?);
        match standing {
            Standing::Inside => false,
            Standing::Beside => true,
            Standing::Auto => part > 0 && gap() == Some(part),
        }
    }

    /// Input without what was cached; cached and written tokens are taken out once (metering rule 1). Gives all of it.
    fn input_leaves(&self, config: &Config, facts: &mut Facts<'_>, quantities: &mut Vec<Quantity>) -> Option<u64> {
        let Some(mut all) = self.input else { return facts.doubt("input_not_reported") };
        let (cached, written) = (self.cached.unwrap_or(0), self.cache_write.unwrap_or(0));
        if self.is_beside(config.cache, cached + written) {
            all += cached + written;
        } else if self.is_beside(config.audio, self.modalities[0].unwrap_or(0)) {
            all += self.modalities[0].unwrap_or(0);
        }
        let cached = facts.at_most(cached, all, "cached_exceeds_prompt");
        let written = facts.at_most(written, all - cached, "cache_write_exceeds_prompt");
        let mut left = all - cached - written;
        let mut fresh = [0; 3];
        for ((fresh, reported), (_, doubt)) in fresh.iter_mut().zip(self.modalities).zip(INPUTS) {
            // What overlaps with the cached part was read from the cache (metering rule 6).
            *fresh = facts.at_most(reported.unwrap_or(0), all, doubt).min(left);
            left -= *fresh;
        }
        push(quantities, "input", Some(left));
        for ((meter, _), fresh) in INPUTS.into_iter().zip(fresh) {
            push(quantities, meter, (fresh > 0).then_some(fresh));
        }
        push(quantities, "cache_read", self.cached.map(|_| cached));
        push(quantities, "cache_write", (written > 0).then_some(written));
        Some(all)
    }

    /// Output without reasoning and other modalities. Gives all of it; embeddings have none, and where there should be some it
    /// is for whoever counts to know.
    fn output_leaves(&self, reasoning_stands: Standing, facts: &mut Facts<'_>, quantities: &mut Vec<Quantity>) -> Option<u64> {
        let mut all = self.output?;
        let reasoning = self.reasoning.unwrap_or(0);
        if self.is_beside(reasoning_stands, reasoning) {
            all += reasoning;
        }
        let reasoning = facts.at_most(reasoning, all, "reasoning_exceeds_completion");
        let mut left = all - reasoning;
        let mut parts = [0; 2];
        for ((part, reported), (_, doubt)) in parts.iter_mut().zip(self.output_modalities).zip(OUTPUTS) {
            *part = facts.at_most(reported.unwrap_or(0), left, doubt);
            left -= *part;
        }
        push(quantities, "output", Some(left));
        push(quantities, "reasoning", self.reasoning.map(|_| reasoning));
        for ((meter, _), part) in OUTPUTS.into_iter().zip(parts) {
            push(quantities, meter, (part > 0).then_some(part));
        }
        Some(all)
    }
}

/// A leaf that is known. A reported zero is kept for text, cache reads and reasoning; a modality that was not used, and is
/// reported as zero by everybody on every call, is left out.
fn push(quantities: &mut Vec<Quantity>, meter: &str, value: Option<u64>) {
    quantities.extend(value.map(|value| Quantity::new(meter, value)));
}
