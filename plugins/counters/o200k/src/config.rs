//! The counter's settings: for which models it is exact, and what chat framing costs.

use serde::Deserialize;
use weighbridge_plugin::PluginError;

/// `[config]` of the manifest, overlaid by the operator's.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The models whose own tokenizer this is; `*` at the end is a wildcard.
    pub models: Vec<String>,
    /// How much work a call may do before it estimates, about a nanosecond each.
    pub work_limit: u64,
    /// What a message costs beside its text.
    pub tokens_per_message: u64,
    /// What a name costs beside its text.
    pub tokens_per_name: u64,
    /// What the start of the answer costs.
    pub tokens_per_answer: u64,
    /// What an image costs.
    pub image_base_tokens: u64,
    /// What a tile of 512 × 512 pixels costs beside that, in high detail.
    pub image_tile_tokens: u64,
}

impl Config {
    /// Reads the JSON object that the host hands over.
    pub fn parse(json: &str) -> Result<Self, PluginError> {
        serde_json::from_str(json).map_err(|error| PluginError::invalid_config(format!("the settings of o200k: {error}")))
    }
    /// Whether the model's own tokenizer is this one.
    pub fn is_own(&self, model: &str) -> bool {
        self.models.iter().any(|pattern| match pattern.strip_suffix('*') {
            Some(prefix) => model.starts_with(prefix),
            None => model == pattern,
        })
    }
}
