//! Dialects: the API shapes that clients speak. A dialect is data: its paths, where its requests keep the model and the
//! stream flag, what its bodies are, and the shape of its errors. What a provider makes of it is its adapter's business.
//!
//! The built-in ones have a file for each family; plugins declare further ones in their manifests.

mod anthropic;
mod bedrock;
mod errors;
mod gemini;
mod ollama;
mod openai;
mod pattern;
mod reads;
pub(crate) mod resource;
mod table;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use http::{HeaderMap, HeaderValue};
use weighbridge_domain::Text;
use weighbridge_plugin_api::BodyKind;

pub(crate) use errors::ErrorStyle;
pub use pattern::BadPattern;
pub(crate) use pattern::decoded;
pub(crate) use reads::{Reads, at};
pub(crate) use resource::ResourceFacts;
pub use table::{BadDialect, Dialects};
pub(crate) use table::{Found, FoundLater};

use crate::refusal::Refusal;

/// An API shape; cheap to share.
#[derive(Debug, Clone)]
pub struct Dialect(Arc<Spec>);

#[derive(Debug)]
struct Spec {
    name: Text,
    reads: Reads,
    stream_default: bool,
    body: BodyKind,
    /// The model where a body names none; `None`: it must.
    default_model: Option<&'static str>,
    resource: Option<&'static ResourceFacts>,
    errors: ErrorStyle,
}

impl Dialect {
    /// Its name, as plans and records have it.
    pub fn as_str(&self) -> &str {
        &self.0.name
    }
    /// Its name, shared.
    pub(crate) fn name(&self) -> Text {
        self.0.name.clone()
    }
    /// What the gateway reads of its bodies.
    pub(crate) fn reads(&self) -> &Reads {
        &self.0.reads
    }
    /// Whether a call is streamed that does not say so.
    pub(crate) fn stream_default(&self) -> bool {
        self.0.stream_default
    }
    /// What its bodies are.
    pub(crate) fn body(&self) -> BodyKind {
        self.0.body
    }
    /// The model of a call that names none, where it need not.
    pub(crate) fn default_model(&self) -> Option<&'static str> {
        self.0.default_model
    }
    /// What its calls leave behind, if they do.
    pub(crate) fn resource(&self) -> Option<&'static ResourceFacts> {
        self.0.resource
    }
    /// The shape of its errors.
    pub(crate) fn errors(&self) -> &ErrorStyle {
        &self.0.errors
    }
}

impl ErrorStyle {
    /// What a refusal says in headers, where the dialect's clients look there.
    pub(crate) fn set_headers(&self, refusal: &Refusal, headers: &mut HeaderMap) {
        if *self == Self::Bedrock {
            headers.insert(errors::AMZN_ERROR_TYPE, HeaderValue::from_static(refusal.kind().aws_exception()));
        }
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
