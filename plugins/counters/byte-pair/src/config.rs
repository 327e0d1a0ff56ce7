//! The counter's settings: for which models it is exact, and what chat framing costs.

use serde::Deserialize;
use weighbridge_plugin::PluginError;

/// `[config]` of the manifest, overlaid by the operator's.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The models whose own tokenizer this is; `*` stands for any characters.
    pub models: Vec<String>,
    /// Whether it stands in for models that no counter knows. The host's matter: the component only accepts the key.
    #[serde(default)]
    pub other_models: bool,
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
    pub fn parse(name: &str, json: &str) -> Result<Self, PluginError> {
        serde_json::from_str(json).map_err(|error| PluginError::invalid_config(format!("the settings of {name}: {error}")))
    }
}
