//! The adapter's settings: there are none, and one that is written anyway is refused.

use serde::Deserialize;
use weighbridge_plugin::PluginError;

/// `[config]` of the manifest, overlaid by the operator's.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {}

impl Config {
    /// Reads the JSON object that the host hands over.
    pub fn parse(json: &str) -> Result<Self, PluginError> {
        serde_json::from_str(json).map_err(|error| PluginError::invalid_config(format!("the settings of cohere: {error}")))
    }
}
