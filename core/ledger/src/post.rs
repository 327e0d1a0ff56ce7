//! Posting: events that no reservation of this process stands for, because what they tell of happened elsewhere (the item
//! of a batch, a job that ended at its provider, usage that is handed in). Their ids say what they are of, and each id
//! is on the books once, however often it is posted (metering rule 33).

use std::collections::HashSet;

use weighbridge_domain::{EventId, UsageEvent};

use crate::{
    batch::Answer,
    error::LedgerError,
    index::ids,
    ledger::{Ledger, Shared},
    pending::Pending,
    store::Store,
};

/// What became of events that were posted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Posted {
    /// On the books now.
    pub new: usize,
    /// On the books before.
    pub known: usize,
}

/// One posting at a time, and the ids of those of which nobody knows whether they became durable.
#[derive(Default)]
pub(crate) struct Posting {
    unsure: HashSet<EventId>,
}

impl Ledger {
    /// Writes the events that are not on the books yet, all of them in one record. When it returns they are durable.
    ///
    /// Blocking: it waits for the disk, and for another posting. After an error nothing is known of the events; posting the
    /// same ones again is safe and tells.
    pub fn post(&self, events: Vec<UsageEvent>) -> Result<Posted, LedgerError> {
        let shared = &self.shared;
        let mut posting = shared.posting.lock();
        if let Some(error) = shared.health.write_failure() {
            return Err(error);
        }
        shared.barrier()?;
        let store = shared.store()?;
        settle_doubts(&mut posting, &*store)?;
        let all = events.len();
        let new = unknown(&*store, events)?;
        let posted = Posted { new: new.len(), known: all - new.len() };
        if new.is_empty() {
            return Ok(posted);
        }
        let ids: Vec<_> = new.iter().map(|event| event.id).collect();
        // What a full disk keeps from being written is kept in memory and written later: until then the ids are in doubt.
        match write(shared, new) {
            Ok(()) => Ok(posted),
            Err(error) => {
                posting.unsure.extend(ids);
                Err(error)
            }
        }
    }

    /// Which of these ids are on the books. Blocking, as all reads are.
    pub fn known(&self, ids: &[EventId]) -> Result<HashSet<EventId>, LedgerError> {
        self.shared.barrier()?;
        Ok(ids::known(&*self.shared.store()?, ids)?)
    }
}

fn write(shared: &Shared, events: Vec<UsageEvent>) -> Result<(), LedgerError> {
    let (pending, promise) = Pending::new();
    shared.queue.settle(EventId::NONE, events, Answer::Receipt(promise));
    pending.wait().map(drop)
}

/// Those of an earlier posting that failed are either there by now, or still waiting for the disk.
fn settle_doubts(posting: &mut Posting, store: &dyn Store) -> Result<(), LedgerError> {
    if posting.unsure.is_empty() {
        return Ok(());
    }
    let unsure: Vec<_> = posting.unsure.iter().copied().collect();
    for id in ids::known(store, &unsure)? {
        posting.unsure.remove(&id);
    }
    if posting.unsure.is_empty() { Ok(()) } else { Err(LedgerError::Unavailable { reason: "what was posted before is not written yet".into() }) }
}

/// The events whose ids are not on the books, the first of each id.
fn unknown(store: &dyn Store, events: Vec<UsageEvent>) -> Result<Vec<UsageEvent>, LedgerError> {
    let ids: Vec<_> = events.iter().map(|event| event.id).collect();
    let mut known = ids::known(store, &ids)?;
    Ok(events.into_iter().filter(|event| known.insert(event.id)).collect())
}
