//! OpenAI's answers and chunks, as they are written here.

use serde::Serialize;

use super::usage::OpenAiUsage;

/// There is no clock here, and the answers of the Gemini API have no time.
const CREATED: u64 = 0;

/// A whole answer.
#[derive(Debug, Serialize)]
pub struct Completion<'a> {
    /// Its id.
    pub id: String,
    object: &'static str,
    created: u64,
    model: &'a str,
    choices: Vec<Choice>,
    usage: OpenAiUsage,
}

/// A piece of a streamed answer.
#[derive(Debug, Serialize)]
pub struct Chunk<'a> {
    id: &'a str,
    object: &'static str,
    created: u64,
    model: &'a str,
    choices: Vec<Piece>,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<OpenAiUsage>,
}

/// One of the answers.
#[derive(Debug, Serialize)]
pub struct Choice {
    /// Which.
    pub index: u32,
    /// What was said.
    pub message: Message,
    /// Not asked for.
    pub logprobs: (),
    /// Why it ended.
    pub finish_reason: &'static str,
}

/// A piece of one of the answers.
#[derive(Debug, Serialize)]
pub struct Piece {
    /// Which.
    pub index: u32,
    /// More of it.
    pub delta: Delta,
    /// Not asked for.
    pub logprobs: (),
    /// Why it ended, if it did.
    pub finish_reason: Option<&'static str>,
}

/// A whole message.
#[derive(Debug, Default, Serialize)]
pub struct Message {
    /// `assistant`.
    pub role: &'static str,
    /// Null where the model does nothing but call tools.
    pub content: Option<String>,
    /// What it refuses to do; Gemini has no text for it.
    pub refusal: (),
    /// Its thinking, where the provider shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning_content: Option<String>,
    /// What it calls.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<ToolCall>,
    /// What it draws. OpenAI's own answers have no place for it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<Image>,
}

/// A piece of a message.
#[derive(Debug, Default, PartialEq, Serialize)]
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
    /// More calls: each comes whole.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<ToolCall>,
    /// More pictures.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<Image>,
}

/// A tool call.
#[derive(Debug, PartialEq, Serialize)]
pub struct ToolCall {
    /// In a stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<u32>,
    /// The call.
    pub id: String,
    /// `function`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The tool.
    pub function: Function,
    /// The model's mark on it, where Google itself puts it in OpenAI's shape.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extra_content: Option<Extra>,
}

/// A tool.
#[derive(Debug, PartialEq, Serialize)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// The text of its arguments.
    pub arguments: String,
}

/// What is said of a call beside OpenAI's own members.
#[derive(Debug, PartialEq, Serialize)]
pub struct Extra {
    google: Signed,
}

#[derive(Debug, PartialEq, Serialize)]
struct Signed {
    thought_signature: String,
}

impl Extra {
    /// The model's mark.
    pub fn signed(thought_signature: String) -> Self {
        Self { google: Signed { thought_signature } }
    }
}

/// A picture.
#[derive(Debug, PartialEq, Serialize)]
pub struct Image {
    #[serde(rename = "type")]
    kind: &'static str,
    image_url: ImageUrl,
}

#[derive(Debug, PartialEq, Serialize)]
struct ImageUrl {
    url: String,
}

impl Image {
    /// As a data: URL.
    pub fn new(mime_type: &str, data: &str) -> Self {
        Self { kind: "image_url", image_url: ImageUrl { url: format!("data:{mime_type};base64,{data}") } }
    }
}

impl<'a> Completion<'a> {
    /// A whole answer.
    pub fn new(response_id: &str, model: &'a str, choices: Vec<Choice>, usage: OpenAiUsage) -> Self {
        Self { id: id(response_id), object: "chat.completion", created: CREATED, model, choices, usage }
    }
}

impl<'a> Chunk<'a> {
    /// A piece of one of the answers.
    pub fn piece(id: &'a str, model: &'a str, piece: Piece) -> Self {
        Self { id, object: "chat.completion.chunk", created: CREATED, model, choices: vec![piece], usage: None }
    }
    /// The usage chunk.
    pub fn usage(id: &'a str, model: &'a str, usage: OpenAiUsage) -> Self {
        Self { id, object: "chat.completion.chunk", created: CREATED, model, choices: Vec::new(), usage: Some(usage) }
    }
}

/// An id in OpenAI's manner, from the answer's.
pub fn id(response_id: &str) -> String {
    format!("chatcmpl-{response_id}")
}

/// Why the model stopped, in OpenAI's words.
pub fn finish_reason(theirs: &str, has_calls: bool) -> &'static str {
    match theirs {
        "MAX_TOKENS" => "length",
        "SAFETY" | "RECITATION" | "LANGUAGE" | "BLOCKLIST" | "PROHIBITED_CONTENT" | "SPII" | "MODEL_ARMOR" => "content_filter",
        "IMAGE_SAFETY" | "IMAGE_PROHIBITED_CONTENT" | "IMAGE_RECITATION" => "content_filter",
        _ if has_calls => "tool_calls",
        _ => "stop",
    }
}
