//! What can go wrong: when the ledger is opened, and when it is used.

use std::path::PathBuf;

use weighbridge_domain::EventId;

/// Why the ledger could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it open.
    #[error("the data folder {} is in use by another process; stop that process, or give this one a folder of its own ([store] path)", path.display())]
    InUse {
        /// The data folder.
        path: PathBuf,
    },
    /// The file system refused.
    #[error("cannot {doing} {}: {source}; check that the folder exists, is writable and has free space", path.display())]
    Io {
        /// What was being done: `create`, `read`, …
        doing: &'static str,
        /// To what.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The journal is damaged where it was once whole: nothing is dropped silently.
    #[error(
        "the journal is damaged: {} at byte {offset}: {what}; nothing was changed; restore this file from a backup or another copy, or move the data folder aside and keep it",
        path.display()
    )]
    Corrupt {
        /// The segment.
        path: PathBuf,
        /// Where in it.
        offset: u64,
        /// What was found, and what was expected.
        what: String,
    },
    /// Written by a newer program.
    #[error("{} was written in journal format {found}; this program reads formats up to {newest}; use the newer program", path.display())]
    Format {
        /// The segment.
        path: PathBuf,
        /// Its format number.
        found: u32,
        /// The newest one known here.
        newest: u32,
    },
    /// The queryable store would not work even when rebuilt.
    #[error("cannot build the queryable store in {}: {what}; the journal is whole, the store is rebuilt from it at the next start", path.display())]
    Store {
        /// Its folder.
        path: PathBuf,
        /// What it said.
        what: String,
    },
}

/// Why the ledger refused, or failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// It cannot write now. It tries again by itself; a settlement that got this answer is kept in memory and written
    /// when that succeeds, a document is not.
    #[error("the ledger cannot write: {reason}; it tries again by itself, free some disk space or look at the disk")]
    Unavailable {
        /// What the disk said.
        reason: String,
    },
    /// It was closed.
    #[error("the ledger is closed")]
    Closed,
    /// The id is held already: two calls cannot be one.
    #[error("{0} is already reserved by a call in progress; use a new id, or wait for that call to end")]
    AlreadyHeld(EventId),
    /// A document too large.
    #[error("the document {id:?} has {bytes} bytes; at most {limit} are kept")]
    TooLarge {
        /// Its id.
        id: String,
        /// Its size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// A cursor that no page gave.
    #[error("{0:?} is not a cursor of this ledger; use next_cursor of the page before, or none for the first page")]
    BadCursor(String),
    /// A sum that 28 digits cannot hold.
    #[error("the sum for {0} does not fit in 28 significant digits; ask for fewer days or look for an absurd quantity")]
    Inexact(String),
    /// The journal could not be read where it was written before.
    #[error("{0}")]
    Damaged(String),
    /// The queryable store failed; the journal is not affected.
    #[error("the queryable store failed: {0}; the journal is whole, restart to rebuild the store from it")]
    Store(String),
}
