//! The queryable state behind the journal: ordered keys and values, changed by atomic batches. Whatever is lost here
//! is rebuilt from the journal.
//!
//! | key | value |
//! |---|---|
//! | `m/identity` | whose journal this is |
//! | `m/applied` | the last record and event that are in here; part of every batch |
//! | `f/<first event>` | a block of the journal: where it is, and what may be in it ([`crate::index::blocks`]) |
//! | `d/<time of id><first event>` | a page of event ids and their places ([`crate::index::ids`]) |
//! | `a/<customer><day><provider><model><currency>` | sums ([`crate::aggregate`]) |
//! | `c/<kind><id>` | a document |
//!
//! Events themselves stay in the journal: a block's key is written once for 64 KiB of them. Keeping a second copy of
//! every event here cost 5 µs of CPU each, and one key for each id another 7 to 10.

pub(crate) mod session;
pub(crate) mod sled;

use std::ops::ControlFlow;

use crate::format::{self};

/// What a store said when it failed.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub(crate) struct StoreError(pub(crate) String);

/// A key and its new value; `None` removes it. Values are absolute, so that applying twice does no harm.
pub(crate) type Change = (Vec<u8>, Option<Vec<u8>>);

/// A key and its value.
pub(crate) type Entry = (Vec<u8>, Vec<u8>);

/// Told of keys and values in order, until it says stop.
pub(crate) type Visit<'a> = &'a mut dyn FnMut(&[u8], &[u8]) -> ControlFlow<()>;

/// Ordered keys and values.
pub(crate) trait Store: Send + Sync {
    /// One value.
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;
    /// All keys from `from` up to but without `to`.
    fn scan(&self, from: &[u8], to: &[u8], visit: Visit<'_>) -> Result<(), StoreError>;
    /// The last key up to and with `key`, and its value.
    fn at_or_before(&self, key: &[u8]) -> Result<Option<Entry>, StoreError>;
    /// All of these or none.
    fn apply(&self, changes: &mut Vec<Change>) -> Result<(), StoreError>;
    /// Brings everything to the disk, for good.
    fn flush(&self) -> Result<(), StoreError>;
    /// On disk, in bytes.
    fn bytes(&self) -> u64;
}

pub(crate) const IDENTITY: &[u8] = b"m/identity";
pub(crate) const APPLIED: &[u8] = b"m/applied";

/// How much of the journal is in the store.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Applied {
    /// The last record's number.
    pub(crate) lsn: u64,
    /// The last event's place.
    pub(crate) seq: u64,
}

impl Applied {
    pub(crate) fn encode(self) -> Vec<u8> {
        let mut out = Vec::with_capacity(20);
        out.extend_from_slice(&format::STORE.to_be_bytes());
        out.extend_from_slice(&self.lsn.to_be_bytes());
        out.extend_from_slice(&self.seq.to_be_bytes());
        out
    }

    /// `None` for another format: the store is rebuilt then.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let (format, rest) = bytes.split_first_chunk::<4>()?;
        let (lsn, rest) = rest.split_first_chunk::<8>()?;
        let seq: [u8; 8] = rest.try_into().ok()?;
        (u32::from_be_bytes(*format) == format::STORE).then(|| Self { lsn: u64::from_be_bytes(*lsn), seq: u64::from_be_bytes(seq) })
    }
}

/// The first key that does not begin with this prefix.
pub(crate) fn after(prefix: &[u8]) -> Vec<u8> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if last < u8::MAX {
            end.push(last + 1);
            break;
        }
    }
    end
}
