//! The adapter's settings.

use std::collections::BTreeMap;

use serde::Deserialize;
use weighbridge_plugin::PluginError;

/// `[config]` of the manifest, overlaid by the operator's.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The API's version, the first segment of every path.
    pub version: String,
    /// How the names of models begin that pay for searches by the grounded prompt, not by the query (metering rule 30).
    pub search_by_prompt: Vec<String>,
    /// The largest request that is translated, in bytes: it is held twice in a guest's small memory.
    pub max_request_bytes: usize,
    /// Parameters of OpenAI-speaking clients that are left out without a refusal.
    pub ignore: Vec<String>,
    /// Service tiers that a request may ask for by their name.
    pub service_tiers: Vec<String>,
    /// How the names of models begin that think with a budget of tokens.
    pub budget_models: Vec<String>,
    /// Sent in the place of a tool call's signature that the client did not keep.
    pub missing_signature: String,
    /// The budget of each effort, in tokens.
    pub budgets: BTreeMap<String, u64>,
}

impl Default for Config {
    fn default() -> Self {
        let strings = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
        Self {
            version: "v1beta".into(),
            search_by_prompt: strings(&["gemini-1", "gemini-2"]),
            max_request_bytes: 6_291_456,
            ignore: strings(&["metadata", "prompt_cache_key", "safety_identifier", "user"]),
            service_tiers: strings(&["flex", "priority"]),
            budget_models: strings(&["gemini-2.5", "gemini-robotics-er-1.5"]),
            missing_signature: "skip_thought_signature_validator".into(),
            budgets: [("none", 0), ("minimal", 1024), ("low", 1024), ("medium", 8192), ("high", 24576)].map(|(effort, tokens)| (effort.into(), tokens)).into(),
        }
    }
}

impl Config {
    /// Reads the JSON object that the host hands over.
    pub fn parse(json: &str) -> Result<Self, PluginError> {
        serde_json::from_str(json).map_err(|error| PluginError::invalid_config(format!("the settings of gemini: {error}")))
    }
    /// Whether a model thinks with a budget of tokens, rather than by the name of a level.
    pub fn thinks_by_budget(&self, model: &str) -> bool {
        begins(&self.budget_models, model)
    }
    /// Whether a model pays for searches by the grounded prompt.
    pub fn pays_by_prompt(&self, model: &str) -> bool {
        begins(&self.search_by_prompt, model)
    }
}

fn begins(prefixes: &[String], model: &str) -> bool {
    prefixes.iter().any(|prefix| model.starts_with(prefix.as_str()))
}
