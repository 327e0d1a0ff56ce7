//! One error for every socket: which plugin, whose fault, what went wrong.

use std::sync::Arc;

use weighbridge_domain::{Digest, Text};

/// Which plugin, exactly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginIdentity {
    /// The manifest's name.
    pub name: Text,
    /// The manifest's version.
    pub version: Text,
    /// SHA-256 of the component.
    pub digest: Digest,
}

/// Whose fault it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blame {
    /// The plugin misbehaved, or said itself that it failed.
    Guest,
    /// What the plugin was given was wrong: a client's request, an operator's configuration.
    Input,
    /// The host could not run it.
    Host,
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The configuration or sheet is wrong.
    #[error("its configuration is not valid: {0}")]
    InvalidConfig(String),
    /// The request or data it was given is wrong.
    #[error("{0}")]
    InvalidInput(String),
    /// It understood, but cannot do it.
    #[error("{0}")]
    Unsupported(String),
    /// It reported a defect of its own.
    #[error("it failed: {0}")]
    Internal(String),
    /// It trapped: unreachable code, out-of-bounds access, stack overflow.
    #[error("it crashed ({0})")]
    Trap(String),
    /// It ran over its deadline.
    #[error("it did not finish within its deadline of {limit_ms} ms")]
    Deadline {
        /// The limit in milliseconds.
        limit_ms: u64,
    },
    /// It asked for more memory than it may have.
    #[error("it asked for more than its {limit_mib} MiB of memory")]
    Memory {
        /// The limit in MiB.
        limit_mib: u64,
    },
    /// What it returned breaks the contract.
    #[error("it returned nonsense: {0}")]
    Nonsense(String),
    /// Too many failures: it is not called until the back-off is over.
    #[error("it failed {failures} times within a minute and is not called for {retry_in_ms} ms")]
    CircuitOpen {
        /// How often it failed.
        failures: u32,
        /// When it may be called again.
        retry_in_ms: u64,
    },
    /// The host could not run it.
    #[error("the host could not run it: {0}")]
    Host(String),
}

/// A plugin's failure, with its name and the blame.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("plugin \"{}\" {}: {failure}", .plugin.name, .call)]
pub struct PluginError {
    /// Which plugin.
    pub plugin: Arc<PluginIdentity>,
    /// In which call: `prepare`, `rate`.
    pub call: &'static str,
    /// What went wrong.
    pub failure: Failure,
}

impl PluginError {
    /// Whose fault it is.
    pub fn blame(&self) -> Blame {
        match self.failure {
            Failure::InvalidConfig(_) | Failure::InvalidInput(_) | Failure::Unsupported(_) => Blame::Input,
            Failure::Host(_) => Blame::Host,
            _ => Blame::Guest,
        }
    }
}
