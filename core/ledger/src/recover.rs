//! Opening the ledger: the lock, the journal's end, the store behind it, and the calls that a crash cut off.

mod open_journal;
mod open_store;

use std::{
    collections::HashMap,
    fs::{File, TryLockError},
    path::Path,
    sync::Arc,
};

use parking_lot::{Mutex, RwLock};
use weighbridge_domain::{Clock, EventId};

pub(crate) use self::open_journal::{check_follows, check_sealed};
use crate::{
    apply::Backlog,
    batch::Answer,
    error::OpenError,
    health::Health,
    hold::{Abandoned, Hold},
    journal,
    ledger::{Ledger, LedgerOptions, Opened, RecoveryReport, Shared},
    pending::Pending,
    queue::Queue,
};

pub(crate) fn open(options: LedgerOptions, clock: Arc<dyn Clock>) -> Result<Opened, OpenError> {
    let mut report = RecoveryReport::default();
    let folder = journal::folder(&options.path);
    std::fs::create_dir_all(&folder).map_err(|source| OpenError::Io { doing: "create", path: folder.clone(), source })?;
    let lock = lock(&options.path)?;

    let journal = open_journal::open(&options, &clock, folder, &mut report)?;
    let tail = journal.writer.tail();
    let (store, applier) = open_store::open(&options, &journal, &mut report)?;

    let shared = Arc::new(Shared {
        health: Health::new(options.disk.clone(), options.path.clone(), options.min_free_bytes),
        queue: Queue::new(journal.open.clone()),
        backlog: Backlog::new(applier.applied()),
        board: std::sync::Arc::default(),
        tail: Mutex::new(tail),
        store: RwLock::new(Some(store)),
        counters: Default::default(),
        posting: Default::default(),
        clock,
        options,
    });
    let path = shared.options.path.clone();
    let ledger =
        Ledger::start(shared.clone(), journal.writer, applier, lock).map_err(|source| OpenError::Io { doing: "start the threads for", path, source })?;
    report.abandoned = settle_abandoned(&shared, journal.open);
    tell(&report);
    Ok(Opened { ledger, recovery: report })
}

fn tell(report: &RecoveryReport) {
    if report.cut_bytes > 0 {
        tracing::warn!(bytes = report.cut_bytes, "cut an unfinished write off the journal's end; nothing acknowledged was in it");
    }
    if let Some(why) = &report.rebuilt {
        tracing::warn!(why, set_aside = ?report.set_aside, events = report.replayed_events, "rebuilt the queryable store from the journal");
    }
    if !report.abandoned.is_empty() {
        tracing::warn!(calls = report.abandoned.len(), "settled calls that were in progress when the process died; what they consumed is not known");
    }
}

/// One process at a time: the lock goes with the process, however it ends.
fn lock(folder: &Path) -> Result<File, OpenError> {
    let path = folder.join("lock");
    let io = |source| OpenError::Io { doing: "lock", path: path.clone(), source };
    let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(io)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse { path: folder.into() }),
        Err(TryLockError::Error(source)) => Err(io(source)),
    }
}

/// Nobody knows what these calls consumed, and their events say so. On a disk that cannot be written they are kept and
/// written later, as any settlement.
fn settle_abandoned(shared: &Shared, open: HashMap<EventId, Arc<Hold>>) -> Vec<EventId> {
    let mut holds: Vec<_> = open.into_values().collect();
    holds.sort_unstable_by_key(|hold| hold.id);
    let now = shared.clock.now();
    let pending: Vec<Pending<_>> = holds
        .iter()
        .map(|hold| {
            let (pending, promise) = Pending::new();
            shared.queue.settle(hold.id, vec![hold.abandoned(Abandoned::AfterCrash, now)], Answer::Receipt(promise));
            pending
        })
        .collect();
    for pending in pending {
        if let Err(error) = pending.wait() {
            tracing::error!(%error, "calls that a crash cut off are not settled yet");
            break;
        }
    }
    holds.iter().map(|hold| hold.id).collect()
}
