//! The adapter's settings.

use serde::Deserialize;
use weighbridge_plugin::{PluginError, adapter::Auth};

/// `[config]` of the manifest, overlaid by the operator's.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The cloud project that pays.
    pub project: String,
    /// Where the models run.
    pub location: String,
    /// What the credential is.
    pub auth: Credential,
    /// The API's version, the first segment of every path.
    pub version: String,
    /// `anthropic_version` of bodies, where the client names none.
    pub anthropic_version: String,
    /// The settings of Google's wire.
    pub gemini: serde_json::Value,
    /// The settings of Anthropic's wire.
    pub anthropic: serde_json::Value,
}

/// What the credential is.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Credential {
    /// A service account, whose tokens the host gets.
    GcpOauth,
    /// An API key.
    ApiKey,
}

impl Default for Config {
    fn default() -> Self {
        let empty = || serde_json::Value::Object(serde_json::Map::new());
        Self {
            project: String::new(),
            location: "global".into(),
            auth: Credential::GcpOauth,
            version: "v1".into(),
            anthropic_version: "vertex-2023-10-16".into(),
            gemini: empty(),
            anthropic: empty(),
        }
    }
}

impl Config {
    /// Reads the JSON object that the host hands over.
    pub fn parse(json: &str) -> Result<Self, PluginError> {
        serde_json::from_str(json).map_err(|error| PluginError::invalid_config(format!("the settings of vertex: {error}")))
    }
    /// How a request is credentialed.
    pub fn auth(&self) -> Auth {
        match self.auth {
            Credential::GcpOauth => Auth::GcpOauth,
            Credential::ApiKey => Auth::Header("x-goog-api-key".into()),
        }
    }
}
