//! A provider's errors in Anthropic's shape.

use serde::Serialize;

use crate::translate::said::Said;

/// An error, in an answer or in a stream.
#[derive(Debug, Serialize)]
pub struct Envelope<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    error: Error<'a>,
}

#[derive(Debug, Serialize)]
struct Error<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    message: &'a str,
}

/// What was said, with Anthropic's word for its status.
pub fn envelope(status: u16, said: &Said) -> Envelope<'_> {
    Envelope { kind: "error", error: Error { kind: kind(status), message: &said.message } }
}

fn kind(status: u16) -> &'static str {
    match status {
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        503 | 529 => "overloaded_error",
        504 => "timeout_error",
        500.. => "api_error",
        _ => "invalid_request_error",
    }
}
