//! Verification: the whole ledger recomputed from its journal.

mod fold;
mod snapshot;

use std::collections::HashSet;

use weighbridge_domain::{Currency, Decimal};

use self::{fold::Fold, snapshot::Snapshot};
use crate::{
    error::LedgerError,
    journal::{self, catalog},
    ledger::Ledger,
};

/// One thing that does not add up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// Where: a segment and byte, an event, an aggregate.
    pub place: String,
    /// What was found and what was expected.
    pub what: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

/// What all events come to in one currency.
#[derive(Clone, PartialEq, Debug)]
pub struct CurrencySums {
    /// The currency.
    pub currency: Currency,
    /// Cost of the events whose cost is known.
    pub cost: Decimal,
    /// Charge of the events whose charge is known.
    pub charge: Decimal,
}

/// What verification found.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct VerifyReport {
    /// Events read.
    pub events: u64,
    /// Segments read.
    pub segments: u64,
    /// Bytes read.
    pub bytes: u64,
    /// Holds that are open now, each of a call in progress.
    pub held: u64,
    /// Sums per currency, in the currency's order.
    pub sums: Vec<CurrencySums>,
    /// Everything that does not add up, in the order found; at most [`VerifyReport::MAX_PROBLEMS`].
    pub problems: Vec<Problem>,
    /// How many more problems there were.
    pub more_problems: u64,
}

impl VerifyReport {
    /// How many problems are described.
    pub const MAX_PROBLEMS: usize = 1_000;

    /// Whether everything adds up.
    pub fn is_clean(&self) -> bool {
        self.problems.is_empty()
    }
}

impl Ledger {
    /// Recomputes everything from the journal; `progress(done, total)` is told in bytes. Calls may go on meanwhile: what
    /// is verified is everything acknowledged before.
    pub fn verify(&self, progress: &mut dyn FnMut(u64, u64)) -> Result<VerifyReport, LedgerError> {
        self.flush()?;
        self.shared.barrier()?;
        let store = self.shared.store()?;
        let snapshot = Snapshot::take(&*store, &self.shared)?;
        let tail = *self.shared.tail.lock();
        let folder = journal::folder(&self.shared.options.path);
        let (mut segments, _) = catalog::list(&folder).map_err(|error| LedgerError::Damaged(error.to_string()))?;
        segments.retain(|segment| segment.header.first_lsn <= tail.segment);
        if let Some(last) = segments.last_mut() {
            last.bytes = tail.offset;
        }

        let mut fold = Fold::new(&snapshot);
        let total = segments.iter().map(|segment| segment.bytes).sum();
        let mut before = None;
        for segment in &segments {
            before = fold.segment(segment, before, tail.segment, &mut |done| progress(done, total));
        }
        self.check_holds(&mut fold, &folder)?;
        Ok(fold.finish(&snapshot))
    }

    /// Holds that the journal leaves open are of calls in progress, or were settled while it was being read.
    fn check_holds(&self, fold: &mut Fold<'_>, folder: &std::path::Path) -> Result<(), LedgerError> {
        if !fold.open.is_empty() {
            // What is not in progress now has its settlement in the journal after this.
            let held: HashSet<_> = self.shared.queue.held().iter().map(|hold| hold.id).collect();
            self.flush()?;
            let in_progress = fold.open.intersection(&held).count() as u64;
            fold.report.held = in_progress;
            fold.open.retain(|id| !held.contains(id));
            fold.forget_settled_later(folder, *self.shared.tail.lock())?;
            let mut left: Vec<_> = fold.open.drain().collect();
            left.sort_unstable();
            for id in left {
                fold.problem(format!("hold {id}"), "it has no settlement and its call is not in progress".into());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
