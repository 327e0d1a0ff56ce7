//! What a provider says of an error, however it says it.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::{answer::Members, params::text};

/// An error's message, and the provider's own word for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// For people.
    pub message: String,
    /// `code`, else `type`.
    pub code: Option<String>,
}

impl Said {
    /// An error of our own making about what the provider sent.
    pub fn unreadable(what: impl Into<String>) -> Self {
        Self { message: what.into(), code: None }
    }
    /// An answer that is none.
    pub fn untranslatable(problem: serde_json::Error) -> Self {
        Self::unreadable(format!("the provider's answer is not one that can be translated: {problem}"))
    }
    /// An error answer's body; one that is in no known shape is shown as it is, shortened.
    pub fn read(body: &[u8]) -> Self {
        let said = serde_json::from_slice::<Members<'_>>(body).ok().and_then(|members| match members.get("error") {
            Some(error) => Self::of(error),
            None => Self::members(&members),
        });
        said.unwrap_or_else(|| Self::unreadable(String::from_utf8_lossy(body).chars().take(500).collect::<String>()))
    }
    /// What a body says though its status says that all is well; else this.
    pub fn of_body(body: &[u8], otherwise: &str) -> Self {
        let members = serde_json::from_slice::<Members<'_>>(body).unwrap_or_default();
        members.get("error").and_then(|error| Self::of(error)).unwrap_or_else(|| Self::unreadable(otherwise))
    }
    /// The value of `error`: a text or an object.
    pub fn of(error: &RawValue) -> Option<Self> {
        if let Some(message) = text(error) {
            return Some(Self::unreadable(message));
        }
        Self::members(&serde_json::from_str(error.get()).ok()?)
    }
    fn members(members: &Members<'_>) -> Option<Self> {
        let get = |name: &str| members.get(name).copied().and_then(text).map(Cow::into_owned).filter(|text| !text.is_empty());
        Some(Self { message: get("message").or_else(|| get("detail"))?, code: get("code").or_else(|| get("type")) })
    }
}
