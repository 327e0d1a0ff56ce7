//! A provider's errors in Gemini's shape.

use serde::Serialize;

use crate::translate::said::Said;

/// An error, in an answer or in a stream.
#[derive(Debug, Serialize)]
pub struct Envelope<'a> {
    error: Error<'a>,
}

#[derive(Debug, Serialize)]
struct Error<'a> {
    code: u16,
    message: &'a str,
    status: &'static str,
}

/// What was said, with Gemini's word for its status.
pub fn envelope(status: u16, said: &Said) -> Envelope<'_> {
    Envelope { error: Error { code: status, message: &said.message, status: word(status) } }
}

fn word(status: u16) -> &'static str {
    match status {
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        402 | 429 => "RESOURCE_EXHAUSTED",
        503 | 529 => "UNAVAILABLE",
        504 => "DEADLINE_EXCEEDED",
        500.. => "INTERNAL",
        _ => "INVALID_ARGUMENT",
    }
}
