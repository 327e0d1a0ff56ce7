//! The ledger's handle: reserve, settle, put, and close.

use std::{
    fs::File,
    path::PathBuf,
    sync::{Arc, atomic::AtomicU64},
    thread::JoinHandle,
    time::Duration,
};

use parking_lot::{Mutex, RwLock};
use weighbridge_domain::{Clock, EventId, UsageEvent};

use crate::{
    apply::{Applier, Backlog},
    batch::Answer,
    commit::Committer,
    document::Document,
    error::{LedgerError, OpenError},
    health::Health,
    herald::{Board, Herald},
    hold::{Abandoned, Hold, Reservation},
    journal::{
        Tail,
        disk::{Disk, RealDisk},
        writer::Writer,
    },
    pending::{Pending, Receipt},
    post::Posting,
    queue::Queue,
    stats::Stats,
    store::{Store, session},
};

/// How to open a ledger. [`LedgerOptions::at`] has sensible values for everything.
#[derive(Clone)]
pub struct LedgerOptions {
    /// The data folder; created if missing.
    pub path: PathBuf,
    /// A segment is sealed when it reaches this size, in bytes.
    pub segment_bytes: u64,
    /// How long a group commit may wait for others to join, at most; only when others are in flight.
    pub max_window: Duration,
    /// How long a hold may wait for a group commit when nothing else needs one.
    pub hold_window: Duration,
    /// New reservations are refused while the file system has less than this free, in bytes.
    pub min_free_bytes: u64,
    /// Memory for the queryable store's cache, in bytes.
    pub store_cache_bytes: u64,
    /// Where the journal is written; tests make it fail.
    pub disk: Arc<dyn Disk>,
}

impl LedgerOptions {
    /// The defaults, in this data folder.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            segment_bytes: 64 << 20,
            // Measured through the gateway at 64 calls at once on one core: 500 µs gives 67 µs of CPU a call, 2 ms 53, at the
            // same latency, because the window closes when all that is in flight waits.
            max_window: Duration::from_millis(2),
            hold_window: Duration::from_millis(50),
            min_free_bytes: 64 << 20,
            store_cache_bytes: 8 << 20,
            disk: Arc::new(RealDisk),
        }
    }
}

/// A document's body may be so long, in bytes.
const MOST_DOCUMENT: usize = 1 << 20;

/// What was found, and done, when the ledger was opened.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RecoveryReport {
    /// Bytes of an unfinished write that were cut off the journal's end; nothing acknowledged was in them.
    pub cut_bytes: u64,
    /// Calls that were in progress when the process died; each has an `abandoned` event now.
    pub abandoned: Vec<EventId>,
    /// Events that the queryable store had missed and got from the journal.
    pub replayed_events: u64,
    /// Why the queryable store was set aside and rebuilt, if it was.
    pub rebuilt: Option<String>,
    /// Where the old one was put.
    pub set_aside: Option<PathBuf>,
}

/// An open ledger and what opening it found.
pub struct Opened {
    /// The ledger.
    pub ledger: Ledger,
    /// What was found.
    pub recovery: RecoveryReport,
}

/// Figures that only count up.
#[derive(Default)]
pub(crate) struct Counters {
    pub(crate) commits: AtomicU64,
    pub(crate) write_failures: AtomicU64,
}

/// What the handle, its threads and every reservation share.
pub(crate) struct Shared {
    pub(crate) options: LedgerOptions,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) queue: Queue,
    pub(crate) backlog: Backlog,
    pub(crate) board: Arc<Board>,
    /// What is durable; only the committer writes it.
    pub(crate) tail: Mutex<Tail>,
    pub(crate) health: Health,
    /// Absent once closed.
    pub(crate) store: RwLock<Option<Arc<dyn Store>>>,
    pub(crate) counters: Counters,
    pub(crate) posting: Mutex<Posting>,
}

impl Shared {
    /// A reservation was dropped.
    pub(crate) fn abandon(&self, hold: &Hold) {
        self.queue.settle(hold.id, vec![hold.abandoned(Abandoned::Dropped, self.clock.now())], Answer::Nobody);
    }

    pub(crate) fn store(&self) -> Result<Arc<dyn Store>, LedgerError> {
        self.store.read().clone().ok_or(LedgerError::Closed)
    }

    /// Waits until the store has everything acknowledged before.
    pub(crate) fn barrier(&self) -> Result<(), LedgerError> {
        let lsn = self.tail.lock().lsn;
        self.backlog.barrier(lsn)
    }
}

/// The books. Cheap to clone; the last clone closes them.
#[derive(Clone)]
pub struct Ledger {
    pub(crate) shared: Arc<Shared>,
    running: Arc<Running>,
}

/// What ends when the ledger is closed.
struct Running {
    shared: Arc<Shared>,
    threads: Mutex<Option<Threads>>,
}

struct Threads {
    committer: JoinHandle<()>,
    applier: JoinHandle<()>,
    _lock: File,
}

impl Ledger {
    /// Opens the data folder, repairs what a crash left, and starts the committer.
    pub fn open(options: LedgerOptions, clock: Arc<dyn Clock>) -> Result<Opened, OpenError> {
        crate::recover::open(options, clock)
    }

    /// Starts the threads.
    pub(crate) fn start(shared: Arc<Shared>, writer: Writer, applier: Applier, lock: File) -> std::io::Result<Self> {
        let thread = |name: &str| std::thread::Builder::new().name(name.into());
        let committer = Committer::new(shared.clone(), writer);
        let also = shared.clone();
        let committer = thread("ledger-commit").spawn(move || {
            if std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| committer.run())).is_err() {
                // Nothing is acknowledged any more, and nobody waits for it.
                also.queue.close();
                also.health.set_write_failure(Some("its committer failed; restart the process".into()));
                also.queue.refuse(&LedgerError::Closed);
            }
        })?;
        let also = shared.clone();
        let mut applier = applier;
        let applier = thread("ledger-apply").spawn(move || also.backlog.run(&mut applier))?;
        let threads = Mutex::new(Some(Threads { committer, applier, _lock: lock }));
        Ok(Self { running: Arc::new(Running { shared: shared.clone(), threads }), shared })
    }

    /// The task that wakes those who wait, to be spawned on their runtime: cheaper than being woken from the committer's thread.
    pub fn herald(&self) -> Herald {
        Herald::new(self.shared.board.clone())
    }

    /// Writes down that a call is about to be made. Never waits for the disk: the hold is durable with the next group commit.
    pub fn reserve(&self, hold: Hold) -> Result<Reservation, LedgerError> {
        self.shared.health.check()?;
        let hold = Arc::new(hold);
        self.shared.queue.hold(&hold)?;
        Ok(Reservation::granted(hold, self.shared.clone()))
    }

    /// Ends a call: its events and the release of its hold, atomically. An empty list settles it as abandoned.
    ///
    /// While the disk cannot be written the answer is [`LedgerError::Unavailable`] at once, and the settlement is kept
    /// and written when that is possible again.
    pub fn settle(&self, reservation: Reservation, events: Vec<UsageEvent>) -> Pending<Receipt> {
        let hold = reservation.consume();
        let events = if events.is_empty() { vec![hold.abandoned(Abandoned::Dropped, self.shared.clock.now())] } else { events };
        if let Some(error) = self.shared.health.write_failure() {
            self.shared.queue.settle(hold.id, events, Answer::Nobody);
            return Pending::ready(Err(error));
        }
        let (pending, promise) = Pending::new();
        self.shared.queue.settle(hold.id, events, Answer::Receipt(promise));
        pending
    }

    /// Takes a reservation back without an event: nothing was sent, nothing is to be recorded (an id that turned out to be a repetition).
    pub fn release(&self, reservation: Reservation) -> Pending<()> {
        let hold = reservation.consume();
        if let Some(error) = self.shared.health.write_failure() {
            self.shared.queue.settle(hold.id, Vec::new(), Answer::Nobody);
            return Pending::ready(Err(error));
        }
        let (pending, promise) = Pending::new();
        self.shared.queue.settle(hold.id, Vec::new(), Answer::Done(promise));
        pending
    }

    /// Stores a document; the answer is the journal's record number, rising with every record.
    pub fn put(&self, document: Document) -> Pending<u64> {
        let bytes = document.body.len();
        if bytes > MOST_DOCUMENT {
            return Pending::ready(Err(LedgerError::TooLarge { id: document.id.to_string(), bytes, limit: MOST_DOCUMENT }));
        }
        if let Some(error) = self.shared.health.write_failure() {
            return Pending::ready(Err(error));
        }
        let (pending, promise) = Pending::new();
        self.shared.queue.document(document, Answer::Lsn(promise));
        pending
    }

    /// Waits until everything handed in before is durable, the holds too. Blocking.
    pub fn flush(&self) -> Result<(), LedgerError> {
        let (pending, promise) = Pending::new();
        self.shared.queue.mark(Answer::Done(promise));
        pending.wait()
    }

    /// The open holds, in the order of their ids.
    pub fn held(&self) -> Vec<Hold> {
        self.shared.queue.held().iter().map(|hold| Hold::clone(hold)).collect()
    }

    /// Figures.
    pub fn stats(&self) -> Stats {
        use std::sync::atomic::Ordering::Relaxed;
        let tail = *self.shared.tail.lock();
        Stats {
            events: tail.seq,
            records: tail.lsn,
            segments: tail.segments,
            journal_bytes: tail.sealed_bytes + tail.offset,
            held: self.shared.queue.held_count(),
            backlog_events: self.shared.backlog.waiting_events(),
            commits: self.shared.counters.commits.load(Relaxed),
            write_failures: self.shared.counters.write_failures.load(Relaxed),
            free_bytes: self.shared.health.free_bytes(),
            store_bytes: self.shared.store().map_or(0, |store| store.bytes()),
            unavailable: self.shared.health.why(),
        }
    }

    /// Commits what is pending, brings the queryable store up to date and lets go of the folder. Further use gets [`LedgerError::Closed`].
    pub fn close(&self) {
        self.running.close();
    }
}

impl Running {
    fn close(&self) {
        // Held to the end: a second closer returns when the first is done.
        let mut threads = self.threads.lock();
        let Some(running) = threads.take() else { return };
        self.shared.queue.close();
        let _ = running.committer.join();
        self.shared.backlog.close();
        let _ = running.applier.join();
        let Some(store) = self.shared.store.write().take() else { return };
        let closed = store.flush().map_err(|error| error.to_string());
        drop(store);
        let closed = closed.and_then(|()| session::end(&self.shared.options.path).map_err(|error| error.to_string()));
        if let Err(error) = closed {
            tracing::warn!(error, "the queryable store could not be closed in good order; it is brought up to date from the journal at the next start");
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.close();
    }
}
