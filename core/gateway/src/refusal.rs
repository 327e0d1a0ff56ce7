//! Every way in which the gateway itself says no, in one table: stable code, status, whose fault, whether to try
//! again, what was billed, and the text. A provider's own error answers are not here: they are forwarded.

use std::fmt;

use http::StatusCode;

use crate::dialect::ErrorKind;

mod client;
mod resource;
mod serving;
#[cfg(test)]
mod tests;

/// Whose fault a refusal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The client's: another request may pass.
    Client,
    /// The provider's.
    Upstream,
    /// The gateway's or its operator's.
    Gateway,
}

impl Fault {
    /// The word in the `x-weighbridge-fault` header.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Upstream => "upstream",
            Self::Gateway => "gateway",
        }
    }
}

/// A named refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal(Box<Inner>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Inner {
    code: &'static str,
    status: StatusCode,
    kind: ErrorKind,
    fault: Fault,
    message: String,
    param: Option<&'static str>,
    retry_after_s: Option<u32>,
}

impl Refusal {
    fn new(code: &'static str, status: u16, kind: ErrorKind, fault: Fault, message: impl Into<String>) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self(Box::new(Inner { code, status, kind, fault, message: message.into(), param: None, retry_after_s: None }))
    }
    fn param(mut self, name: &'static str) -> Self {
        self.0.param = Some(name);
        self
    }
    fn retry_after(mut self, seconds: u32) -> Self {
        self.0.retry_after_s = Some(seconds);
        self
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.0.code
    }
    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.0.status
    }
    /// What it is, for the dialect's `type`.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }
    /// Whose fault.
    pub fn fault(&self) -> Fault {
        self.0.fault
    }
    /// The text for people.
    pub fn message(&self) -> &str {
        &self.0.message
    }
    /// The request's parameter that it is about.
    pub fn parameter(&self) -> Option<&'static str> {
        self.0.param
    }
    /// Whether it was said before the request's body was read.
    pub(crate) fn leaves_body_unread(&self) -> bool {
        matches!(self.0.code, "request_too_large" | "request_timeout" | "invalid_api_key" | "not_found" | "method_not_allowed")
    }
    /// After how many seconds to try again, where that may help.
    pub fn retry_after_seconds(&self) -> Option<u32> {
        self.0.retry_after_s
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.code, self.0.message)
    }
}
impl std::error::Error for Refusal {}
