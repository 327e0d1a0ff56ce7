//! Anthropic's errors in OpenAI's shape.

use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
struct Envelope {
    error: Said,
}

/// What Anthropic says of an error.
#[derive(Debug, Deserialize)]
pub struct Said {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    message: String,
}

#[derive(Serialize)]
struct Body<'a> {
    error: Error<'a>,
}

#[derive(Serialize)]
struct Error<'a> {
    message: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    param: (),
    code: &'a str,
}

impl Said {
    /// An error of our own making about what the provider sent.
    pub fn unreadable(what: &str) -> Self {
        Self { kind: "api_error".into(), message: what.into() }
    }
    /// In OpenAI's shape; the code is Anthropic's own word for it.
    pub fn openai(&self) -> Vec<u8> {
        let kind = match self.kind.as_str() {
            "invalid_request_error" | "not_found_error" | "request_too_large" => "invalid_request_error",
            "api_error" | "overloaded_error" | "timeout_error" | "" => "server_error",
            other => other,
        };
        let code = if self.kind.is_empty() { "api_error" } else { &self.kind };
        serde_json::to_vec(&Body { error: Error { message: &self.message, kind, param: (), code } }).unwrap_or_default()
    }
}

/// An error answer's body; one that is not Anthropic's is shown as it is, shortened.
pub fn translate(body: &[u8]) -> Vec<u8> {
    let said = serde_json::from_slice::<Envelope>(body).map(|envelope| envelope.error);
    said.unwrap_or_else(|_| Said::unreadable(&String::from_utf8_lossy(body).chars().take(500).collect::<String>())).openai()
}

/// Statuses that only Anthropic has.
pub fn status(status: u16) -> u16 {
    if status == 529 { 503 } else { status }
}
