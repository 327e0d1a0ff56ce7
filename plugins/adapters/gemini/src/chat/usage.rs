//! Usage in OpenAI's shape, for the client to read. It is not what is billed from: that is read from Google's own object.

use serde::Serialize;

use crate::usage::counts::{Counts, Makeup};

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
}

#[derive(Debug, Serialize)]
struct CompletionDetails {
    reasoning_tokens: u64,
}

impl OpenAiUsage {
    /// From Google's counts.
    pub fn of(counts: &Counts) -> Self {
        let tool = if counts.makeup() == Makeup::ToolPromptInside { 0 } else { counts.tool_prompt.unwrap_or(0) };
        let prompt = counts.prompt.unwrap_or(0).saturating_add(tool);
        let completion = counts.visible().unwrap_or(0).saturating_add(counts.thoughts.unwrap_or(0));
        Self {
            prompt_tokens: prompt,
            completion_tokens: completion,
            total_tokens: prompt.saturating_add(completion),
            prompt_tokens_details: PromptDetails { cached_tokens: counts.cached.unwrap_or(0) },
            completion_tokens_details: counts.thoughts.map(|reasoning_tokens| CompletionDetails { reasoning_tokens }),
        }
    }
}
