//! A counter for any `tokenizer.json`, the file that open models come with. A part of the host behind the socket of counters: such a
//! file is larger than a guest may be shown, and its engine needs more memory than a guest has (docs/decisions/0004).
//!
//! The file is looked at when the program starts, so that a wrong one is found then; it is loaded when it is first needed.

mod file;
mod settings;

use std::{collections::BTreeMap, path::Path, sync::Arc};

use parking_lot::Mutex;
use tokenizers::Tokenizer;
use weighbridge_plugin_api::{
    Counter, Failure, Manifest, PluginError, PluginIdentity,
    counter::{Count, Message, Part, Scope, fit},
};

pub use file::FileError;
use settings::Settings;
pub use settings::SettingsError;

/// What a manifest calls this part of the host.
pub const NATIVE: &str = "tokenizer.json";

/// Why there is no counter.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// What the operator wrote.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// What the file is.
    #[error(transparent)]
    File(#[from] FileError),
}

/// The counter.
pub struct TokenizerFile {
    identity: Arc<PluginIdentity>,
    settings: Settings,
    scope: Scope,
    loaded: Mutex<Option<Arc<Tokenizer>>>,
}

impl TokenizerFile {
    /// Checks the settings and the file. A relative path is taken from `folder`.
    pub fn open(identity: Arc<PluginIdentity>, manifest: &Manifest, operator: &BTreeMap<String, toml::Value>, folder: &Path) -> Result<Self, OpenError> {
        let mut settings = Settings::parse(&manifest.config_json(operator))?;
        settings.file = folder.join(&settings.file);
        file::check(&settings.file)?;
        let scope = Scope { models: settings.models.clone(), other_models: settings.other_models };
        Ok(Self { identity, settings, scope, loaded: Mutex::default() })
    }

    /// The tokenizer; whoever comes first loads it, the others wait.
    fn loaded(&self, call: &'static str) -> Result<Arc<Tokenizer>, PluginError> {
        let mut loaded = self.loaded.lock();
        if let Some(tokenizer) = &*loaded {
            return Ok(tokenizer.clone());
        }
        let fresh = Arc::new(file::load(&self.settings.file).map_err(|error| self.error(call, Failure::InvalidConfig(error.to_string())))?);
        Ok(loaded.insert(fresh).clone())
    }

    fn error(&self, call: &'static str, failure: Failure) -> PluginError {
        PluginError { plugin: self.identity.clone(), call, failure }
    }

    /// The tokens of a text alone: what is put around a whole sequence is no part of it.
    fn tokens(&self, call: &'static str, tokenizer: &Tokenizer, text: &str) -> Result<u64, PluginError> {
        let encoded = tokenizer.encode_fast(text, false).map_err(|error| self.error(call, Failure::Internal(error.to_string())))?;
        Ok(encoded.len() as u64)
    }
}

impl Counter for TokenizerFile {
    fn identity(&self) -> &Arc<PluginIdentity> {
        &self.identity
    }
    fn scope(&self) -> &Scope {
        &self.scope
    }
    fn count_texts(&self, model: &str, texts: &[&str]) -> Result<Vec<Count>, PluginError> {
        const CALL: &str = "count-texts";
        let tokenizer = self.loaded(CALL)?;
        let exact = self.scope.models.iter().any(|pattern| fit(pattern, model).is_some());
        texts.iter().map(|text| Ok(Count { tokens: self.tokens(CALL, &tokenizer, text)?, exact })).collect()
    }
    fn count_prompt(&self, _: &str, messages: &[Message]) -> Result<Count, PluginError> {
        const CALL: &str = "count-prompt";
        let tokenizer = self.loaded(CALL)?;
        let mut tokens = self.settings.tokens_per_answer;
        for message in messages {
            tokens += self.settings.tokens_per_message + self.tokens(CALL, &tokenizer, &message.role)?;
            for part in &message.parts {
                tokens += match part {
                    Part::Text(text) | Part::Json(text) => self.tokens(CALL, &tokenizer, text)?,
                    Part::Image(_) => return Err(self.error(CALL, Failure::Unsupported("a tokenizer.json says nothing of images".into()))),
                };
            }
        }
        Ok(Count { tokens, exact: false })
    }
}
