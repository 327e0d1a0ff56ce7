//! The Interactions API's usage: the same quantities under other names.

use serde::Deserialize;
use weighbridge_plugin::{
    adapter::{Fact, UsageReading},
    facts::Facts,
};

use super::{as_quantities, counts::Counts, leaves};

/// What a tool was used for, and how often.
#[derive(Deserialize)]
struct Tool {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    count: Option<u64>,
}

/// Facts to quantities. The API is young: what includes what is taken from its answers' totals, not from its documentation, so
/// every reading says so.
pub fn read(facts: &[Fact]) -> UsageReading {
    let mut facts = Facts::new(facts);
    let counts = Counts::of(&mut facts);
    let (served_model, service_tier) = (facts.text("model_version"), facts.text("served_tier"));
    let mut quantities = Vec::new();
    if counts.are_reported() {
        let _: Option<()> = facts.doubt("inclusion_not_documented");
        let fees = fees(&mut facts);
        // A search's results are not in this API's count of what tools put into the prompt.
        quantities = leaves(&counts, false, true, &mut facts);
        quantities.extend(fees);
    }
    UsageReading { quantities: as_quantities(quantities), served_model, service_tier, doubts: facts.doubts, ..UsageReading::default() }
}

/// Searches are counted by the provider (metering rule 30).
fn fees(facts: &mut Facts<'_>) -> Vec<(&'static str, u64)> {
    let Some(json) = facts.json("tools") else { return Vec::new() };
    let Ok(tools) = serde_json::from_str::<Vec<Tool>>(json) else { return facts.doubt("unreadable_tools").unwrap_or_default() };
    let of = |kind: &str| tools.iter().filter(|tool| tool.kind == kind).filter_map(|tool| tool.count).fold(0, u64::saturating_add);
    [("web_searches", of("google_search")), ("maps_groundings", of("google_maps"))].into_iter().filter(|(_, count)| *count > 0).collect()
}
