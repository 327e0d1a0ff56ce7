//! An answer of generateContent, or one chunk of a streamed answer, as far as it is read here.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{error::Said, params::Str};
use crate::usage::counts::Counts;

/// The answer, or a chunk of it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer<'a> {
    /// What was generated, one for each answer that was asked for.
    #[serde(borrow, default)]
    pub candidates: Vec<Candidate<'a>>,
    /// What is said of the prompt, where it was refused.
    #[serde(borrow, default)]
    pub prompt_feedback: Option<Feedback<'a>>,
    /// What was used so far.
    #[serde(default)]
    pub usage_metadata: Option<Counts>,
    /// The served model.
    #[serde(borrow, default)]
    pub model_version: Option<Str<'a>>,
    /// The answer's id.
    #[serde(borrow, default)]
    pub response_id: Option<Str<'a>>,
    /// In the midst of a stream.
    #[serde(default)]
    pub error: Option<Said>,
}

/// One of the answers.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Candidate<'a> {
    /// Which of them; the first where it is not said.
    #[serde(default)]
    pub index: u32,
    /// What was generated.
    #[serde(borrow, default)]
    pub content: Option<Content<'a>>,
    /// Why it ended, where it did.
    #[serde(borrow, default)]
    pub finish_reason: Option<Str<'a>>,
}

/// What was generated.
#[derive(Deserialize)]
pub struct Content<'a> {
    /// Its parts.
    #[serde(borrow, default)]
    pub parts: Vec<Part<'a>>,
}

/// A part. Other kinds than these come from tools that an OpenAI-speaking client cannot ask for.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Part<'a> {
    /// Text.
    #[serde(borrow, default)]
    pub text: Option<Str<'a>>,
    /// Whether the text is thinking.
    #[serde(default)]
    pub thought: Option<bool>,
    /// A call of a tool.
    #[serde(borrow, default)]
    pub function_call: Option<Call<'a>>,
    /// The model's mark on it.
    #[serde(borrow, default)]
    pub thought_signature: Option<Str<'a>>,
    /// A picture.
    #[serde(borrow, default)]
    pub inline_data: Option<Inline<'a>>,
}

/// A call of a tool.
#[derive(Deserialize)]
pub struct Call<'a> {
    /// Where the model gives one.
    #[serde(borrow, default)]
    pub id: Option<Str<'a>>,
    /// The tool.
    #[serde(borrow)]
    pub name: Str<'a>,
    /// Its arguments.
    #[serde(borrow, default)]
    pub args: Option<&'a RawValue>,
}

/// A file in the answer.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Inline<'a> {
    /// Its type.
    #[serde(borrow)]
    pub mime_type: Str<'a>,
    /// Its bytes.
    #[serde(borrow)]
    pub data: Str<'a>,
}

/// What is said of the prompt.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Feedback<'a> {
    /// Why it was refused.
    #[serde(borrow, default)]
    pub block_reason: Option<Str<'a>>,
}

impl Answer<'_> {
    /// Whether the prompt was refused, so that there is no answer.
    pub fn is_blocked(&self) -> bool {
        self.candidates.is_empty() && self.prompt_feedback.as_ref().is_some_and(|feedback| feedback.block_reason.is_some())
    }
}
