//! The adapter's settings.

use serde::Deserialize;
use weighbridge_plugin::{PluginError, adapter};

/// `[config]` of the manifest, overlaid by the operator's.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// How a request is proved to be ours.
    pub auth: Auth,
}

/// How a request is proved to be ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Auth {
    /// By a signature with an access key.
    SigV4,
    /// By a Bedrock API key.
    Bearer,
}

impl Default for Config {
    fn default() -> Self {
        Self { auth: Auth::SigV4 }
    }
}

impl Config {
    /// Reads the JSON object that the host hands over.
    pub fn parse(json: &str) -> Result<Self, PluginError> {
        serde_json::from_str(json).map_err(|error| PluginError::invalid_config(format!("the settings of bedrock: {error}")))
    }
    /// The credential's place in a plan. Requests to `bedrock-runtime` are signed for the service `bedrock`.
    pub fn auth(&self) -> adapter::Auth {
        match self.auth {
            Auth::SigV4 => adapter::Auth::AwsSigv4("bedrock".into()),
            Auth::Bearer => adapter::Auth::Bearer,
        }
    }
}
