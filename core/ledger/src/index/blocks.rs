//! Blocks: a run of the journal of about 64 KiB, with where it begins and what may be in it, so that a search skips
//! the blocks that cannot matter.

use std::hash::{Hash, Hasher};

use serde::{Deserialize, Serialize};
use weighbridge_domain::{CustomerId, Timestamp, UsageEvent};

use crate::{journal::Place, query::EventQuery};

const PREFIX: &[u8] = b"f/";
/// A block ends at the first settlement that begins so far after its own beginning, in bytes.
const LENGTH: u64 = 64 << 10;

/// One block.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Block {
    /// The place of its first event in commit order.
    pub(crate) first_seq: u64,
    /// How many events it has.
    pub(crate) events: u32,
    segment: u64,
    offset: u64,
    lsn: u64,
    earliest: i64,
    latest: i64,
    /// Bits of its customers' names: one that is not set says that the customer is not here.
    customers: [u64; 8],
}

impl Block {
    /// Begins at this settlement.
    pub(crate) fn new(place: Place, first_seq: u64) -> Self {
        Self { first_seq, events: 0, segment: place.segment, offset: place.offset, lsn: place.lsn, earliest: i64::MAX, latest: i64::MIN, customers: [0; 8] }
    }

    /// Where it begins.
    pub(crate) fn place(&self) -> Place {
        Place { segment: self.segment, offset: self.offset, lsn: self.lsn }
    }

    /// Whether a settlement here still belongs to it.
    pub(crate) fn takes(&self, place: Place) -> bool {
        self.segment == place.segment && place.offset - self.offset < LENGTH
    }

    /// Counts one event in.
    pub(crate) fn add(&mut self, event: &UsageEvent) {
        self.events += 1;
        self.earliest = self.earliest.min(event.started_at.micros());
        self.latest = self.latest.max(event.started_at.micros());
        let (word, bit) = customer_bit(&event.customer);
        self.customers[word] |= bit;
    }

    /// Whether an event that answers this question could be in it.
    pub(crate) fn may_answer(&self, query: &EventQuery) -> bool {
        let customer = query.customer.as_ref().is_none_or(|customer| {
            let (word, bit) = customer_bit(customer);
            self.customers[word] & bit != 0
        });
        customer && query.from.is_none_or(|from: Timestamp| self.latest >= from.micros()) && query.to.is_none_or(|to| self.earliest < to.micros())
    }

    /// Its key in the store.
    pub(crate) fn key(first_seq: u64) -> Vec<u8> {
        [PREFIX, &first_seq.to_be_bytes()].concat()
    }

    /// Its value in the store.
    pub(crate) fn encode(&self) -> Vec<u8> {
        postcard::to_stdvec(self).unwrap_or_else(|error| unreachable!("a block could not be encoded: {error}"))
    }

    pub(crate) fn decode(key: &[u8], value: &[u8]) -> Option<Self> {
        key.strip_prefix(PREFIX)?;
        postcard::from_bytes(value).ok()
    }
}

fn customer_bit(customer: &CustomerId) -> (usize, u64) {
    // FNV-1a: it is on the disk, so it must be the same for ever.
    struct Fnv(u64);
    impl Hasher for Fnv {
        fn finish(&self) -> u64 {
            self.0
        }
        fn write(&mut self, bytes: &[u8]) {
            for byte in bytes {
                self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01B3);
            }
        }
    }
    let mut hash = Fnv(0xCBF2_9CE4_8422_2325);
    customer.as_str().as_bytes().hash(&mut hash);
    let bit = (hash.finish() >> 32) % 512;
    ((bit / 64) as usize, 1 << (bit % 64))
}
