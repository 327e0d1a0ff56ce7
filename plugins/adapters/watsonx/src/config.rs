//! The adapter's settings.

use serde::Deserialize;
use weighbridge_plugin::PluginError;

/// `[config]` of the manifest, overlaid by the operator's.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The version of the API, a date, where the client names none.
    pub version: String,
}

impl Default for Config {
    fn default() -> Self {
        Self { version: "2024-05-31".into() }
    }
}

impl Config {
    /// Reads the JSON object that the host hands over.
    pub fn parse(json: &str) -> Result<Self, PluginError> {
        let config: Self = serde_json::from_str(json).map_err(|error| PluginError::invalid_config(format!("the settings of watsonx: {error}")))?;
        if config.version.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') {
            return Ok(config);
        }
        Err(PluginError::invalid_config(format!("version is \"{}\"; it must be a date, as \"2024-05-31\" is", config.version)))
    }
    /// The client's query, with a version.
    pub fn query(&self, query: &str) -> String {
        let named = query.split('&').any(|pair| pair.starts_with("version="));
        match query {
            _ if named => query.to_owned(),
            "" => format!("version={}", self.version),
            other => format!("version={}&{other}", self.version),
        }
    }
}
