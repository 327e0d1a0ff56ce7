//! Bringing what is durable into the queryable store, on a thread of its own, after the acknowledgement.
//!
//! It works in large batches: the same sums and the same page of ids are then written once for many events. A reader
//! hurries it along and waits until everything acknowledged before is in ([`Backlog::barrier`]).

use std::{collections::VecDeque, sync::Arc, time::Duration};

use parking_lot::{Condvar, Mutex, RwLock};
use weighbridge_domain::{EventId, UsageEvent};

use crate::{
    aggregate::{Group, Groups},
    document::Document,
    error::LedgerError,
    index::{blocks::Block, ids},
    journal::Place,
    store::{APPLIED, Applied, Change, Store, StoreError},
};

/// Something durable that the store has to know.
pub(crate) enum Landed {
    /// The events of one settlement, where its record is, and the place of the first of them.
    Settled { place: Place, first_seq: u64, events: Vec<UsageEvent> },
    /// A document.
    Document(Document),
}

/// Groups of sums kept in memory between batches.
const MOST_GROUPS: usize = 2_048;

/// The state of applying: what is not in the store yet, and what is kept to go on quickly.
pub(crate) struct Applier {
    store: Arc<dyn Store>,
    groups: Groups,
    block: Option<Block>,
    ids: Vec<(EventId, u64)>,
    changes: Vec<Change>,
    applied: Applied,
}

impl Applier {
    pub(crate) fn new(store: Arc<dyn Store>, applied: Applied) -> Self {
        Self { store, groups: Groups::default(), block: None, ids: Vec::new(), changes: Vec::new(), applied }
    }

    /// Takes one thing in; it is in the store after the next [`Applier::commit`].
    pub(crate) fn add(&mut self, landed: Landed) -> Result<(), StoreError> {
        match landed {
            Landed::Document(document) => {
                let value = postcard::to_stdvec(&document).map_err(|error| StoreError(error.to_string()))?;
                self.changes.push((document_key(document.kind.code(), &document.id), Some(value)));
            }
            Landed::Settled { place, first_seq, events } => {
                if !self.block.as_ref().is_some_and(|block| block.takes(place)) {
                    self.end_block();
                    self.block = Some(Block::new(place, first_seq));
                }
                for (event, seq) in events.iter().zip(first_seq..) {
                    if let Some(block) = &mut self.block {
                        block.add(event);
                    }
                    self.ids.push((event.id, seq));
                    self.groups.add(event, |key| load_group(&*self.store, key))?;
                    self.applied.seq = seq;
                }
            }
        }
        Ok(())
    }

    fn end_block(&mut self) {
        if let Some(block) = self.block.take_if(|block| block.events > 0) {
            self.changes.push((Block::key(block.first_seq), Some(block.encode())));
        }
    }

    /// Brings everything taken in into the store at once, up to this record.
    pub(crate) fn commit(&mut self, lsn: u64) -> Result<(), StoreError> {
        self.applied.lsn = lsn;
        if let Some(block) = self.block.as_ref().filter(|_| !self.ids.is_empty()) {
            self.changes.push((Block::key(block.first_seq), Some(block.encode())));
        }
        ids::write(&mut self.ids, &mut self.changes);
        let changes = &mut self.changes;
        self.groups.changed(|key, group| changes.push((key.to_vec(), Some(encode_group(group)))));
        changes.push((APPLIED.to_vec(), Some(self.applied.encode())));
        self.store.apply(changes)?;
        self.groups.shrink(MOST_GROUPS);
        Ok(())
    }

    pub(crate) fn applied(&self) -> Applied {
        self.applied
    }
}

/// Where documents of a kind begin, and one of them.
pub(crate) fn document_key(kind: u8, id: &str) -> Vec<u8> {
    [b"c/", &[kind][..], id.as_bytes()].concat()
}

fn encode_group(group: &Group) -> Vec<u8> {
    postcard::to_stdvec(group).unwrap_or_else(|error| unreachable!("a group could not be encoded: {error}"))
}

pub(crate) fn decode_group(value: &[u8]) -> Result<Group, StoreError> {
    postcard::from_bytes(value).map_err(|_| StoreError("an aggregate cannot be read".into()))
}

fn load_group(store: &dyn Store, key: &[u8]) -> Result<Option<Group>, StoreError> {
    store.get(key)?.as_deref().map(decode_group).transpose()
}

/// Durable and not yet in the store.
pub(crate) struct Backlog {
    inner: Mutex<Waiting>,
    /// For the applier: there is work, or hurry.
    work: Condvar,
    /// For readers and the committer: something was applied.
    done: Condvar,
    /// Held for writing while a batch is applied, so that a reader of many keys sees them all at one moment.
    pub(crate) still: RwLock<()>,
}

struct Waiting {
    landed: VecDeque<Landed>,
    events: usize,
    /// The last record of `landed`.
    lsn: u64,
    applied: Applied,
    asleep: bool,
    hurry: bool,
    closed: bool,
    failed: Option<StoreError>,
}

/// A batch is applied at the latest when so many events wait.
const BATCH: usize = 2_048;
/// Commits wait while more than so many events do.
const MOST: usize = 8_192;
/// How long it gathers when nobody waits.
const GATHER: Duration = Duration::from_millis(25);

impl Backlog {
    pub(crate) fn new(applied: Applied) -> Self {
        let waiting = Waiting { landed: VecDeque::new(), events: 0, lsn: applied.lsn, applied, asleep: false, hurry: false, closed: false, failed: None };
        Self { inner: Mutex::new(waiting), work: Condvar::new(), done: Condvar::new(), still: RwLock::new(()) }
    }

    /// Hands over what is durable up to this record. Waits when the applier is far behind.
    pub(crate) fn push(&self, landed: &mut Vec<Landed>, events: usize, lsn: u64) {
        let mut inner = self.inner.lock();
        while inner.events > MOST && inner.failed.is_none() {
            inner.hurry = true;
            self.work.notify_one();
            self.done.wait(&mut inner);
        }
        inner.lsn = lsn;
        if inner.failed.is_some() {
            landed.clear(); // it is in the journal, from which the store is rebuilt
            return;
        }
        inner.landed.extend(landed.drain(..));
        inner.events += events;
        if (inner.asleep && !inner.landed.is_empty()) || inner.hurry || inner.events >= BATCH {
            inner.asleep = false;
            self.work.notify_one();
        }
    }

    /// Waits until the store has everything up to this record.
    pub(crate) fn barrier(&self, lsn: u64) -> Result<(), LedgerError> {
        let mut inner = self.inner.lock();
        loop {
            if let Some(error) = &inner.failed {
                return Err(LedgerError::Store(error.0.clone()));
            }
            if inner.applied.lsn >= lsn {
                return Ok(());
            }
            if inner.closed && inner.landed.is_empty() {
                return Err(LedgerError::Closed);
            }
            inner.hurry = true;
            self.work.notify_one();
            self.done.wait(&mut inner);
        }
    }

    pub(crate) fn applied(&self) -> Applied {
        self.inner.lock().applied
    }

    pub(crate) fn waiting_events(&self) -> u64 {
        self.inner.lock().events as u64
    }

    /// Applies what is left, then the applier ends.
    pub(crate) fn close(&self) {
        self.inner.lock().closed = true;
        self.work.notify_one();
    }

    /// The applier's thread.
    pub(crate) fn run(&self, applier: &mut Applier) {
        let mut landed = VecDeque::new();
        while let Some(lsn) = self.take(&mut landed) {
            let events = landed.iter().map(|landed| if let Landed::Settled { events, .. } = landed { events.len() } else { 0 }).sum::<usize>();
            let result = {
                let _moment = self.still.write();
                landed.drain(..).try_for_each(|landed| applier.add(landed)).and_then(|()| applier.commit(lsn))
            };
            let mut inner = self.inner.lock();
            inner.events -= events;
            match result {
                Ok(()) => inner.applied = applier.applied(),
                Err(error) => {
                    tracing::error!(%error, "the queryable store failed; the journal goes on, restart to rebuild the store from it");
                    inner.failed = Some(error);
                    inner.landed.clear();
                    inner.events = 0;
                }
            }
            drop(inner);
            self.done.notify_all();
        }
        self.done.notify_all();
    }

    fn take(&self, landed: &mut VecDeque<Landed>) -> Option<u64> {
        let mut inner = self.inner.lock();
        loop {
            let nothing = inner.lsn <= inner.applied.lsn || inner.failed.is_some();
            if nothing && inner.closed {
                return None;
            }
            if !nothing && (inner.hurry || inner.closed || inner.events >= BATCH) {
                break;
            }
            if !nothing && !inner.landed.is_empty() {
                if self.work.wait_for(&mut inner, GATHER).timed_out() {
                    break;
                }
                continue;
            }
            // Marks and holds alone are no reason to write.
            inner.asleep = true;
            self.work.wait(&mut inner);
            inner.asleep = false;
        }
        inner.hurry = false;
        std::mem::swap(landed, &mut inner.landed);
        Some(inner.lsn)
    }
}
