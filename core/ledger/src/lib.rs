//! The books: journal first, sled behind; events, reservations, aggregates, recovery, verification.

mod document;
mod error;
mod hold;
mod ledger;
mod pending;
mod query;
mod stats;
mod verify;

pub use document::{Document, DocumentKind};
pub use error::{LedgerError, OpenError};
pub use hold::{Hold, Reservation};
pub use ledger::{Ledger, LedgerOptions, Opened, RecoveryReport};
pub use pending::{Pending, Receipt};
pub use query::{AggregateQuery, AggregateRow, EventPage, EventQuery, StoredEvent};
pub use stats::Stats;
pub use verify::{CurrencySums, Problem, VerifyReport};
