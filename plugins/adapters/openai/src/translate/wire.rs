//! A chat completion's request, as far as it is written here. Texts and schemas are borrowed from the client's body, so that a
//! large request is not copied more often than it must be.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::value::RawValue;

pub use super::message::{Audio, Call, Content, File, ImageUrl, Message, Part, Url};

/// The body of a request.
#[derive(Debug, Default, Serialize)]
pub struct Request<'a> {
    /// As the provider knows it.
    pub model: &'a str,
    /// The conversation.
    pub messages: Vec<Message<'a>>,
    /// What the model may call.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<Tool<'a>>,
    /// What it must call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_choice: Option<ToolChoice<'a>>,
    /// Whether it may call several at a time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parallel_tool_calls: Option<bool>,
    /// Where generation stops.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stop: Vec<Cow<'a, str>>,
    /// The most tokens of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_completion_tokens: Option<u64>,
    /// The same by its older name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u64>,
    /// As the client wrote it, as all that follow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<&'a RawValue>,
    /// The nucleus.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_p: Option<&'a RawValue>,
    /// How many answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub n: Option<&'a RawValue>,
    /// For answers that can be repeated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<&'a RawValue>,
    /// Against what was said at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub presence_penalty: Option<&'a RawValue>,
    /// Against what was said often.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frequency_penalty: Option<&'a RawValue>,
    /// How much the model thinks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning_effort: Option<Cow<'a, str>>,
    /// How much it says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verbosity: Option<Cow<'a, str>>,
    /// The shape of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_format: Option<Format<'a>>,
    /// Who asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<Cow<'a, str>>,
    /// How fast, at which price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_tier: Option<Cow<'a, str>>,
    /// Whether the answer is a stream.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub stream: bool,
    /// What the stream holds beside the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream_options: Option<StreamOptions>,
}

/// What a stream holds beside the answer.
#[derive(Debug, Serialize)]
pub struct StreamOptions {
    /// A report of what was used.
    pub include_usage: bool,
}

/// A tool.
#[derive(Debug, Serialize)]
pub struct Tool<'a> {
    /// `function`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The function.
    pub function: Function<'a>,
}

/// A function.
#[derive(Debug, Serialize)]
pub struct Function<'a> {
    /// Its name.
    pub name: Cow<'a, str>,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<Cow<'a, str>>,
    /// Its arguments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameters: Option<Cow<'a, RawValue>>,
    /// Whether the arguments are held to the schema.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strict: Option<bool>,
}

/// What the model must call.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum ToolChoice<'a> {
    /// `auto`, `none` or `required`.
    Mode(&'static str),
    /// This one.
    Named {
        /// `function`.
        #[serde(rename = "type")]
        kind: &'static str,
        /// Which.
        function: Name<'a>,
    },
}

/// A name.
#[derive(Debug, Serialize)]
pub struct Name<'a> {
    /// The name.
    pub name: Cow<'a, str>,
}

/// The shape of the answer.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Format<'a> {
    /// Any JSON object.
    JsonObject,
    /// JSON by a schema.
    JsonSchema {
        /// The schema.
        json_schema: Schema<'a>,
    },
}

/// A schema with its name.
#[derive(Debug, Serialize)]
pub struct Schema<'a> {
    /// Its name.
    pub name: Cow<'a, str>,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<Cow<'a, str>>,
    /// The schema.
    pub schema: Cow<'a, RawValue>,
    /// Whether the answer is held to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strict: Option<bool>,
}

impl<'a> ToolChoice<'a> {
    /// This function.
    pub fn named(name: Cow<'a, str>) -> Self {
        Self::Named { kind: "function", function: Name { name } }
    }
}

impl<'a> Tool<'a> {
    /// A function.
    pub fn function(function: Function<'a>) -> Self {
        Self { kind: "function", function }
    }
}
