//! The books: journal first, sled behind; events, reservations, aggregates, recovery, verification.
//!
//! A call's way through here: [`Ledger::reserve`] encodes a [`Hold`] and puts it into the queue (`queue.rs`) without
//! waiting; [`Ledger::settle`] adds the call's events and the release of the hold as one record. The committer
//! (`commit.rs`) takes everything that waits, appends it to the journal (`journal/`) with one write and one fdatasync, and
//! tells everyone. The applier (`apply.rs`) then brings it into the queryable store (`store/`), from which the reads
//! (`read.rs`) answer. Opening (`recover.rs`) mends what a crash left; verifying (`verify.rs`) recomputes all of it.
//!
//! The journal is the truth, the store can be thrown away. What is on disk is described in `format/`.

#[cfg(test)]
extern crate self as weighbridge_ledger;
#[cfg(test)]
#[path = "../tests/support/mod.rs"]
mod support;

mod aggregate;
mod apply;
mod batch;
mod check_event;
mod commit;
mod document;
mod error;
mod format;
mod health;
mod herald;
mod hold;
mod index;
mod journal;
mod ledger;
mod pending;
mod post;
mod query;
mod queue;
mod read;
mod recover;
mod stats;
mod store;
mod verify;

pub use document::{Document, DocumentKind};
pub use error::{LedgerError, OpenError};
pub use herald::Herald;
pub use hold::{Hold, Reservation};
pub use journal::disk::{Disk, DiskFile, RealDisk};
pub use ledger::{Ledger, LedgerOptions, Opened, RecoveryReport};
pub use pending::{Pending, Receipt};
pub use post::Posted;
pub use query::{AggregateQuery, AggregateRow, EventPage, EventQuery, StoredEvent};
pub use stats::Stats;
pub use verify::{CurrencySums, Problem, VerifyReport};
