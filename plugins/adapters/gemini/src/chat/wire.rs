//! The request of generateContent, as far as it is written here. Texts and schemas are borrowed from the client's body, so that a
//! large request is not copied more often than it must be.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::value::RawValue;

/// The body of a request.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Request<'a> {
    /// The system prompt, a part for each message that it was made from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system_instruction: Option<Content<'a>>,
    /// The conversation.
    pub contents: Vec<Content<'a>>,
    /// What the model may call.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<Tools<'a>>,
    /// What it must call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_config: Option<ToolConfig>,
    /// How it generates.
    pub generation_config: GenerationConfig<'a>,
    /// `flex`, `priority`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_tier: Option<Cow<'a, str>>,
}

/// A turn of the conversation.
#[derive(Debug, Serialize)]
pub struct Content<'a> {
    /// `user` or `model`; none for the system prompt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<&'static str>,
    /// What was said.
    pub parts: Vec<Part<'a>>,
}

/// A part of a turn.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Part<'a> {
    /// What it is.
    #[serde(flatten)]
    pub data: Data<'a>,
    /// The model's own mark on a call, which it wants back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thought_signature: Option<Cow<'a, str>>,
}

/// What a part is.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Data<'a> {
    /// Text.
    Text(Cow<'a, str>),
    /// A file in the request.
    #[serde(rename_all = "camelCase")]
    InlineData {
        /// Its type.
        mime_type: Cow<'a, str>,
        /// Its bytes.
        data: Cow<'a, str>,
    },
    /// A file somewhere else.
    #[serde(rename_all = "camelCase")]
    FileData {
        /// Its type, where its name tells it.
        #[serde(skip_serializing_if = "Option::is_none")]
        mime_type: Option<&'static str>,
        /// There.
        file_uri: Cow<'a, str>,
    },
    /// The model calls a tool.
    FunctionCall {
        /// The tool.
        name: Cow<'a, str>,
        /// Its arguments.
        args: Box<RawValue>,
    },
    /// What the tool said.
    FunctionResponse {
        /// The tool.
        name: Cow<'a, str>,
        /// What it said.
        response: Box<RawValue>,
    },
}

/// The tools.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tools<'a> {
    /// The client's own.
    pub function_declarations: Vec<Declaration<'a>>,
}

/// A tool.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Declaration<'a> {
    /// Its name.
    pub name: Cow<'a, str>,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<Cow<'a, str>>,
    /// The schema of its arguments, as the client wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameters_json_schema: Option<&'a RawValue>,
}

/// What the model must call.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolConfig {
    /// The only member that is written here.
    pub function_calling_config: Calling,
}

/// What the model must call.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Calling {
    /// `AUTO`, `ANY`, `NONE`, or `VALIDATED`: as it likes, and held to the schema.
    pub mode: &'static str,
    /// Of these only.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allowed_function_names: Vec<String>,
}

/// How the model generates.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GenerationConfig<'a> {
    /// How many answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub candidate_count: Option<&'a RawValue>,
    /// Where generation stops.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stop_sequences: Vec<Cow<'a, str>>,
    /// The most that is generated, thinking included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_output_tokens: Option<u64>,
    /// 0 to 2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<&'a RawValue>,
    /// 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_p: Option<&'a RawValue>,
    /// Not OpenAI's own, but clients can send it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_k: Option<&'a RawValue>,
    /// For the same answer again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<&'a RawValue>,
    /// Against what was said already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub presence_penalty: Option<&'a RawValue>,
    /// Against what was said often.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frequency_penalty: Option<&'a RawValue>,
    /// `application/json`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_mime_type: Option<&'static str>,
    /// The schema that the answer follows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_json_schema: Option<&'a RawValue>,
    /// How it thinks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thinking_config: Option<Thinking>,
}

/// How the model thinks: by a budget or by a level.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Thinking {
    /// In tokens; 0 is not at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thinking_budget: Option<u64>,
    /// `minimal`, `low`, `medium`, `high`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thinking_level: Option<&'static str>,
}
