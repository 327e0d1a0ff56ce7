//! What waits for the next group commit: encoded records in the order of arrival, and the open holds.
//!
//! Callers encode on their own thread and hold the lock for one copy. The committer takes everything at once. The
//! open holds stand under the same lock, so that they are exactly those of the records pushed so far.

use std::{
    cell::RefCell,
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::{Condvar, Mutex};
use weighbridge_domain::{EventId, UsageEvent};

use crate::{
    batch::{Answer, Batch, What},
    document::Document,
    error::LedgerError,
    format::v2,
    hold::Hold,
};

/// What the committer is doing, so that callers know whether it needs a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Committer {
    /// At work: it looks again by itself.
    Busy,
    /// Waiting for others to join a commit, as long as any are in flight.
    Gathering,
    /// Resting: it wakes by itself after the hold window; only those who wait call it.
    Dozing,
    /// Asleep until called.
    Asleep,
}

struct Inner {
    filling: Batch,
    open: HashMap<EventId, Arc<Hold>>,
    /// How many in `filling` have someone waiting.
    waiting: u32,
    committer: Committer,
    closed: bool,
}

/// The queue between callers and the committer.
pub(crate) struct Queue {
    inner: Mutex<Inner>,
    wake: Condvar,
}

/// What the committer takes.
pub(crate) struct Taken {
    pub(crate) batch: Batch,
    /// The holds open after it, if it was asked for them.
    pub(crate) open: Option<Vec<Arc<Hold>>>,
    /// The queue is closed and this is the last.
    pub(crate) closed: bool,
}

/// How long the committer waits for what.
#[derive(Clone, Copy)]
pub(crate) struct Windows {
    /// For others to join, when there are others.
    pub(crate) gather: Duration,
    /// With holds that nobody waits for.
    pub(crate) hold: Duration,
}

thread_local! {
    static SCRATCH: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Memory to encode in, used again by the next record of this thread.
struct Scratch(Vec<u8>);

impl Scratch {
    fn with(encode: impl FnOnce(&mut Vec<u8>) -> usize) -> Self {
        let mut bytes = SCRATCH.take();
        bytes.clear();
        encode(&mut bytes);
        Self(bytes)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        const KEEP: usize = 256 << 10;
        self.0.shrink_to(KEEP);
        SCRATCH.set(std::mem::take(&mut self.0));
    }
}

impl Queue {
    /// With holds that are open already.
    pub(crate) fn new(open: HashMap<EventId, Arc<Hold>>) -> Self {
        let inner = Inner { filling: Batch::new(), open, waiting: 0, committer: Committer::Busy, closed: false };
        Self { inner: Mutex::new(inner), wake: Condvar::new() }
    }

    /// Opens a hold.
    pub(crate) fn hold(&self, hold: &Arc<Hold>) -> Result<(), LedgerError> {
        let record = Scratch::with(|out| v2::hold(out, hold));
        let mut inner = self.inner.lock();
        if inner.closed {
            return Err(LedgerError::Closed);
        }
        match inner.open.entry(hold.id) {
            std::collections::hash_map::Entry::Occupied(_) => return Err(LedgerError::AlreadyHeld(hold.id)),
            std::collections::hash_map::Entry::Vacant(place) => place.insert(hold.clone()),
        };
        inner.filling.push(&record.0, What::Hold);
        self.call(inner, false);
        Ok(())
    }

    /// Ends a hold with these events.
    pub(crate) fn settle(&self, id: EventId, events: Vec<UsageEvent>, mut answer: Answer) {
        let record = Scratch::with(|out| v2::settle(out, id, &events));
        let mut inner = self.inner.lock();
        if inner.closed {
            drop(inner);
            return answer.fail(&LedgerError::Closed);
        }
        let released = inner.open.remove(&id);
        let someone = answer.is_someone();
        inner.filling.push(&record.0, What::Settle { events, answer });
        self.call(inner, someone);
        drop(released);
    }

    /// Adds a document.
    pub(crate) fn document(&self, document: Document, answer: Answer) {
        let record = Scratch::with(|out| v2::document(out, &document));
        self.awaited(&record.0, What::Document { document, answer });
    }

    /// Adds a mark whose answer comes when everything pushed before is durable.
    pub(crate) fn mark(&self, answer: Answer) {
        let record = Scratch::with(|out| v2::mark(out, v2::Marked::Asked));
        self.awaited(&record.0, What::Mark { answer });
    }

    fn awaited(&self, record: &[u8], mut what: What) {
        let mut inner = self.inner.lock();
        if inner.closed {
            drop(inner);
            return what.fail(&LedgerError::Closed);
        }
        inner.filling.push(record, what);
        self.call(inner, true);
    }

    /// Wakes the committer if it needs it; a call that finds it awake costs nothing.
    fn call(&self, mut inner: parking_lot::MutexGuard<'_, Inner>, someone_waits: bool) {
        inner.waiting += u32::from(someone_waits);
        let needed = match inner.committer {
            Committer::Busy => false,
            Committer::Gathering => inner.open.is_empty(),
            Committer::Dozing => someone_waits,
            Committer::Asleep => true,
        };
        if needed {
            inner.committer = Committer::Busy;
            drop(inner);
            self.wake.notify_one();
        }
    }

    /// For the committer: waits until a commit is due and takes everything. `busy` says that the last commits were
    /// of several callers, `room` how many bytes may come before the open holds are wanted as well.
    pub(crate) fn take(&self, empty: Batch, windows: Windows, busy: bool, room: u64) -> Taken {
        let mut inner = self.inner.lock();
        while inner.waiting == 0 && !inner.closed {
            inner.committer = Committer::Dozing;
            let timed_out = self.wake.wait_for(&mut inner, windows.hold).timed_out();
            if !timed_out || inner.waiting > 0 {
                continue;
            }
            if !inner.filling.is_empty() {
                break; // holds only: they have waited long enough
            }
            inner.committer = Committer::Asleep;
            self.wake.wait(&mut inner);
        }
        // Alone, waiting helps nobody. With others in flight, one write for all of them does.
        if busy && inner.waiting > 0 && !inner.open.is_empty() && !inner.closed {
            inner.committer = Committer::Gathering;
            let until = Instant::now() + windows.gather;
            while inner.committer == Committer::Gathering && !self.wake.wait_until(&mut inner, until).timed_out() {}
        }
        inner.committer = Committer::Busy;
        inner.waiting = 0;
        let open = (inner.filling.bytes.len() as u64 >= room).then(|| inner.open.values().cloned().collect());
        let batch = std::mem::replace(&mut inner.filling, empty);
        Taken { batch, open, closed: inner.closed }
    }

    /// Everyone who waits is told, as by [`Batch::refuse`].
    pub(crate) fn refuse(&self, error: &LedgerError) {
        let mut inner = self.inner.lock();
        inner.filling.refuse(error);
        inner.waiting = 0;
    }

    /// Nothing more is accepted; the committer takes what is there.
    pub(crate) fn close(&self) {
        let mut inner = self.inner.lock();
        inner.closed = true;
        inner.committer = Committer::Busy;
        drop(inner);
        self.wake.notify_one();
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.inner.lock().closed
    }

    /// The open holds in the order of their ids.
    pub(crate) fn held(&self) -> Vec<Arc<Hold>> {
        let mut open: Vec<_> = self.inner.lock().open.values().cloned().collect();
        open.sort_unstable_by_key(|hold| hold.id);
        open
    }

    pub(crate) fn held_count(&self) -> u64 {
        self.inner.lock().open.len() as u64
    }
}
