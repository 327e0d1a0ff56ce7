//! The exporter socket: out into the billing system a company already has.
//!
//! The contract stands (`sdk/wit/v0_1_0/exporter.wit`); the durable outbox that feeds it comes with invoices and exports.

use std::sync::Arc;

use weighbridge_domain::Timestamp;

use crate::{PluginError, PluginIdentity};

/// What became of one item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Taken; the target's own id, if it gave one.
    Accepted(Option<String>),
    /// It was there already.
    Duplicate,
    /// Refused for good, and why.
    Rejected(String),
    /// To be sent again, and why.
    Retry(String),
}

/// An exporter: called off the path of calls, with a deadline in seconds.
pub trait Exporter: Send + Sync {
    /// Which plugin this is.
    fn identity(&self) -> &Arc<PluginIdentity>;
    /// Tests the connection; a line for the operator.
    fn check(&self, now: Timestamp) -> Result<String, PluginError>;
}
