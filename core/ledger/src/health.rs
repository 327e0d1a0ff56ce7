//! Whether the ledger takes new calls: it does not while writes fail or the disk is nearly full.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Instant,
};

use parking_lot::Mutex;

use crate::{error::LedgerError, journal::disk::Disk};

/// The file system is looked at this often, in milliseconds, and only when someone asks for a reservation.
const LOOK_EVERY: u64 = 200;

/// What stands against taking new calls.
pub(crate) struct Health {
    disk: Arc<dyn Disk>,
    folder: PathBuf,
    least_free: u64,
    begun: Instant,
    next_look: AtomicU64,
    free: AtomicU64,
    /// Whether anything stands against it: one load for the usual case.
    refusing: AtomicBool,
    reasons: Mutex<Reasons>,
}

#[derive(Default)]
struct Reasons {
    write: Option<String>,
    space: Option<String>,
}

impl Health {
    pub(crate) fn new(disk: Arc<dyn Disk>, folder: PathBuf, least_free: u64) -> Self {
        let health = Self {
            disk,
            folder,
            least_free,
            begun: Instant::now(),
            next_look: AtomicU64::new(0),
            free: AtomicU64::new(0),
            refusing: AtomicBool::new(false),
            reasons: Mutex::default(),
        };
        health.look();
        health
    }

    /// Refuses, with the reason, if there is one.
    pub(crate) fn check(&self) -> Result<(), LedgerError> {
        self.look_if_due();
        if self.refusing.load(Ordering::Acquire) { self.why().map_or(Ok(()), |reason| Err(LedgerError::Unavailable { reason })) } else { Ok(()) }
    }

    /// Why new calls are refused.
    pub(crate) fn why(&self) -> Option<String> {
        let reasons = self.reasons.lock();
        reasons.write.clone().or_else(|| reasons.space.clone())
    }

    /// Why nothing can be written at all.
    pub(crate) fn write_failure(&self) -> Option<LedgerError> {
        if !self.refusing.load(Ordering::Acquire) {
            return None;
        }
        self.reasons.lock().write.clone().map(|reason| LedgerError::Unavailable { reason })
    }

    pub(crate) fn set_write_failure(&self, reason: Option<String>) {
        self.change(|reasons| reasons.write = reason);
    }

    pub(crate) fn free_bytes(&self) -> u64 {
        self.free.load(Ordering::Relaxed)
    }

    fn look_if_due(&self) {
        let now = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let due = self.next_look.load(Ordering::Relaxed);
        if now >= due && self.next_look.compare_exchange(due, now + LOOK_EVERY, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            self.look();
        }
    }

    fn look(&self) {
        // A file system that cannot say is judged by its writes alone.
        let Ok(free) = self.disk.free_bytes(&self.folder) else { return };
        self.free.store(free, Ordering::Relaxed);
        let low = (free < self.least_free)
            .then(|| format!("{} has {} MiB free, below the {} MiB kept in reserve", self.folder.display(), free >> 20, self.least_free >> 20));
        self.change(|reasons| reasons.space = low);
    }

    fn change(&self, change: impl FnOnce(&mut Reasons)) {
        let mut reasons = self.reasons.lock();
        let before = reasons.write.is_some() || reasons.space.is_some();
        change(&mut reasons);
        let after = reasons.write.is_some() || reasons.space.is_some();
        self.refusing.store(after, Ordering::Release);
        match (before, after) {
            (false, true) => {
                let reason = reasons.write.as_ref().or(reasons.space.as_ref());
                tracing::error!(reason = reason.map_or("", String::as_str), "the ledger takes no new calls");
            }
            (true, false) => tracing::info!("the ledger takes calls again"),
            _ => {}
        }
    }
}
