//! Version 2 of each record's payload: the domain's structs by postcard. What is new since [`v1`](super::v1) is in events only:
//! what the provider says it charges, and the dimensions of a price.
//!
//! `Hold`: the hold. `Settle`: the reservation's id (16 bytes; zeros where events are posted without one), the number of events (u32), then each event as its
//! length (u32) and itself. `Document`: the document. `Mark`: one byte, see [`Marked`].
//! `Carried`: the number of holds carried over (u32). Numbers are little-endian.

use weighbridge_domain::{EventId, UsageEvent};

use super::{Kind, frame, v1};
use crate::{document::Document, hold::Hold};

/// The version of the records that this program writes.
pub(crate) const VERSION: u8 = 2;

/// Appends a hold; gives the record's length.
pub(crate) fn hold(out: &mut Vec<u8>, hold: &Hold) -> usize {
    frame::append(out, Kind::Hold, VERSION, |out| encode(out, hold))
}

/// Appends a settlement.
pub(crate) fn settle(out: &mut Vec<u8>, id: EventId, events: &[UsageEvent]) -> usize {
    frame::append(out, Kind::Settle, VERSION, |out| {
        out.extend_from_slice(&id.bytes());
        out.extend_from_slice(&(events.len() as u32).to_le_bytes());
        for event in events {
            let at = out.len();
            out.extend_from_slice(&[0; 4]);
            encode(out, event);
            let length = (out.len() - at - 4) as u32;
            out[at..at + 4].copy_from_slice(&length.to_le_bytes());
        }
    })
}

/// Appends a document.
pub(crate) fn document(out: &mut Vec<u8>, document: &Document) -> usize {
    frame::append(out, Kind::Document, VERSION, |out| encode(out, document))
}

/// Why a mark was written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Marked {
    /// A group commit begins here.
    Begin = 0,
    /// The ledger was closed in good order; a group commit of its own.
    Closed = 1,
    /// Somebody asked to be told when everything before it is durable. It may stand anywhere in a commit.
    Asked = 2,
}

/// Appends a mark.
pub(crate) fn mark(out: &mut Vec<u8>, why: Marked) -> usize {
    frame::append(out, Kind::Mark, VERSION, |out| out.push(why as u8))
}

/// Appends the end of the carried holds.
pub(crate) fn carried(out: &mut Vec<u8>, count: u32) -> usize {
    frame::append(out, Kind::Carried, VERSION, |out| out.extend_from_slice(&count.to_le_bytes()))
}

/// Why a payload with a right checksum could not be read: written by other code than this.
#[derive(Debug)]
pub(crate) struct Unreadable;

/// A settlement, not decoded further than needed.
pub(crate) struct Settlement<'a> {
    /// The reservation that it ends.
    pub(crate) id: EventId,
    /// How many events it has.
    pub(crate) count: u32,
    version: u8,
    rest: &'a [u8],
}

impl<'a> Settlement<'a> {
    /// Of a record with this version.
    pub(crate) fn read(version: u8, payload: &'a [u8]) -> Result<Self, Unreadable> {
        let (id, rest) = payload.split_first_chunk::<16>().ok_or(Unreadable)?;
        let (count, rest) = rest.split_first_chunk::<4>().ok_or(Unreadable)?;
        Ok(Self { id: EventId::from_bytes(*id), count: u32::from_le_bytes(*count), version, rest })
    }

    /// Its events in order.
    pub(crate) fn events(&self) -> impl Iterator<Item = Result<UsageEvent, Unreadable>> + use<'a> {
        let (mut rest, version) = (self.rest, self.version);
        (0..self.count).map(move |_| {
            let (length, after) = rest.split_first_chunk::<4>().ok_or(Unreadable)?;
            let (event, after) = after.split_at_checked(u32::from_le_bytes(*length) as usize).ok_or(Unreadable)?;
            rest = after;
            if version == v1::VERSION { v1::read_event(event) } else { postcard::from_bytes(event).map_err(|_| Unreadable) }
        })
    }
}

/// Reads a hold.
pub(crate) fn read_hold(payload: &[u8]) -> Result<Hold, Unreadable> {
    postcard::from_bytes(payload).map_err(|_| Unreadable)
}

/// Reads a document.
pub(crate) fn read_document(payload: &[u8]) -> Result<Document, Unreadable> {
    postcard::from_bytes(payload).map_err(|_| Unreadable)
}

/// postcard into a vector that grows; encoding these structs into memory cannot fail.
fn encode<T: serde::Serialize>(out: &mut Vec<u8>, value: &T) {
    struct Append<'a>(&'a mut Vec<u8>);
    impl postcard::ser_flavors::Flavor for Append<'_> {
        type Output = ();
        fn try_extend(&mut self, data: &[u8]) -> postcard::Result<()> {
            self.0.extend_from_slice(data);
            Ok(())
        }
        fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
            self.0.push(byte);
            Ok(())
        }
        fn finalize(self) -> postcard::Result<()> {
            Ok(())
        }
    }
    if let Err(error) = postcard::serialize_with_flavor(value, Append(out)) {
        // Only a sequence of unknown length or a failing Serialize gets here; the domain has neither.
        unreachable!("a record could not be encoded: {error}");
    }
}
