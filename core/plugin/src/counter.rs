//! The counter socket: tokens of a text, where a provider did not report them.

use std::sync::Arc;

use crate::{PluginError, PluginIdentity};

/// A count and whether it is the tokenizer's own or an approximation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// Tokens.
    pub tokens: u64,
    /// By the model's own tokenizer.
    pub exact: bool,
}

/// What a counter counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CounterInfo {
    /// The vocabulary's name, such as `o200k`.
    pub tokenizer: String,
    /// The models whose own tokenizer it is; `*` at the end is a wildcard.
    pub models: Vec<String>,
}

/// A token counter.
pub trait Counter: Send + Sync {
    /// Which plugin this is.
    fn identity(&self) -> &Arc<PluginIdentity>;
    /// What it counts.
    fn info(&self) -> &CounterInfo;
    /// Plain texts, one count each.
    fn count_texts(&self, model: &str, texts: &[&str]) -> Result<Vec<Count>, PluginError>;
}
