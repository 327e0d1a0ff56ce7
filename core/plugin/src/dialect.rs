//! `[[dialects]]` of a manifest: an API shape that clients may speak, as data.

use serde::Deserialize;

/// An API shape, or further paths of one that is known already (then nothing but `name`, `paths`, `stream_paths`).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DialectFacts {
    /// Its name, as plans and records have it: `acme.chat`.
    pub name: String,
    /// Where it is called. `{model}` captures the model; another `{name}` stands for one whole segment.
    #[serde(default)]
    pub paths: Vec<String>,
    /// Paths whose calls are streamed.
    #[serde(default)]
    pub stream_paths: Vec<String>,
    /// Where a body names the model (RFC 6901), for paths without `{model}`.
    #[serde(default)]
    pub model: Option<String>,
    /// Where a body asks for a stream; absent: it does not.
    #[serde(default)]
    pub stream: Option<String>,
    /// Whether a call is streamed that does not say so.
    #[serde(default)]
    pub stream_default: bool,
    /// What its bodies are.
    #[serde(default)]
    pub body: BodyKind,
    /// The shape of its errors, or of those at further paths of a known dialect: a built-in style's name, or a template with `{message}`, `{code}`, `{type}`, `{status}`.
    #[serde(default)]
    pub errors: Option<String>,
}

impl DialectFacts {
    /// Whether it says nothing but where a dialect is called, and how its clients there read errors.
    pub fn only_paths(&self) -> bool {
        let Self { name: _, paths: _, stream_paths: _, model, stream, stream_default, body, errors: _ } = self;
        model.is_none() && stream.is_none() && !stream_default && *body == BodyKind::Json
    }
}

/// What the bodies of a dialect are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BodyKind {
    /// JSON.
    #[default]
    Json,
    /// `multipart/form-data`, or JSON where the request says so.
    Form,
}
