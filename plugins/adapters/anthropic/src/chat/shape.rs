//! OpenAI's answers and chunks, as they are written here.

use serde::Serialize;

use super::usage::OpenAiUsage;

/// There is no clock here, and Anthropic's answers have no time.
const CREATED: u64 = 0;

/// A whole answer.
#[derive(Debug, Serialize)]
pub struct Completion<'a> {
    id: String,
    object: &'static str,
    created: u64,
    model: &'a str,
    choices: [Choice<Message>; 1],
    usage: OpenAiUsage,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_tier: Option<&'static str>,
}

/// A piece of a streamed answer.
#[derive(Debug, Serialize)]
pub struct Chunk<'a> {
    id: &'a str,
    object: &'static str,
    created: u64,
    model: &'a str,
    choices: Vec<Choice<Delta>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<OpenAiUsage>,
}

/// The only choice.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Choice<T> {
    Whole { index: u32, message: T, logprobs: (), finish_reason: &'static str },
    Piece { index: u32, delta: T, logprobs: (), finish_reason: Option<&'static str> },
}

/// A whole message.
#[derive(Debug, Default, Serialize)]
pub struct Message {
    /// `assistant`.
    pub role: &'static str,
    /// Null where the model does nothing but call tools.
    pub content: Option<String>,
    /// What it refuses to do; Anthropic has no text for it.
    pub refusal: (),
    /// Its thinking, where the provider shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning_content: Option<String>,
    /// What it calls.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<ToolCall>,
}

/// A piece of a message.
#[derive(Debug, Default, Serialize)]
pub struct Delta {
    /// At the beginning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<&'static str>,
    /// More text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// More thinking.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning_content: Option<String>,
    /// A call, or more of its arguments.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<ToolCall>,
}

/// A tool call; in a stream, the first piece has the names and the others have arguments only.
#[derive(Debug, Serialize)]
pub struct ToolCall {
    /// In a stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<u32>,
    /// The call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `function`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<&'static str>,
    /// The tool.
    pub function: Function,
}

/// A tool.
#[derive(Debug, Serialize)]
pub struct Function {
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The text of its arguments, or more of it.
    pub arguments: String,
}

impl<'a> Completion<'a> {
    /// A whole answer.
    pub fn new(message_id: &str, model: &'a str, message: Message, finish_reason: &'static str, usage: OpenAiUsage, tier: Option<&str>) -> Self {
        let choice = Choice::Whole { index: 0, message, logprobs: (), finish_reason };
        Self { id: id(message_id), object: "chat.completion", created: CREATED, model, choices: [choice], usage, service_tier: tier.and_then(service_tier) }
    }
}

impl<'a> Chunk<'a> {
    /// A piece of the message.
    pub fn piece(id: &'a str, model: &'a str, delta: Delta, finish_reason: Option<&'static str>) -> Self {
        let choice = Choice::Piece { index: 0, delta, logprobs: (), finish_reason };
        Self { id, object: "chat.completion.chunk", created: CREATED, model, choices: vec![choice], usage: None }
    }
    /// The usage chunk.
    pub fn usage(id: &'a str, model: &'a str, usage: OpenAiUsage) -> Self {
        Self { id, object: "chat.completion.chunk", created: CREATED, model, choices: Vec::new(), usage: Some(usage) }
    }
}

/// An id in OpenAI's manner, from the message's.
pub fn id(message_id: &str) -> String {
    format!("chatcmpl-{}", message_id.strip_prefix("msg_").unwrap_or(message_id))
}

/// Why the model stopped, in OpenAI's words.
pub fn finish_reason(stop_reason: &str) -> &'static str {
    match stop_reason {
        "max_tokens" | "model_context_window_exceeded" => "length",
        "tool_use" => "tool_calls",
        "refusal" => "content_filter",
        _ => "stop",
    }
}

/// The tier in OpenAI's words; a tier that OpenAI does not have is not named.
fn service_tier(tier: &str) -> Option<&'static str> {
    match tier {
        "standard" => Some("default"),
        "priority" => Some("priority"),
        _ => None,
    }
}
