//! A chat completion's answer, whole or in chunks, as far as it is read here: leniently, for it comes from many providers.

use std::{borrow::Cow, collections::BTreeMap};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::params::{Str, text};

/// A whole answer or a chunk.
#[derive(Debug, Deserialize)]
pub struct Answer<'a> {
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    model: Option<&'a RawValue>,
    #[serde(borrow, default)]
    created: Option<&'a RawValue>,
    #[serde(borrow, default)]
    service_tier: Option<&'a RawValue>,
    /// None in the chunk that reports usage; absent where it is no answer at all.
    #[serde(borrow, default)]
    pub choices: Option<Vec<Choice<'a>>>,
    /// A failure in the middle of a stream.
    #[serde(borrow, default)]
    pub error: Option<&'a RawValue>,
}

/// One of the answers.
#[derive(Debug, Deserialize)]
pub struct Choice<'a> {
    /// Which.
    #[serde(default)]
    pub index: Option<u32>,
    #[serde(borrow, default)]
    message: Option<Members<'a>>,
    #[serde(borrow, default)]
    delta: Option<Members<'a>>,
    #[serde(borrow, default)]
    finish_reason: Option<Str<'a>>,
}

/// A message or a piece of one.
pub type Members<'a> = BTreeMap<String, &'a RawValue>;

impl<'a> Answer<'a> {
    /// Reads a body or the data of an event.
    pub fn read(body: &'a [u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(body)
    }
    /// The answer's id without what chat completions put before it.
    pub fn id(&self) -> Cow<'a, str> {
        match self.id.and_then(text) {
            Some(Cow::Borrowed(id)) => Cow::Borrowed(id.strip_prefix("chatcmpl-").unwrap_or(id)),
            Some(Cow::Owned(id)) => Cow::Owned(id.strip_prefix("chatcmpl-").unwrap_or(&id).to_owned()),
            None => Cow::Borrowed(""),
        }
    }
    /// The served model.
    pub fn model(&self) -> Cow<'a, str> {
        self.model.and_then(text).unwrap_or_default()
    }
    /// When it began, in seconds; 0 where it does not say.
    pub fn created(&self) -> u64 {
        let whole = |raw: &RawValue| raw.get().split('.').next().and_then(|seconds| seconds.parse().ok());
        self.created.and_then(whole).unwrap_or(0)
    }
    /// The tier that served it.
    pub fn service_tier(&self) -> Option<Cow<'a, str>> {
        self.service_tier.and_then(text).filter(|tier| !tier.is_empty())
    }
    /// Takes the choices.
    pub fn take_choices(&mut self) -> Vec<Choice<'a>> {
        self.choices.take().unwrap_or_default()
    }
}

impl<'a> Choice<'a> {
    /// The whole message.
    pub fn message(&self) -> Option<&Members<'a>> {
        self.message.as_ref().or(self.delta.as_ref())
    }
    /// The piece; some providers send the message so far beside it.
    pub fn delta(&self) -> Option<&Members<'a>> {
        self.delta.as_ref().or(self.message.as_ref())
    }
    /// Why it ended, if it did.
    pub fn finish(&self) -> Option<Finish> {
        let reason = self.finish_reason.as_ref().map(|reason| reason.0.as_ref()).filter(|reason| !reason.is_empty())?;
        Some(match reason {
            "length" | "model_length" | "max_tokens" => Finish::Length,
            "tool_calls" | "function_call" => Finish::Calls,
            "content_filter" => Finish::Filter,
            _ => Finish::Stop,
        })
    }
}

/// Why an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, serde::Serialize)]
pub enum Finish {
    /// It was whole, or a stop sequence came.
    #[serde(rename = "s")]
    Stop,
    /// It was as long as it may be.
    #[serde(rename = "l")]
    Length,
    /// Tools are to be called.
    #[serde(rename = "c")]
    Calls,
    /// A filter cut it off.
    #[serde(rename = "f")]
    Filter,
}
