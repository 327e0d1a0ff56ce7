//! Anthropic's answers and events, as they are written here.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::translate::{answer::Finish, tally::Totals};

/// A message, whole or at its beginning.
#[derive(Debug, Serialize)]
pub struct Message<'a> {
    /// In Anthropic's manner.
    pub id: String,
    /// `message`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// `assistant`.
    pub role: &'static str,
    /// The served model.
    pub model: &'a str,
    /// What was said.
    pub content: Vec<Block>,
    /// Null at the beginning.
    pub stop_reason: Option<&'static str>,
    /// Which of the stop sequences it was is not known.
    pub stop_sequence: (),
    /// What was used.
    pub usage: Usage,
}

/// A block of content.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Block {
    /// Text.
    Text {
        /// The text.
        text: String,
    },
    /// Thinking. It has no signature: it cannot be sent back to where it came from.
    Thinking {
        /// The thinking.
        thinking: String,
        /// Empty.
        signature: &'static str,
    },
    /// A call.
    ToolUse {
        /// The call.
        id: String,
        /// The tool.
        name: String,
        /// Its arguments.
        input: Box<RawValue>,
    },
}

/// A block's change.
#[derive(Debug, Serialize)]
#[serde(tag = "type")]
pub enum Delta<'a> {
    /// More text.
    #[serde(rename = "text_delta")]
    Text {
        /// The text.
        text: &'a str,
    },
    /// More thinking.
    #[serde(rename = "thinking_delta")]
    Thinking {
        /// The thinking.
        thinking: &'a str,
    },
    /// More of the arguments.
    #[serde(rename = "input_json_delta")]
    Arguments {
        /// Of their text.
        partial_json: &'a str,
    },
}

/// The events of a stream.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Told<'a> {
    /// A message begins.
    MessageStart {
        /// Without content.
        message: Message<'a>,
    },
    /// A block begins.
    ContentBlockStart {
        /// Which.
        index: u32,
        /// Empty.
        content_block: Block,
    },
    /// A block goes on.
    ContentBlockDelta {
        /// Which.
        index: u32,
        /// With this.
        delta: Delta<'a>,
    },
    /// A block ends.
    ContentBlockStop {
        /// Which.
        index: u32,
    },
    /// The message is ending.
    MessageDelta {
        /// Why.
        delta: Stopped,
        /// What was used.
        usage: Usage,
    },
    /// The message ended.
    MessageStop,
}

/// Why a message ended.
#[derive(Debug, Serialize)]
pub struct Stopped {
    /// In Anthropic's words.
    pub stop_reason: &'static str,
    /// Which of the stop sequences it was is not known.
    pub stop_sequence: (),
}

/// Usage as Anthropic tells it: fresh input, and the caches beside it.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Usage {
    input_tokens: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_creation_input_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_read_input_tokens: Option<u64>,
    output_tokens: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_tokens_details: Option<Details>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_tier: Option<&'static str>,
}

#[derive(Debug, Clone, Serialize)]
struct Details {
    thinking_tokens: u64,
}

impl Usage {
    /// Anthropic's clients insist on the two counts: they are 0 where nothing was reported.
    pub fn of(totals: Option<Totals>, tier: Option<&str>) -> Self {
        let totals = totals.unwrap_or_default();
        Self {
            input_tokens: totals.fresh,
            cache_creation_input_tokens: totals.cache_write,
            cache_read_input_tokens: totals.cache_read,
            output_tokens: totals.output,
            output_tokens_details: totals.reasoning.map(|thinking_tokens| Details { thinking_tokens }),
            service_tier: match tier {
                Some("default" | "standard") => Some("standard"),
                Some("priority") => Some("priority"),
                // A tier that Anthropic does not have is not named.
                _ => None,
            },
        }
    }
}

impl<'a> Message<'a> {
    /// A message.
    pub fn new(id: &str, model: &'a str, content: Vec<Block>, stop_reason: Option<&'static str>, usage: Usage) -> Self {
        Self { id: format!("msg_{id}"), kind: "message", role: "assistant", model, content, stop_reason, stop_sequence: (), usage }
    }
}

/// Why the model stopped, in Anthropic's words. A stop sequence and the end of the answer are one word at OpenAI.
pub fn stop_reason(finish: Finish, calls: bool, refused: bool) -> &'static str {
    match finish {
        Finish::Length => "max_tokens",
        Finish::Filter => "refusal",
        _ if calls => "tool_use",
        _ if refused => "refusal",
        Finish::Calls | Finish::Stop => "end_turn",
    }
}
