//! The counter socket: tokens of a text, where a provider did not report them.

use std::sync::Arc;

use crate::{PluginError, PluginIdentity};

/// A count and whether it is the tokenizer's own or an approximation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// Tokens.
    pub tokens: u64,
    /// By the model's own tokenizer, all of the text.
    pub exact: bool,
}

/// For which models a counter is asked. Known without loading it: a counter that is never needed costs nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// The models whose own tokenizer it is; `*` stands for any characters.
    pub models: Vec<String>,
    /// Whether it stands in for models that no counter knows.
    pub other_models: bool,
}

/// A message of a prompt.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Message {
    /// Who says it.
    pub role: String,
    /// The name that goes with the role.
    pub name: Option<String>,
    /// What is said.
    pub parts: Vec<Part>,
}

/// A part of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Text.
    Text(String),
    /// An image whose size is known.
    Image(Image),
    /// Structure, such as the tools of a request, as JSON.
    Json(String),
}

/// An image's size in pixels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// `low`, `high`, or what else was asked; empty: nothing was.
    pub detail: String,
}

/// A token counter.
pub trait Counter: Send + Sync {
    /// Which plugin this is.
    fn identity(&self) -> &Arc<PluginIdentity>;
    /// For which models.
    fn scope(&self) -> &Scope;
    /// Plain texts, one count each.
    fn count_texts(&self, model: &str, texts: &[&str]) -> Result<Vec<Count>, PluginError>;
    /// A whole prompt with the chat framing that the model puts around it.
    fn count_prompt(&self, model: &str, messages: &[Message]) -> Result<Count, PluginError>;
}

/// How well a pattern fits a model: the characters that it names, `None` where it does not fit. `*` stands for any characters, case is
/// ignored, and a pattern without a `/` is compared with what follows the model's last one: providers put their name before it.
pub fn fit(pattern: &str, model: &str) -> Option<usize> {
    let text = if pattern.contains('/') { model } else { model.rsplit('/').next().unwrap_or(model) };
    fits(pattern.as_bytes(), text.as_bytes()).then(|| pattern.bytes().filter(|byte| *byte != b'*').count())
}

fn fits(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t, mut star) = (0, 0, None);
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(byte) if byte.eq_ignore_ascii_case(&text[t]) => (p, t) = (p + 1, t + 1),
            _ => {
                // The last star takes one character more.
                let Some((at, taken)) = star else { return false };
                star = Some((at, taken + 1));
                (p, t) = (at + 1, taken + 1);
            }
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::fit;

    #[test]
    fn patterns_fit_prefixed_and_dated_names() {
        assert_eq!(fit("large-4", "large-4"), Some(7));
        assert_eq!(fit("large-4", "large-4-turbo"), None);
        assert_eq!(fit("large-4*", "acme/Large-4o-2026-01-01"), Some(7));
        assert_eq!(fit("acme/large*", "acme/large-4"), Some(10));
        assert_eq!(fit("acme/large*", "large-4"), None);
        assert_eq!(fit("*ama-3*b", "eu.meta.ama-3-70b"), Some(6));
        assert_eq!(fit("*ama-3*b", "eu.meta.ama-2-70b"), None);
        assert_eq!(fit("*", "anything/at all"), Some(0));
        assert_eq!(fit("", "x"), None);
    }
}
