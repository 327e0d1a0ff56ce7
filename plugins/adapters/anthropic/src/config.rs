//! The adapter's settings.

use std::collections::BTreeMap;

use serde::Deserialize;
use weighbridge_plugin::PluginError;

/// `[config]` of the manifest, overlaid by the operator's.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where messages are posted, appended to the base URL.
    pub path: String,
    /// `anthropic-version`, where the client names none.
    pub version: String,
    /// `max_tokens`, where an OpenAI-speaking client gives none.
    pub default_max_tokens: u64,
    /// The largest request that is translated, in bytes: it is held twice in a guest's small memory.
    pub max_request_bytes: usize,
    /// Parameters of OpenAI-speaking clients that are left out without a refusal.
    pub ignore: Vec<String>,
    /// How the names of models begin that think with a budget of tokens.
    pub budget_models: Vec<String>,
    /// The budget of each effort, in tokens.
    pub budgets: BTreeMap<String, u64>,
}

impl Default for Config {
    fn default() -> Self {
        let strings = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
        Self {
            path: "/v1/messages".into(),
            version: "2023-06-01".into(),
            default_max_tokens: 8192,
            max_request_bytes: 6_291_456,
            ignore: strings(&["metadata", "prompt_cache_key"]),
            budget_models: strings(&[
                "claude-3",
                "claude-opus-4-0",
                "claude-opus-4-1",
                "claude-opus-4-2025",
                "claude-opus-4-5",
                "claude-sonnet-4-0",
                "claude-sonnet-4-2025",
                "claude-sonnet-4-5",
                "claude-haiku-4",
            ]),
            budgets: [("minimal", 1024), ("low", 2048), ("medium", 8192), ("high", 16384), ("xhigh", 32768)]
                .map(|(effort, tokens)| (effort.into(), tokens))
                .into(),
        }
    }
}

impl Config {
    /// Reads the JSON object that the host hands over.
    pub fn parse(json: &str) -> Result<Self, PluginError> {
        serde_json::from_str(json).map_err(|error| PluginError::invalid_config(format!("the settings of anthropic: {error}")))
    }
    /// Whether a model thinks with a budget of tokens, rather than by the name of an effort.
    pub fn thinks_by_budget(&self, model: &str) -> bool {
        self.budget_models.iter().any(|prefix| model.starts_with(prefix))
    }
}
