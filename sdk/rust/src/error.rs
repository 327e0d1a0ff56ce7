//! The error that every call may return. Its message is shown to people: say what is wrong, where, and what was expected.

pub use crate::bindings::types::{ErrorKind, PluginError};

impl PluginError {
    /// The configuration or sheet is wrong: the operator's to mend.
    pub fn invalid_config(message: impl Into<String>) -> Self {
        Self::of(ErrorKind::InvalidConfig, message)
    }
    /// The request or data is wrong: the caller's to mend.
    pub fn invalid_input(message: impl Into<String>) -> Self {
        Self::of(ErrorKind::InvalidInput, message)
    }
    /// Understood, but this plugin cannot do it; the message names it.
    pub fn unsupported(message: impl Into<String>) -> Self {
        Self::of(ErrorKind::Unsupported, message)
    }
    /// A defect of the plugin.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::of(ErrorKind::Internal, message)
    }
    fn of(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), attrs: Vec::new() }
    }
}
