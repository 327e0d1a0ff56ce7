//! Usage in OpenAI's shape, for the client to read. It is not what is billed from: that is read from Anthropic's own object.

use serde::{Deserialize, Serialize};

/// Anthropic's usage, as far as OpenAI's shape has a place for it; the last present value of each field.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize, Serialize)]
pub struct Usage {
    /// Fresh input.
    #[serde(rename = "input_tokens", default, skip_serializing_if = "Option::is_none")]
    pub input: Option<u64>,
    /// Read from a cache, beside the fresh input.
    #[serde(rename = "cache_read_input_tokens", default, skip_serializing_if = "Option::is_none")]
    pub cache_read: Option<u64>,
    /// Written to a cache, beside the fresh input.
    #[serde(rename = "cache_creation_input_tokens", default, skip_serializing_if = "Option::is_none")]
    pub cache_write: Option<u64>,
    /// All output.
    #[serde(rename = "output_tokens", default, skip_serializing_if = "Option::is_none")]
    pub output: Option<u64>,
    /// What part of the output is thinking.
    #[serde(rename = "output_tokens_details", default, skip_serializing_if = "Option::is_none")]
    pub details: Option<Details>,
}

/// Details of the output.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize, Serialize)]
pub struct Details {
    /// Thinking.
    #[serde(rename = "thinking_tokens", default)]
    pub thinking: Option<u64>,
}

/// OpenAI's usage object: all input, cached included; all output, reasoning included.
#[derive(Debug, Serialize)]
pub struct OpenAiUsage {
    prompt_tokens: u64,
    completion_tokens: u64,
    total_tokens: u64,
    prompt_tokens_details: PromptDetails,
    #[serde(skip_serializing_if = "Option::is_none")]
    completion_tokens_details: Option<CompletionDetails>,
}

#[derive(Debug, Serialize)]
struct PromptDetails {
    cached_tokens: u64,
    cache_write_tokens: u64,
}

#[derive(Debug, Serialize)]
struct CompletionDetails {
    reasoning_tokens: u64,
}

impl Usage {
    /// With the later report's values where it has any.
    pub fn updated(self, later: Self) -> Self {
        Self {
            input: later.input.or(self.input),
            cache_read: later.cache_read.or(self.cache_read),
            cache_write: later.cache_write.or(self.cache_write),
            output: later.output.or(self.output),
            details: later.details.or(self.details),
        }
    }
    /// In OpenAI's shape.
    pub fn openai(self) -> OpenAiUsage {
        let [input, read, written, output] = [self.input, self.cache_read, self.cache_write, self.output].map(Option::unwrap_or_default);
        let prompt = input.saturating_add(read).saturating_add(written);
        OpenAiUsage {
            prompt_tokens: prompt,
            completion_tokens: output,
            total_tokens: prompt.saturating_add(output),
            prompt_tokens_details: PromptDetails { cached_tokens: read, cache_write_tokens: written },
            completion_tokens_details: self.details.and_then(|details| details.thinking).map(|reasoning_tokens| CompletionDetails { reasoning_tokens }),
        }
    }
}
