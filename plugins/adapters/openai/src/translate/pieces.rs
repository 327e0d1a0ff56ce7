//! What a message, or a piece of one, says: thinking, text, a refusal, calls.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    answer::Members,
    params::{Str, text},
};
use crate::config::Config;

/// Something that was said.
#[derive(Debug, PartialEq)]
pub enum Piece<'a> {
    /// Thinking, where the provider shows it.
    Reasoning(Cow<'a, str>),
    /// Text.
    Text(Cow<'a, str>),
    /// Why the model does not answer.
    Refusal(Cow<'a, str>),
    /// A call, or more of its arguments.
    Call(CallPiece<'a>),
}

/// A call, or more of its arguments.
#[derive(Debug, PartialEq, Default)]
pub struct CallPiece<'a> {
    /// Which of the calls.
    pub index: Option<u32>,
    /// At its beginning.
    pub id: Option<Cow<'a, str>>,
    /// At its beginning.
    pub name: Option<Cow<'a, str>>,
    /// The text of its arguments, or more of it.
    pub arguments: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Call<'a> {
    #[serde(default)]
    index: Option<u32>,
    #[serde(borrow, default)]
    id: Option<Str<'a>>,
    #[serde(borrow, default)]
    function: Option<Function<'a>>,
}

#[derive(Deserialize)]
struct Function<'a> {
    #[serde(borrow, default)]
    name: Option<Str<'a>>,
    #[serde(borrow, default)]
    arguments: Option<&'a RawValue>,
}

/// A part of a content that is a list: some providers think and speak in one list.
#[derive(Deserialize)]
struct Part<'a> {
    #[serde(borrow, default)]
    text: Option<Str<'a>>,
    #[serde(borrow, default)]
    thinking: Option<&'a RawValue>,
}

/// What is said, in the order in which it was thought: thinking, text, calls. Empty texts are nothing.
pub fn pieces<'a>(config: &Config, members: &Members<'a>) -> Result<Vec<Piece<'a>>, serde_json::Error> {
    let said = |name: &str| members.get(name).copied().and_then(text).filter(|text| !text.is_empty());
    let mut pieces = Vec::new();
    pieces.extend(config.reasoning_text.iter().find_map(|name| said(name)).map(Piece::Reasoning));
    if let Some(content) = members.get("content") {
        match text(content) {
            Some(text) if text.is_empty() => {}
            Some(text) => pieces.push(Piece::Text(text)),
            None => parts(content, &mut pieces)?,
        }
    }
    pieces.extend(said("refusal").map(Piece::Refusal));
    let calls: Option<Vec<Call<'a>>> = members.get("tool_calls").map(|raw| serde_json::from_str(raw.get())).transpose()?.flatten();
    pieces.extend(calls.unwrap_or_default().into_iter().map(|call| Piece::Call(call.into())));
    Ok(pieces)
}

fn parts<'a>(content: &'a RawValue, pieces: &mut Vec<Piece<'a>>) -> Result<(), serde_json::Error> {
    let parts: Option<Vec<Part<'a>>> = serde_json::from_str(content.get())?;
    for part in parts.unwrap_or_default() {
        if let Some(thinking) = part.thinking {
            match text(thinking) {
                Some(text) => pieces.push(Piece::Reasoning(text)),
                None => {
                    let thoughts: Vec<Part<'a>> = serde_json::from_str(thinking.get())?;
                    pieces.extend(thoughts.into_iter().filter_map(|part| Some(Piece::Reasoning(part.text?.0))));
                }
            }
        }
        pieces.extend(part.text.map(|text| Piece::Text(text.0)).filter(|piece| *piece != Piece::Text("".into())));
    }
    Ok(())
}

impl<'a> From<Call<'a>> for CallPiece<'a> {
    fn from(call: Call<'a>) -> Self {
        let function = call.function;
        let (name, arguments) = function.map(|function| (function.name, function.arguments)).unwrap_or_default();
        let full = |text: Option<Str<'a>>| text.map(|text| text.0).filter(|text| !text.is_empty());
        // Some providers give the arguments as they are, not as a text.
        let arguments = arguments.filter(|raw| raw.get() != "null").map(|raw| text(raw).unwrap_or(Cow::Borrowed(raw.get())));
        Self { index: call.index, id: full(call.id), name: full(name), arguments: arguments.unwrap_or_default() }
    }
}
