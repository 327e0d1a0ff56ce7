//! What the store says, all at one moment.

use std::{
    hash::{Hash, Hasher},
    ops::ControlFlow,
};

use weighbridge_domain::EventId;

use super::Problem;
use crate::{
    error::LedgerError,
    index::{blocks::Block, ids},
    ledger::Shared,
    store::{self, Applied, Store},
};

/// What the store says, at one moment.
pub(super) struct Snapshot {
    pub(super) applied: Applied,
    pub(super) groups: Vec<(Box<[u8]>, Vec<u8>)>,
    pub(super) blocks: Vec<Block>,
    pub(super) ids: Fingerprint,
    pub(super) twice: Vec<Problem>,
    pub(super) unreadable: Vec<Problem>,
}

impl Snapshot {
    pub(super) fn take(store: &dyn Store, shared: &Shared) -> Result<Self, LedgerError> {
        let _still = shared.backlog.still.read();
        let applied = shared.backlog.applied();
        let (mut groups, mut blocks, mut unreadable) = (Vec::new(), Vec::new(), Vec::new());
        store.scan(b"a/", &store::after(b"a/"), &mut |key, value| {
            groups.push((key.into(), value.to_vec()));
            ControlFlow::Continue(())
        })?;
        store.scan(b"f/", &store::after(b"f/"), &mut |key, value| {
            match Block::decode(key, value) {
                Some(block) if Block::key(block.first_seq) == key => blocks.push(block),
                _ => unreadable.push(Problem { place: "index of blocks".into(), what: "an entry cannot be read".into() }),
            }
            ControlFlow::Continue(())
        })?;
        let (ids, twice) = read_ids(store)?;
        Ok(Self { applied, groups, blocks, ids, twice, unreadable })
    }
}

/// A sum over ids and places that does not depend on their order.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Fingerprint {
    pub(super) count: u64,
    sum: u128,
}

impl Fingerprint {
    pub(super) fn add(&mut self, id: EventId, seq: u64) {
        let hash = |salt: u8| {
            let mut hasher = std::hash::DefaultHasher::new();
            (salt, id.bytes(), seq).hash(&mut hasher);
            u128::from(hasher.finish())
        };
        self.count += 1;
        self.sum = self.sum.wrapping_add(hash(1) << 64 | hash(2));
    }
}

/// All ids of the index, and those that are there twice. Ids of one span stand together, so memory stays small.
fn read_ids(store: &dyn Store) -> Result<(Fingerprint, Vec<Problem>), LedgerError> {
    let mut fingerprint = Fingerprint::default();
    let mut twice = Vec::new();
    let mut span = Vec::new();
    let mut entries: Vec<(EventId, u64)> = Vec::new();
    let mut look = |entries: &mut Vec<(EventId, u64)>| {
        entries.sort_unstable();
        for pair in entries.windows(2).filter(|pair| pair[0].0 == pair[1].0) {
            twice.push(Problem { place: format!("event {}", pair[0].0), what: format!("it is there twice, as number {} and {}", pair[0].1, pair[1].1) });
        }
        entries.clear();
    };
    ids::scan(store, |key, page| {
        if span != key {
            look(&mut entries);
            span = key.to_vec();
        }
        for (id, seq) in ids::read(page) {
            fingerprint.add(id, seq);
            entries.push((id, seq));
        }
    })?;
    look(&mut entries);
    Ok((fingerprint, twice))
}
