//! The Messages API's request, as far as it is written here. Texts and schemas are borrowed from the client's body, so that a
//! large request is not copied more often than it must be.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::value::RawValue;

/// The body of a request.
#[derive(Debug, Default, Serialize)]
pub struct Request<'a> {
    /// As the provider knows it.
    pub model: &'a str,
    /// Required by the API.
    pub max_tokens: u64,
    /// The system prompt, a block for each message that it was made from.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub system: Vec<Block<'a>>,
    /// The conversation.
    pub messages: Vec<Turn<'a>>,
    /// Where generation stops.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stop_sequences: Vec<Cow<'a, str>>,
    /// 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<&'a RawValue>,
    /// 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_p: Option<&'a RawValue>,
    /// Not OpenAI's own, but clients can send it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_k: Option<&'a RawValue>,
    /// What the model may call.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<Tool<'a>>,
    /// What it must call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_choice: Option<ToolChoice>,
    /// Who asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Metadata<'a>>,
    /// The shape of the answer and the effort.
    #[serde(skip_serializing_if = "OutputConfig::is_empty")]
    pub output_config: OutputConfig<'a>,
    /// Whether and how it thinks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thinking: Option<Thinking<'a>>,
    /// `auto` or `standard_only`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_tier: Option<&'static str>,
    /// Whether the answer is a stream.
    #[serde(skip_serializing_if = "is_false")]
    pub stream: bool,
}

fn is_false(value: &bool) -> bool {
    !value
}

/// A turn of the conversation.
#[derive(Debug, Serialize)]
pub struct Turn<'a> {
    /// `user` or `assistant`.
    pub role: &'static str,
    /// What was said.
    pub content: Vec<Block<'a>>,
}

/// A block of content.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Block<'a> {
    /// Text.
    Text {
        /// Never empty: the API refuses that.
        text: Cow<'a, str>,
        /// Passed on from clients that know it.
        #[serde(skip_serializing_if = "Option::is_none")]
        cache_control: Option<&'a RawValue>,
    },
    /// A picture.
    Image {
        /// Where it is.
        source: Source<'a>,
        /// Passed on from clients that know it.
        #[serde(skip_serializing_if = "Option::is_none")]
        cache_control: Option<&'a RawValue>,
    },
    /// A PDF.
    Document {
        /// Where it is.
        source: Source<'a>,
        /// Its file name.
        #[serde(skip_serializing_if = "Option::is_none")]
        title: Option<Cow<'a, str>>,
    },
    /// The model calls a tool.
    ToolUse {
        /// The call.
        id: Cow<'a, str>,
        /// The tool.
        name: Cow<'a, str>,
        /// Its arguments.
        input: Box<RawValue>,
    },
    /// What the tool said.
    ToolResult {
        /// The call.
        tool_use_id: Cow<'a, str>,
        /// What it said.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        content: Vec<Block<'a>>,
    },
}

/// Where an image or a document is.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Source<'a> {
    /// In the request.
    Base64 {
        /// Its type.
        media_type: Cow<'a, str>,
        /// Its bytes.
        data: Cow<'a, str>,
    },
    /// On the web.
    Url {
        /// There.
        url: Cow<'a, str>,
    },
}

/// A tool.
#[derive(Debug, Serialize)]
pub struct Tool<'a> {
    /// Its name.
    pub name: Cow<'a, str>,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<Cow<'a, str>>,
    /// Its arguments.
    pub input_schema: Cow<'a, RawValue>,
    /// Whether the arguments are held to the schema.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strict: Option<bool>,
    /// Passed on from clients that know it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_control: Option<&'a RawValue>,
}

/// What the model must call.
#[derive(Debug, Serialize)]
pub struct ToolChoice {
    /// `auto`, `any`, `none` or `tool`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Which tool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// One call at a time.
    #[serde(skip_serializing_if = "is_false")]
    pub disable_parallel_tool_use: bool,
}

/// Who asks.
#[derive(Debug, Serialize)]
pub struct Metadata<'a> {
    /// The client's own name for its user.
    pub user_id: Cow<'a, str>,
}

/// The shape of the answer and the effort.
#[derive(Debug, Default, Serialize)]
pub struct OutputConfig<'a> {
    /// How much the model thinks and writes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effort: Option<&'static str>,
    /// The schema that the answer follows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<Format<'a>>,
}

impl OutputConfig<'_> {
    fn is_empty(&self) -> bool {
        self.effort.is_none() && self.format.is_none()
    }
}

/// The schema that the answer follows.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Format<'a> {
    /// A JSON schema.
    JsonSchema {
        /// As the client wrote it.
        schema: &'a RawValue,
    },
}

/// Whether and how the model thinks.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Thinking<'a> {
    /// By a mode or a budget.
    Mode {
        /// `adaptive`, `enabled`, `disabled`.
        #[serde(rename = "type")]
        kind: &'static str,
        /// With `enabled`.
        #[serde(skip_serializing_if = "Option::is_none")]
        budget_tokens: Option<u64>,
    },
    /// As the client wrote it.
    Given(&'a RawValue),
}
