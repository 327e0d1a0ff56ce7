//! From usageMetadata to disjoint quantities.
//!
//! The prompt's count has the cached part in it and not what tools put there; thinking stands beside what was generated, unless
//! the total says that it is inside (metering rule 4). Details by modality have the cached part in them, and details of the
//! cache take it out again (metering rule 6).

pub mod counts;
pub mod grounding;
pub mod interactions;
pub mod modality;

use weighbridge_plugin::{
    adapter::{Fact, Quantity, StatedCost, UsageReading},
    facts::Facts,
};

use crate::config::Config;
use counts::{Counts, Makeup};
use grounding::Tools;
use modality::Modalities;

/// Meters of fresh, cached and generated media: audio, image, video.
const INPUT: [&str; 3] = ["input_audio", "input_image", "input_video"];
const CACHE_READ: [&str; 3] = ["cache_read_audio", "cache_read_image", "cache_read_video"];
const OUTPUT: [&str; 3] = ["output_audio", "output_image", "output_video"];
/// What a search put into the prompt: reported, and not billed as input.
const GROUNDING: &str = "input_grounding";

/// Facts of generateContent, or of an embedding, which generates nothing, to quantities.
pub fn read(config: &Config, generates: bool, facts: &[Fact]) -> UsageReading {
    let mut facts = Facts::new(facts);
    let served_model = facts.text("model_version");
    let by_field = Counts::of(&mut facts);
    let whole = facts.json("usage_metadata").and_then(|json| serde_json::from_str(json).ok());
    let counts = by_field.or_whole(whole);
    if counts != by_field {
        let _: Option<()> = facts.doubt("usage_went_back");
    }
    let tools = Tools::of(&mut facts);
    let mut quantities = Vec::new();
    if counts.are_reported() {
        let free = tools.prompt_is_free(&mut facts);
        quantities = leaves(&counts, free, generates, &mut facts);
        let by_prompt = served_model.as_deref().is_some_and(|model| config.pays_by_prompt(model));
        quantities.extend(tools.fees(by_prompt, &mut facts));
    } else if facts.json("block_reason").is_some() && facts.json("usage_metadata").is_some() {
        // The prompt was refused before any model saw it, and the report of its usage is empty.
        let _: Option<()> = facts.doubt("prompt_blocked");
        quantities.push(("input", 0));
    }
    let stated_cost = facts.number("stated_cost").map(|amount| StatedCost { amount, currency: "USD".into() });
    let service_tier = tier(&mut facts);
    UsageReading { quantities: as_quantities(quantities), served_model, service_tier, stated_cost, doubts: facts.doubts, ..UsageReading::default() }
}

fn as_quantities(list: Vec<(&'static str, u64)>) -> Vec<Quantity> {
    list.into_iter().map(|(meter, count)| Quantity::new(meter, count)).collect()
}

/// The tier that served the request (metering rule 16): `serviceTier` at the Gemini API, `trafficType` at the cloud.
fn tier(facts: &mut Facts<'_>) -> Option<String> {
    match facts.json("traffic_type") {
        // As a number, where the client asked for enums so.
        Some("1") => Some("ON_DEMAND".into()),
        Some("2") => Some("PROVISIONED_THROUGHPUT".into()),
        Some(number) if number.starts_with(|c: char| c.is_ascii_digit()) => facts.doubt("unknown_traffic_type"),
        _ => facts.text("traffic_type").or_else(|| facts.text("served_tier")),
    }
}

fn leaves(counts: &Counts, tool_prompt_is_free: bool, generates: bool, facts: &mut Facts<'_>) -> Vec<(&'static str, u64)> {
    let makeup = counts.makeup();
    match makeup {
        Makeup::Contradictory => facts.doubt("total_mismatch").unwrap_or_default(),
        Makeup::ToolPromptInside => facts.doubt("tool_prompt_inside_prompt").unwrap_or_default(),
        Makeup::Beside | Makeup::ThoughtsInside => {}
    }
    let mut leaves = inputs(counts, makeup, tool_prompt_is_free, facts);
    if generates {
        leaves.extend(outputs(counts, facts));
    }
    leaves
}

fn inputs(counts: &Counts, makeup: Makeup, tool_prompt_is_free: bool, facts: &mut Facts<'_>) -> Vec<(&'static str, u64)> {
    let tool = counts.tool_prompt.unwrap_or(0);
    let Some(prompt) = counts.prompt.or(counts.tool_prompt.map(|_| 0)) else {
        let _: Option<()> = facts.doubt("input_not_reported");
        // Numbers that are zero are left out on this wire: a report that tells its output and is silent on the prompt says zero. It
        // is doubted all the same, and a prompt that is there and cannot be read is not taken for none.
        let silent = facts.json("prompt").is_none() && counts.candidates.unwrap_or(0) + counts.thoughts.unwrap_or(0) > 0;
        return silent.then_some(("input", 0)).into_iter().collect();
    };
    let tool_inside = makeup == Makeup::ToolPromptInside;
    let own = if tool_inside { prompt - tool } else { prompt };
    let cached = facts.at_most(counts.cached.unwrap_or(0), prompt, "cached_exceeds_prompt");
    let (mut fresh, read) = cache_by_modality(own.max(cached), cached, facts);
    let mut grounding = None;
    if tool_prompt_is_free {
        grounding = (tool > 0).then_some((GROUNDING, tool));
    } else if tool > 0 {
        let details = Modalities::of(facts, "tool_details").unwrap_or_default();
        fresh = fresh.plus(&details.within(tool));
    }
    let mut meters = fresh.meters("input", INPUT);
    meters.extend(counts.cached.map(|_| read.meters("cache_read", CACHE_READ)).unwrap_or_default());
    meters.extend(grounding);
    meters
}

/// The prompt's fresh part and its cached part, by modality (metering rule 6).
fn cache_by_modality(prompt: u64, cached: u64, facts: &mut Facts<'_>) -> (Modalities, Modalities) {
    let told = Modalities::of(facts, "prompt_details").unwrap_or_default();
    if told.sum() > prompt {
        let _: Option<()> = facts.doubt("prompt_details_exceed_prompt");
    }
    let all = told.within(prompt);
    if cached == 0 {
        return (all, Modalities::default());
    }
    let Some(read) = Modalities::of(facts, "cached_details") else {
        // The cache is not told apart: each modality gets of the fresh part what it can have, and the cached part is one.
        if all.has_media() {
            let _: Option<()> = facts.doubt("cached_modalities_not_reported");
        }
        return (all.within(prompt - cached), Modalities { text: cached, ..Modalities::default() });
    };
    let read_within = read.within(cached);
    let fresh = all.less(&read_within);
    if read.sum() != cached || fresh.sum() != prompt - cached {
        let _: Option<()> = facts.doubt("cached_details_disagree");
        return (all.within(prompt - cached), read_within);
    }
    (fresh, read_within)
}

fn outputs(counts: &Counts, facts: &mut Facts<'_>) -> Vec<(&'static str, u64)> {
    let mut meters = Vec::new();
    if let Some(visible) = counts.visible() {
        let told = Modalities::of(facts, "candidates_details").unwrap_or_default();
        if told.sum() > visible.saturating_add(counts.thoughts.unwrap_or(0)) {
            let _: Option<()> = facts.doubt("candidates_details_exceed_candidates");
        }
        meters = told.within(visible).meters("output", OUTPUT);
    } else if counts.thoughts.is_none() {
        // A stream that broke off: what was generated is for a counter to say.
        let _: Option<()> = facts.doubt("output_not_reported");
    }
    meters.extend(counts.thoughts.map(|thoughts| ("reasoning", thoughts)));
    meters
}
