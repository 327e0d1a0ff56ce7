//! The adapter's settings.

use serde::Deserialize;
use weighbridge_plugin::{PluginError, adapter};

/// `[config]` of the manifest, overlaid by the operator's.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Whether there is a key.
    pub auth: Auth,
}

/// Whether there is a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Auth {
    /// A server of one's own asks for none.
    None,
    /// The cloud does, and so may a proxy before one's own.
    Bearer,
}

impl Default for Config {
    fn default() -> Self {
        Self { auth: Auth::None }
    }
}

impl Config {
    /// Reads the JSON object that the host hands over.
    pub fn parse(json: &str) -> Result<Self, PluginError> {
        serde_json::from_str(json).map_err(|error| PluginError::invalid_config(format!("the settings of ollama: {error}")))
    }
    /// The credential's place in a plan.
    pub fn auth(&self) -> adapter::Auth {
        match self.auth {
            Auth::None => adapter::Auth::None,
            Auth::Bearer => adapter::Auth::Bearer,
        }
    }
}
