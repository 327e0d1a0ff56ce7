//! What the operator says: which file, for which models.

use std::path::PathBuf;

use serde::Deserialize;

/// `[plugins.config]` over the manifest's.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// The tokenizer.json.
    pub(crate) file: PathBuf,
    /// The models whose own tokenizer it is; `*` stands for any characters.
    pub(crate) models: Vec<String>,
    /// Whether it stands in for models that no counter knows.
    #[serde(default)]
    pub(crate) other_models: bool,
    /// What the model's chat template puts around a message, beside its role.
    pub(crate) tokens_per_message: u64,
    /// What it puts before the answer.
    pub(crate) tokens_per_answer: u64,
}

/// The settings are wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}; say which file, and for which models: file = \"tokenizer.json\", models = [\"large-*\"]")]
pub struct SettingsError(String);

impl Settings {
    pub(crate) fn parse(json: &str) -> Result<Self, SettingsError> {
        let settings: Self = serde_json::from_str(json).map_err(|error| {
            let text = error.to_string();
            // The place in a text that the operator did not write helps nobody.
            SettingsError(text.rsplit_once(" at line ").map_or(text.as_str(), |(what, _)| what).to_owned())
        })?;
        if settings.models.is_empty() && !settings.other_models {
            return Err(SettingsError("`models` is empty".into()));
        }
        Ok(settings)
    }
}
