//! Predictions of the older kind: embeddings with their count of tokens, and pictures, which are counted.

use gemini_wire::prepare::{Place, query, with_query};
use weighbridge_plugin::{
    adapter::{ClientRequest, Fact, Quantity, UpstreamRequest, UsageReading},
    facts::Facts,
};

/// What goes upstream: the client's own bytes.
pub fn prepare(request: &ClientRequest, place: &Place) -> UpstreamRequest {
    UpstreamRequest { path_and_query: with_query(format!("{}:predict", place.path), &query(&request.query)), ..UpstreamRequest::default() }
}

/// Facts to quantities.
pub fn read(facts: &[Fact]) -> UsageReading {
    let mut facts = Facts::new(facts);
    let quantities = facts.count("tokens").map(|tokens| Quantity::new("input", tokens)).into_iter().collect();
    let types: Vec<String> = facts.json("types").and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default();
    let images = types.iter().filter(|kind| kind.starts_with("image/")).count() as u64;
    let counted = (images > 0).then(|| Quantity::new("images", images)).into_iter().collect();
    UsageReading { quantities, counted, doubts: facts.doubts, ..UsageReading::default() }
}
