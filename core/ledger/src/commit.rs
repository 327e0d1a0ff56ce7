//! The committer: one thread that makes everything that waits durable at once, then tells everyone.

use std::{io, sync::Arc, task::Waker, time::Duration};

use crate::{
    apply::Landed,
    batch::{Answer, Batch, What},
    error::LedgerError,
    format::v2,
    hold::Hold,
    journal::{Place, writer::Writer},
    ledger::Shared,
    pending::Receipt,
    queue::Windows,
};

/// Tries again after so long, doubling up to the longest.
const FIRST_RETRY: Duration = Duration::from_millis(20);
const LONGEST_RETRY: Duration = Duration::from_millis(640);

/// The committer's state.
pub(crate) struct Committer {
    shared: Arc<Shared>,
    writer: Writer,
    landed: Vec<Landed>,
    wakers: Vec<Waker>,
    /// Callers per commit of late, in sixteenths.
    recent: u32,
}

impl Committer {
    pub(crate) fn new(shared: Arc<Shared>, writer: Writer) -> Self {
        Self { shared, writer, landed: Vec::new(), wakers: Vec::new(), recent: 0 }
    }

    /// Until the queue is closed.
    pub(crate) fn run(mut self) {
        let shared = self.shared.clone();
        let windows = Windows { gather: shared.options.max_window, hold: shared.options.hold_window };
        let mut spare = Batch::new();
        loop {
            let room = shared.options.segment_bytes.saturating_sub(self.writer.tail().offset);
            let mut taken = shared.queue.take(spare, windows, self.recent > 24, room);
            if !taken.batch.is_empty() && self.commit(&mut taken.batch).is_err() {
                return self.finish(false);
            }
            if taken.closed {
                return self.finish(true);
            }
            if let Some(open) = taken.open
                && self.rotate(&open).is_err()
            {
                return self.finish(false);
            }
            spare = taken.batch;
            spare.clear();
        }
    }

    /// Makes a batch durable, however long it takes; fails only when the ledger is closed before that.
    fn commit(&mut self, batch: &mut Batch) -> Result<(), Gone> {
        let (_, _, waiting) = batch.count();
        self.recent = (self.recent * 7 + waiting * 16) / 8;
        if let Err(error) = self.write(batch) {
            self.insist(batch, &error)?;
        }
        self.tell(batch);
        Ok(())
    }

    fn write(&mut self, batch: &mut Batch) -> io::Result<()> {
        let (records, events, _) = batch.count();
        let (first_lsn, mask) = (self.writer.tail().lsn + 1, self.writer.header().mask());
        batch.mask(first_lsn, mask);
        let result = self.writer.append(&batch.bytes, records, events);
        if result.is_err() {
            batch.mask(first_lsn, mask);
        }
        result
    }

    /// After a failed write: nobody is told that it is durable, all who wait are told that it is not, and what was
    /// consumed is tried again until it is on the disk.
    fn insist(&mut self, batch: &mut Batch, error: &io::Error) -> Result<(), Gone> {
        let mut reason = error.to_string();
        let mut pause = FIRST_RETRY;
        loop {
            self.shared.counters.write_failures.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            self.shared.health.set_write_failure(Some(reason.clone()));
            let error = LedgerError::Unavailable { reason: reason.clone() };
            batch.refuse(&error);
            self.shared.queue.refuse(&error);
            if self.shared.queue.is_closed() {
                tracing::error!(reason, "closed while the disk could not be written; calls that were not settled on it are abandoned at the next start");
                return Err(Gone);
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(LONGEST_RETRY);
            match self.write(batch) {
                Ok(()) => break,
                Err(error) => reason = error.to_string(),
            }
        }
        self.shared.health.set_write_failure(None);
        Ok(())
    }

    /// It is durable: first the books say so, then everyone is told, then the store gets it.
    fn tell(&mut self, batch: &mut Batch) {
        let tail = self.writer.tail();
        let (records, events, _) = batch.count();
        let (mut lsn, mut seq) = (tail.lsn - records, tail.seq - events);
        let mut offset = tail.offset - batch.bytes.len() as u64;
        *self.shared.tail.lock() = tail;
        self.shared.counters.commits.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        for entry in batch.entries.drain(..) {
            lsn += 1;
            match entry.what {
                What::Settle { events, answer } => {
                    self.wakers.extend(answer.keep(lsn, events.first().map(|event| Receipt { id: event.id, seq: seq + 1 })));
                    let place = Place { segment: tail.segment, offset, lsn };
                    let first_seq = seq + 1;
                    seq += events.len() as u64;
                    if !events.is_empty() {
                        self.landed.push(Landed::Settled { place, first_seq, events });
                    }
                }
                What::Document { document, answer } => {
                    self.wakers.extend(answer.keep(lsn, None));
                    self.landed.push(Landed::Document(document));
                }
                What::Mark { answer } => self.wakers.extend(answer.keep(lsn, None)),
                What::Hold | What::Carried => {}
            }
            offset += u64::from(entry.length);
        }
        self.shared.board.post(&mut self.wakers);
        self.shared.backlog.push(&mut self.landed, events as usize, tail.lsn);
        self.writer.digest(&batch.bytes);
    }

    /// Seals the full segment and writes down in the new one which holds are open, so that a start needs no older one
    /// to find them.
    fn rotate(&mut self, open: &[Arc<Hold>]) -> Result<(), Gone> {
        if let Err(error) = self.writer.rotate() {
            // The next commit tries again and says so if it fails; holds are then looked for in the segments before.
            tracing::warn!(%error, "cannot begin a new journal segment");
            return Ok(());
        }
        let mut batch = Batch::new();
        let mut record = Vec::new();
        for hold in open {
            record.clear();
            v2::hold(&mut record, hold);
            batch.push(&record, What::Hold);
        }
        record.clear();
        v2::carried(&mut record, open.len() as u32);
        batch.push(&record, What::Carried);
        let recent = self.recent;
        let result = self.commit(&mut batch);
        self.recent = recent;
        result
    }

    fn finish(mut self, in_order: bool) {
        self.shared.queue.refuse(&LedgerError::Closed);
        if !in_order {
            return;
        }
        let mut batch = Batch { bytes: Vec::new(), entries: Vec::new() };
        let mut record = Vec::new();
        v2::mark(&mut record, v2::Marked::Closed);
        batch.push(&record, What::Mark { answer: Answer::Nobody });
        let result = self.write(&mut batch).and_then(|()| {
            self.tell(&mut batch);
            self.writer.finish()
        });
        if let Err(error) = result {
            tracing::warn!(%error, "the journal could not be closed in good order; nothing acknowledged is lost");
        }
    }
}

/// The ledger was closed before a batch could be written.
struct Gone;
