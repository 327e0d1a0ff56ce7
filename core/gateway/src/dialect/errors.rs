//! The shapes in which the dialects' clients read errors, and how an error ends a stream that has begun.

use std::sync::Arc;

use serde_json::{Value, json};

use super::ErrorKind;
use crate::{meter::aws, refusal::Refusal};

/// The shape of a dialect's errors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ErrorStyle {
    /// `{"error":{"message","type","param","code"}}`.
    Openai,
    /// `{"type":"error","error":{"type","message"}}`.
    Anthropic,
    /// `{"error":{"code":404,"message","status":"NOT_FOUND"}}`.
    Gemini,
    /// `{"message"}`, and the kind in a header.
    Bedrock,
    /// `{"error":"…"}`.
    Ollama,
    /// As a plugin's manifest says.
    Template(Arc<str>),
}

/// The header in which Bedrock clients read what an error is.
pub(crate) const AMZN_ERROR_TYPE: &str = "x-amzn-errortype";

impl ErrorStyle {
    /// A built-in style by its name, or a template. `None`: the template does not make JSON.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "openai" => Self::Openai,
            "anthropic" => Self::Anthropic,
            "gemini" => Self::Gemini,
            "bedrock" => Self::Bedrock,
            "ollama" => Self::Ollama,
            template => {
                let style = Self::Template(template.into());
                serde_json::from_slice::<serde::de::IgnoredAny>(&style.body(&Refusal::internal())).ok().filter(|_| template.contains("{message}"))?;
                style
            }
        })
    }

    /// A refusal in this shape.
    pub(crate) fn body(&self, refusal: &Refusal) -> Vec<u8> {
        let message = Value::from(refusal.message());
        let (code, kind) = (refusal.code(), refusal.kind());
        match self {
            Self::Openai => {
                let param = refusal.parameter().map_or(Value::Null, Into::into);
                format!(r#"{{"error":{{"message":{message},"type":"{}","param":{param},"code":"{code}"}}}}"#, kind.openai_chat())
            }
            Self::Anthropic => format!(r#"{{"type":"error","error":{{"type":"{}","message":{message},"code":"{code}"}}}}"#, kind.anthropic_messages()),
            Self::Gemini => {
                let status = refusal.status().as_u16();
                // `code` is the HTTP status there: ours stands beside it, where the shape has room for reasons.
                let details = json!([{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": code, "domain": "weighbridge"}]);
                format!(r#"{{"error":{{"code":{status},"message":{message},"status":"{}","details":{details}}}}}"#, kind.rpc_status())
            }
            Self::Bedrock => format!(r#"{{"message":{message},"code":"{code}"}}"#),
            Self::Ollama => format!(r#"{{"error":{message},"code":"{code}"}}"#),
            Self::Template(template) => filled(template, |name| match name {
                "message" => Some(message.to_string()),
                "code" => Some(format!("\"{code}\"")),
                "type" => Some(format!("\"{}\"", kind.openai_chat())),
                "status" => Some(refusal.status().as_u16().to_string()),
                _ => None,
            }),
        }
        .into_bytes()
    }

    /// A refusal as the last of a stream's server-sent events.
    pub(crate) fn event(&self, refusal: &Refusal) -> Vec<u8> {
        let head: &[u8] = if *self == Self::Anthropic { b"event: error\ndata: " } else { b"data: " };
        [head, &self.body(refusal), b"\n\n"].concat()
    }

    /// A refusal as the last message of an AWS event stream. Inside a stream an exception's name begins with a small letter.
    pub(crate) fn exception(&self, refusal: &Refusal) -> Vec<u8> {
        let mut name = refusal.kind().aws_exception().to_owned();
        if let Some(first) = name.get_mut(..1) {
            first.make_ascii_lowercase();
        }
        aws::encode("exception", &name, &self.body(refusal))
    }
}

/// A template with its names replaced, in one pass: what was put in is not looked at again.
fn filled(template: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut text = String::with_capacity(template.len() + 64);
    let mut rest = template;
    while let Some(at) = rest.find('{') {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        let named = rest[1..].split_once('}').and_then(|(name, further)| Some((value(name)?, further)));
        match named {
            Some((value, further)) => {
                text.push_str(&value);
                rest = further;
            }
            None => {
                text.push('{');
                rest = &rest[1..];
            }
        }
    }
    text.push_str(rest);
    text
}

impl ErrorKind {
    fn openai_chat(self) -> &'static str {
        match self {
            Self::InvalidRequest | Self::NotFound | Self::TooLarge => "invalid_request_error",
            Self::Authentication => "authentication_error",
            Self::Permission => "permission_error",
            Self::Billing => "insufficient_quota",
            Self::RateLimit => "rate_limit_error",
            Self::Server | Self::Overloaded | Self::Timeout => "server_error",
        }
    }
    fn anthropic_messages(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request_error",
            Self::Authentication => "authentication_error",
            Self::Permission => "permission_error",
            Self::NotFound => "not_found_error",
            Self::Billing => "billing_error",
            Self::TooLarge => "request_too_large",
            Self::RateLimit => "rate_limit_error",
            Self::Server => "api_error",
            Self::Overloaded => "overloaded_error",
            Self::Timeout => "timeout_error",
        }
    }
    /// In the words of google.rpc.Code.
    fn rpc_status(self) -> &'static str {
        match self {
            Self::InvalidRequest | Self::TooLarge => "INVALID_ARGUMENT",
            Self::Authentication => "UNAUTHENTICATED",
            Self::Permission => "PERMISSION_DENIED",
            Self::NotFound => "NOT_FOUND",
            Self::Billing => "FAILED_PRECONDITION",
            Self::RateLimit => "RESOURCE_EXHAUSTED",
            Self::Server => "INTERNAL",
            Self::Overloaded => "UNAVAILABLE",
            Self::Timeout => "DEADLINE_EXCEEDED",
        }
    }
    /// In the words of Bedrock's runtime.
    pub(crate) fn aws_exception(self) -> &'static str {
        match self {
            Self::InvalidRequest | Self::TooLarge => "ValidationException",
            Self::Authentication | Self::Permission => "AccessDeniedException",
            Self::NotFound => "ResourceNotFoundException",
            Self::Billing => "ServiceQuotaExceededException",
            Self::RateLimit => "ThrottlingException",
            Self::Server => "InternalServerException",
            Self::Overloaded => "ServiceUnavailableException",
            Self::Timeout => "ModelTimeoutException",
        }
    }
}
