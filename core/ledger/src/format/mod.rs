//! What is on disk. A format number stands in every segment's header and a version in every record, so that old
//! journals open for ever: a new shape gets a new file beside the last one, which then only reads.

pub(crate) mod frame;
pub(crate) mod header;
pub(crate) mod v1;
pub(crate) mod v2;

/// The newest format that this program reads and the one that it writes.
pub(crate) const FORMAT: u32 = 2;

/// The shape of the store: it holds places and sums, not events. A store of another shape is rebuilt from the journal.
pub(crate) const STORE: u32 = 1;

/// What a record is. The number is its code on disk.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// A reservation was granted.
    Hold = 1,
    /// A reservation ended, with its events: both in one record, so neither is ever there alone.
    Settle = 2,
    /// A document was put.
    Document = 3,
    /// Where a group commit begins, so that all before it had reached the disk; also at the end, and on request.
    Mark = 4,
    /// The holds before this record, in this segment, are those that were open when the segment was begun: nobody needs to look
    /// for holds in older segments.
    Carried = 5,
}

impl Kind {
    pub(crate) fn from_code(code: u8) -> Option<Self> {
        [Self::Hold, Self::Settle, Self::Document, Self::Mark, Self::Carried].into_iter().find(|kind| *kind as u8 == code)
    }
}
