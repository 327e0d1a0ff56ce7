//! Google's errors in OpenAI's shape.

use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
struct Envelope {
    error: Said,
}

/// What Google says of an error.
#[derive(Debug, Deserialize)]
pub struct Said {
    #[serde(default)]
    status: String,
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
        Self { status: "INTERNAL".into(), message: what.into() }
    }
    /// In OpenAI's shape; the code is Google's own word for it.
    pub fn openai(&self) -> Vec<u8> {
        let kind = match self.status.as_str() {
            "INVALID_ARGUMENT" | "NOT_FOUND" | "FAILED_PRECONDITION" | "OUT_OF_RANGE" => "invalid_request_error",
            "UNAUTHENTICATED" => "authentication_error",
            "PERMISSION_DENIED" => "permission_error",
            "RESOURCE_EXHAUSTED" => "rate_limit_error",
            _ => "server_error",
        };
        let code = if self.status.is_empty() { "UNKNOWN" } else { &self.status };
        serde_json::to_vec(&Body { error: Error { message: &self.message, kind, param: (), code } }).unwrap_or_default()
    }
}

/// An error answer's body, alone or as the only element of an array; one that is not Google's is shown as it is, shortened.
pub fn translate(body: &[u8]) -> Vec<u8> {
    let listed = serde_json::from_slice::<Vec<Envelope>>(body).ok().and_then(|list| list.into_iter().next());
    let said = listed.or_else(|| serde_json::from_slice(body).ok()).map(|envelope| envelope.error);
    said.unwrap_or_else(|| Said::unreadable(&String::from_utf8_lossy(body).chars().take(500).collect::<String>())).openai()
}
