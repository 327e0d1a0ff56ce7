//! The journal: append-only segments, the truth from which all else can be rebuilt.

pub(crate) mod catalog;
pub(crate) mod disk;
pub(crate) mod reader;
pub(crate) mod writer;

use std::path::{Path, PathBuf};

/// Where a record stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Place {
    /// The segment, by the number of its first record.
    pub(crate) segment: u64,
    /// The record's first byte in it.
    pub(crate) offset: u64,
    /// The record's number.
    pub(crate) lsn: u64,
}

/// How far the journal is on the disk.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Tail {
    /// The segment being written.
    pub(crate) segment: u64,
    /// Its length in bytes.
    pub(crate) offset: u64,
    /// The last durable record's number; 0 when there is none.
    pub(crate) lsn: u64,
    /// The last durable event's place; 0 when there is none.
    pub(crate) seq: u64,
    /// How many segments there are, this one included.
    pub(crate) segments: u64,
    /// The length of all sealed segments.
    pub(crate) sealed_bytes: u64,
}

/// The journal's folder in a data folder.
pub(crate) fn folder(data: &Path) -> PathBuf {
    data.join("journal")
}

/// A segment's file, named by the number of its first record: unlike an event's place that number is never shared
/// by two segments, also when one holds documents only.
pub(crate) fn segment_path(folder: &Path, first_lsn: u64) -> PathBuf {
    folder.join(format!("{first_lsn:016}.wbj"))
}
