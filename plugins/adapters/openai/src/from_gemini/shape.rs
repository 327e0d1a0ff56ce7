//! Gemini's answers, as they are written here: a stream is a row of them.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::translate::{answer::Finish, tally::Totals};

/// An answer, or a piece of one.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer<'a> {
    /// What was said.
    pub candidates: Vec<Candidate>,
    /// What was used; at the end, where it is reported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage_metadata: Option<Usage>,
    /// The served model.
    pub model_version: &'a str,
    /// The answer's id.
    pub response_id: &'a str,
}

/// One of the answers.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Candidate {
    /// What it says.
    pub content: Content,
    /// Why it ended; at its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finish_reason: Option<&'static str>,
    /// Which.
    pub index: u32,
}

/// What an answer says.
#[derive(Debug, Serialize)]
pub struct Content {
    /// In parts.
    pub parts: Vec<Part>,
    /// `model`.
    pub role: &'static str,
}

/// A part.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Part {
    /// Text.
    Text {
        /// The text.
        text: String,
    },
    /// A thought.
    Thought {
        /// The thought.
        text: String,
        /// True.
        thought: bool,
    },
    /// A call.
    Call {
        /// The call.
        #[serde(rename = "functionCall")]
        call: Call,
    },
}

/// A call.
#[derive(Debug, Serialize)]
pub struct Call {
    /// For the client to send back with the function's response.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// The function.
    pub name: String,
    /// Its arguments.
    pub args: Box<RawValue>,
}

/// Usage as Gemini tells it: thoughts stand beside the candidates.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Usage {
    prompt_token_count: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    cached_content_token_count: Option<u64>,
    candidates_token_count: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    thoughts_token_count: Option<u64>,
    total_token_count: u64,
}

impl Usage {
    /// All input; output without thoughts, and thoughts.
    pub fn of(totals: Totals) -> Self {
        Self {
            prompt_token_count: totals.input(),
            cached_content_token_count: totals.cache_read,
            candidates_token_count: totals.output - totals.reasoning.unwrap_or(0),
            thoughts_token_count: totals.reasoning,
            total_token_count: totals.input().saturating_add(totals.output),
        }
    }
}

impl Candidate {
    /// A candidate's parts.
    pub fn new(index: u32, parts: Vec<Part>, finish: Option<Finish>) -> Self {
        Self { content: Content { parts, role: "model" }, finish_reason: finish.map(finish_reason), index }
    }
}

/// Why the model stopped, in Gemini's words. Calling functions is an ordinary end there.
fn finish_reason(finish: Finish) -> &'static str {
    match finish {
        Finish::Stop | Finish::Calls => "STOP",
        Finish::Length => "MAX_TOKENS",
        Finish::Filter => "SAFETY",
    }
}
