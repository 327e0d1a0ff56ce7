//! Figures for people and metrics.

/// The ledger at a glance.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Stats {
    /// Durable events.
    pub events: u64,
    /// Durable records (holds, settlements, documents, marks).
    pub records: u64,
    /// Journal segments.
    pub segments: u64,
    /// Bytes in the journal.
    pub journal_bytes: u64,
    /// Open holds.
    pub held: u64,
    /// Events that are durable and not yet in the queryable store.
    pub backlog_events: u64,
    /// Group commits since the start.
    pub commits: u64,
    /// Write failures since the start.
    pub write_failures: u64,
    /// Bytes that the file system has left, as last looked at.
    pub free_bytes: u64,
    /// Bytes of the queryable store on disk.
    pub store_bytes: u64,
    /// Why new reservations are refused at present; absent: they are not.
    pub unavailable: Option<String>,
}
