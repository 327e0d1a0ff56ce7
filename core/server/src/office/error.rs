//! Why the office refused: one table for the admin API, the command line and `init`.

use weighbridge_ledger::LedgerError;

/// One field that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The field as the caller wrote it: `id`, `rules[0].markup_percent`.
    pub field: String,
    /// What is wrong and what was expected.
    pub message: String,
}

/// Why something was not written down.
#[derive(Debug, thiserror::Error)]
pub enum OfficeError {
    /// What was given is not valid.
    #[error("{}", .0.iter().map(|e| format!("{}: {}", e.field, e.message)).collect::<Vec<_>>().join("; "))]
    Invalid(Vec<FieldError>),
    /// There is none.
    #[error("there is no {what} \"{id}\"")]
    NotFound {
        /// customer, key, plan, price, event, provider.
        what: &'static str,
        /// Its id.
        id: String,
    },
    /// There is one already.
    #[error("there is a {what} \"{id}\" already; change it, or choose another id")]
    Exists {
        /// customer, key, plan.
        what: &'static str,
        /// Its id.
        id: String,
    },
    /// It is written in the configuration, which wins.
    #[error("the plan \"{id}\" is written in the configuration ([plans.{id}]); change it there")]
    Configured {
        /// The plan.
        id: String,
    },
    /// A price file could not be had or read.
    #[error("{0}")]
    Import(String),
    /// The books failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// Something that should be impossible: a stored document that cannot be read.
    #[error("{0}")]
    Internal(String),
}

impl OfficeError {
    /// A single wrong field.
    pub fn invalid(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError { field: field.into(), message: message.into() }])
    }
    /// There is none.
    pub fn not_found(what: &'static str, id: impl Into<String>) -> Self {
        Self::NotFound { what, id: id.into() }
    }
}
