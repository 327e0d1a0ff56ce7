//! What is translated, and how, as data.

use serde::Deserialize;

use super::Translated;

/// `[config.translation]`. Nothing is translated for a provider that does not speak `openai.chat`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Translation {
    /// The dialects that are translated to chat completions. One that the provider speaks itself is not.
    pub dialects: Vec<Translated>,
    /// What the most tokens of an answer are called upstream.
    pub max_tokens: MaxTokens,
    /// How a stream is given whose last events repeat all that came before.
    pub repeating_streams: RepeatingStreams,
    /// Parameters that are left out without a refusal, by their names at the top of the client's request.
    pub ignore: Vec<String>,
    /// The largest request that is translated, in bytes: it is held twice in a guest's small memory.
    pub max_request_bytes: usize,
}

/// What the most tokens of an answer are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum MaxTokens {
    /// The newer name, which OpenAI's reasoning models insist on.
    #[serde(rename = "max_completion_tokens")]
    Newer,
    /// The older name, the only one that many other providers know.
    #[serde(rename = "max_tokens")]
    Older,
}

/// Responses repeat their texts, and Gemini's function calls come in one piece; between two events a plugin may remember 1 MiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RepeatingStreams {
    /// The answer is asked for whole and then given as a stream, all at once.
    Whole,
    /// Event by event; an answer that is longer than what can be remembered fails.
    Live,
}

impl Default for Translation {
    fn default() -> Self {
        Self {
            dialects: vec![Translated::Messages, Translated::Gemini],
            max_tokens: MaxTokens::Newer,
            repeating_streams: RepeatingStreams::Live,
            ignore: Vec::new(),
            max_request_bytes: 6_291_456,
        }
    }
}
