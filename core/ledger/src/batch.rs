//! A batch: encoded records that are committed together, and who waits for which of them.

use std::task::Waker;

use weighbridge_domain::UsageEvent;

use crate::{
    document::Document,
    error::LedgerError,
    format::{frame, v2},
    pending::{Promise, Receipt},
};

/// One record of a batch and who waits for it.
pub(crate) struct Entry {
    /// Its length in the batch's bytes.
    pub(crate) length: u32,
    pub(crate) what: What,
}

/// What a record is, with what others need once it is durable.
pub(crate) enum What {
    Hold,
    Settle { events: Vec<UsageEvent>, answer: Answer },
    Document { document: Document, answer: Answer },
    Mark { answer: Answer },
    Carried,
}

impl What {
    /// Tells whoever waits of a failure.
    pub(crate) fn fail(&mut self, error: &LedgerError) {
        match self {
            What::Settle { answer, .. } | What::Document { answer, .. } | What::Mark { answer } => answer.fail(error),
            What::Hold | What::Carried => {}
        }
    }
}

/// Who is told.
pub(crate) enum Answer {
    Nobody,
    Receipt(Promise<Receipt>),
    Done(Promise<()>),
    Lsn(Promise<u64>),
}

impl Answer {
    /// Tells of a failure; whoever was told is not told again.
    pub(crate) fn fail(&mut self, error: &LedgerError) {
        let waker = match std::mem::replace(self, Answer::Nobody) {
            Answer::Nobody => None,
            Answer::Receipt(promise) => promise.keep(Err(error.clone())),
            Answer::Done(promise) => promise.keep(Err(error.clone())),
            Answer::Lsn(promise) => promise.keep(Err(error.clone())),
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// It is durable: the record's number, and the first event with its place if there are any. Gives back whom to wake.
    pub(crate) fn keep(self, lsn: u64, receipt: Option<Receipt>) -> Option<Waker> {
        match self {
            Answer::Nobody => None,
            Answer::Receipt(promise) => promise.keep(receipt.ok_or(LedgerError::Closed)),
            Answer::Done(promise) => promise.keep(Ok(())),
            Answer::Lsn(promise) => promise.keep(Ok(lsn)),
        }
    }

    pub(crate) fn is_someone(&self) -> bool {
        !matches!(self, Answer::Nobody)
    }
}

/// Records that are committed together. It begins with a mark.
pub(crate) struct Batch {
    pub(crate) bytes: Vec<u8>,
    pub(crate) entries: Vec<Entry>,
}

impl Batch {
    pub(crate) fn new() -> Self {
        let mut batch = Self { bytes: Vec::new(), entries: Vec::new() };
        batch.clear();
        batch
    }

    /// Ready for use again, with its memory unless that grew large.
    pub(crate) fn clear(&mut self) {
        const KEEP: usize = 1 << 20;
        self.bytes.clear();
        self.bytes.shrink_to(KEEP);
        self.entries.clear();
        self.entries.shrink_to(KEEP / 256);
        let length = v2::mark(&mut self.bytes, v2::Marked::Begin) as u32;
        self.entries.push(Entry { length, what: What::Mark { answer: Answer::Nobody } });
    }

    /// Nothing but the mark that it begins with.
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.len() <= 1
    }

    pub(crate) fn push(&mut self, record: &[u8], what: What) {
        self.bytes.extend_from_slice(record);
        self.entries.push(Entry { length: record.len() as u32, what });
    }

    /// It cannot be written now: everyone who waits is told. Documents are taken out, because their owners were told that
    /// they are not stored. Holds and settlements stay: what was consumed is not forgotten because a disk was full.
    pub(crate) fn refuse(&mut self, error: &LedgerError) {
        let mut kept = Batch { bytes: Vec::with_capacity(self.bytes.len()), entries: Vec::with_capacity(self.entries.len()) };
        let mut at = 0;
        for mut entry in self.entries.drain(..) {
            let record = &self.bytes[at..at + entry.length as usize];
            at += record.len();
            entry.what.fail(error);
            if !matches!(entry.what, What::Document { .. }) {
                kept.push(record, entry.what);
            }
        }
        *self = kept;
    }

    /// How many records, events, and callers who wait.
    pub(crate) fn count(&self) -> (u64, u64, u32) {
        let (mut events, mut waiting) = (0, 0);
        for entry in &self.entries {
            match &entry.what {
                What::Settle { events: several, answer } => {
                    events += several.len() as u64;
                    waiting += u32::from(answer.is_someone());
                }
                What::Document { answer, .. } | What::Mark { answer } => waiting += u32::from(answer.is_someone()),
                What::Hold | What::Carried => {}
            }
        }
        (self.entries.len() as u64, events, waiting)
    }

    /// Masks the records with their numbers, beginning with this one; doing it again takes the mask off.
    pub(crate) fn mask(&mut self, first_lsn: u64, mask: frame::Mask) {
        let mut at = 0;
        for (entry, lsn) in self.entries.iter().zip(first_lsn..) {
            let end = at + entry.length as usize;
            frame::mask(&mut self.bytes[at..end], lsn, mask);
            at = end;
        }
    }
}
