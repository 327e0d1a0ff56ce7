//! Dialects: the API shapes that clients speak. A dialect is a path, where its requests keep the model and the stream
//! flag, and the shape of its errors. What a provider makes of it is its adapter's business.

use http::Method;

use crate::{json::PointerSet, refusal::Refusal};

/// An API shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// OpenAI's chat completions.
    OpenaiChat,
    /// Anthropic's messages.
    AnthropicMessages,
}

impl Dialect {
    /// The dialect that a request is in, by its method and path.
    pub fn of(method: &Method, path: &str) -> Result<Self, Refusal> {
        let dialect = match path {
            "/v1/chat/completions" => Self::OpenaiChat,
            "/v1/messages" => Self::AnthropicMessages,
            _ => return Err(Refusal::no_such_route(method, path)),
        };
        if method == Method::POST { Ok(dialect) } else { Err(Refusal::method_not_allowed(method, path)) }
    }

    /// The dialect whose error shape suits a path that could not be served.
    pub fn for_errors(path: &str) -> Self {
        if path.starts_with("/v1/messages") { Self::AnthropicMessages } else { Self::OpenaiChat }
    }

    /// Its name, as plans and records have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OpenaiChat => "openai.chat",
            Self::AnthropicMessages => "anthropic.messages",
        }
    }

    /// A refusal in this dialect's shape.
    pub fn error_body(self, refusal: &Refusal) -> Vec<u8> {
        let message = serde_json::Value::from(refusal.message());
        let (code, kind) = (refusal.code(), refusal.kind());
        match self {
            Self::OpenaiChat => {
                let param = refusal.parameter().map_or(serde_json::Value::Null, Into::into);
                format!(r#"{{"error":{{"message":{message},"type":"{}","param":{param},"code":"{code}"}}}}"#, kind.openai_chat())
            }
            Self::AnthropicMessages => format!(r#"{{"type":"error","error":{{"type":"{}","message":{message},"code":"{code}"}}}}"#, kind.anthropic_messages()),
        }
        .into_bytes()
    }

    /// A refusal as the last event of a stream that has begun.
    pub fn error_event(self, refusal: &Refusal) -> Vec<u8> {
        let body = self.error_body(refusal);
        let head: &[u8] = if self == Self::AnthropicMessages { b"event: error\ndata: " } else { b"data: " };
        [head, &body, b"\n\n"].concat()
    }
}

/// What a refusal is, in the words of the dialects' `type` field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The request is wrong.
    InvalidRequest,
    /// The key is wrong.
    Authentication,
    /// The key may not.
    Permission,
    /// There is no such thing.
    NotFound,
    /// Money ran out.
    Billing,
    /// Too much.
    TooLarge,
    /// Too often.
    RateLimit,
    /// The provider or the gateway failed.
    Server,
    /// Not now.
    Overloaded,
    /// Not in time.
    Timeout,
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
}

/// What the gateway itself reads of a request, by pointer.
pub(crate) struct RequestPointers(pub(crate) PointerSet);

/// The indexes into [`RequestPointers`].
pub(crate) mod at {
    pub(crate) const MODEL: usize = 0;
    pub(crate) const STREAM: usize = 1;
    pub(crate) const USER: usize = 2;
    pub(crate) const USER_ID: usize = 3;
    pub(crate) const SAFETY_IDENTIFIER: usize = 4;
    pub(crate) const COUNT: usize = 5;
    /// What people call them.
    pub(crate) const NAMES: [&str; COUNT] = ["model", "stream", "user", "metadata.user_id", "safety_identifier"];
}

impl RequestPointers {
    pub(crate) fn new() -> Self {
        let pointers = ["/model", "/stream", "/user", "/metadata/user_id", "/safety_identifier"];
        Self(PointerSet::new(pointers).unwrap_or_else(|bad| unreachable!("{bad}")))
    }
}
