//! The ledger's handle: reserve, settle, put, and close.

use std::{path::PathBuf, sync::Arc, time::Duration};

use weighbridge_domain::{Clock, EventId, UsageEvent};

use crate::{
    document::{Document, DocumentKind},
    error::{LedgerError, OpenError},
    hold::{Hold, Reservation},
    pending::{Pending, Receipt},
    query::{AggregateQuery, AggregateRow, EventPage, EventQuery, StoredEvent},
    stats::Stats,
    verify::VerifyReport,
};

/// How to open a ledger. [`LedgerOptions::at`] has sensible values for everything.
#[derive(Clone)]
pub struct LedgerOptions {
    /// The data folder; created if missing.
    pub path: PathBuf,
    /// A segment is sealed when it reaches this size, in bytes.
    pub segment_bytes: u64,
    /// How long a group commit may wait for others to join, at most; only when others are in flight.
    pub max_window: Duration,
    /// How long a hold may wait for a group commit when nothing else needs one.
    pub hold_window: Duration,
    /// New reservations are refused while the file system has less than this free, in bytes.
    pub min_free_bytes: u64,
    /// Memory for the queryable store's cache, in bytes.
    pub store_cache_bytes: u64,
}

impl LedgerOptions {
    /// The defaults, in this data folder.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            segment_bytes: 64 << 20,
            max_window: Duration::from_micros(500),
            hold_window: Duration::from_millis(50),
            min_free_bytes: 64 << 20,
            store_cache_bytes: 16 << 20,
        }
    }
}

/// What was found, and done, when the ledger was opened.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RecoveryReport {
    /// Bytes of an unfinished write that were cut off the journal's end; nothing acknowledged was in them.
    pub cut_bytes: u64,
    /// Calls that were in progress when the process died; each has an `abandoned` event now.
    pub abandoned: Vec<EventId>,
    /// Events that the queryable store had missed and got from the journal.
    pub replayed_events: u64,
    /// Why the queryable store was set aside and rebuilt, if it was.
    pub rebuilt: Option<String>,
    /// Where the old one was put.
    pub set_aside: Option<PathBuf>,
}

/// An open ledger and what opening it found.
pub struct Opened {
    /// The ledger.
    pub ledger: Ledger,
    /// What was found.
    pub recovery: RecoveryReport,
}

pub(crate) struct Shared;

impl Shared {
    pub(crate) fn abandon(&self, _hold: &Hold) {
        unimplemented!()
    }
}

/// The books. Cheap to clone; the last clone closes them.
#[derive(Clone)]
pub struct Ledger {
    #[expect(dead_code, reason = "filled in next")]
    shared: Arc<Shared>,
}

#[expect(unused_variables, reason = "filled in next")]
impl Ledger {
    /// Opens the data folder, repairs what a crash left, and starts the committer.
    pub fn open(options: LedgerOptions, clock: Arc<dyn Clock>) -> Result<Opened, OpenError> {
        unimplemented!()
    }
    /// Writes down that a call is about to be made. Never waits for the disk: the hold is durable with the next group commit.
    pub fn reserve(&self, hold: Hold) -> Result<Reservation, LedgerError> {
        unimplemented!()
    }
    /// Ends a call: its events and the release of its hold, atomically. An empty list settles it as abandoned.
    pub fn settle(&self, reservation: Reservation, events: Vec<UsageEvent>) -> Pending<Receipt> {
        unimplemented!()
    }
    /// Takes a reservation back without an event: nothing was sent, nothing is to be recorded (an id that turned out to be a repetition).
    pub fn release(&self, reservation: Reservation) -> Pending<()> {
        unimplemented!()
    }
    /// Stores a document; the answer is the journal's record number, rising with every record.
    pub fn put(&self, document: Document) -> Pending<u64> {
        unimplemented!()
    }
    /// All documents of a kind, by id. Blocking, as all reads are.
    pub fn documents(&self, kind: DocumentKind) -> Result<Vec<Document>, LedgerError> {
        unimplemented!()
    }
    /// One document.
    pub fn document(&self, kind: DocumentKind, id: &str) -> Result<Option<Document>, LedgerError> {
        unimplemented!()
    }
    /// One event.
    pub fn event(&self, id: EventId) -> Result<Option<StoredEvent>, LedgerError> {
        unimplemented!()
    }
    /// One page of events, in commit order.
    pub fn events(&self, query: &EventQuery) -> Result<EventPage, LedgerError> {
        unimplemented!()
    }
    /// Walks over events in commit order until told to stop.
    pub fn for_each_event(&self, query: &EventQuery, visit: impl FnMut(&StoredEvent) -> std::ops::ControlFlow<()>) -> Result<(), LedgerError> {
        unimplemented!()
    }
    /// Sums, in the order of customer, day, provider, model, currency, meter.
    pub fn aggregates(&self, query: &AggregateQuery) -> Result<Vec<AggregateRow>, LedgerError> {
        unimplemented!()
    }
    /// The open holds, in the order of their ids.
    pub fn held(&self) -> Vec<Hold> {
        unimplemented!()
    }
    /// Recomputes everything from the journal; `progress(done, total)` is told in bytes. Calls may go on meanwhile.
    pub fn verify(&self, progress: &mut dyn FnMut(u64, u64)) -> Result<VerifyReport, LedgerError> {
        unimplemented!()
    }
    /// Figures.
    pub fn stats(&self) -> Stats {
        unimplemented!()
    }
    /// Commits what is pending, brings the queryable store up to date and lets go of the folder. Further use gets [`LedgerError::Closed`].
    pub fn close(&self) {
        unimplemented!()
    }
}
