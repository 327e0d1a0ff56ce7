//! What the journal says: every record read, every sum made anew, and compared with what the store says.

use std::collections::{BTreeMap, HashSet};

use weighbridge_domain::{Currency, EventId, UsageEvent};

use super::{
    CurrencySums, Problem, VerifyReport,
    snapshot::{Fingerprint, Snapshot},
};
use crate::{
    aggregate::{Group, GroupName, Groups, MeterSums, Sum},
    apply::decode_group,
    check_event,
    error::{LedgerError, OpenError},
    format::{Kind, v2},
    index::blocks::Block,
    journal::{
        Tail,
        catalog::{self, Segment},
        reader::{ReadError, Record, SegmentReader},
    },
    recover,
    store::Applied,
};

/// What the journal says, as far as it is read.
pub(super) struct Fold<'a> {
    pub(super) report: VerifyReport,
    applied: Applied,
    done: u64,
    /// A part could not be read: sums are not compared then.
    broken: bool,
    groups: Groups,
    sums: BTreeMap<Currency, (Sum, Sum)>,
    ids: Fingerprint,
    /// Holds without a settlement so far.
    pub(super) open: HashSet<EventId>,
    blocks: std::iter::Peekable<std::slice::Iter<'a, Block>>,
    /// The block being read, as the store has it and as it is.
    block: Option<(&'a Block, Block)>,
}

/// Where the segment before ended: the next record, the next event, its digest.
pub(super) type Before = Option<(u64, u64, [u8; 32])>;

impl<'a> Fold<'a> {
    pub(super) fn new(snapshot: &'a Snapshot) -> Self {
        Self {
            report: VerifyReport::default(),
            applied: snapshot.applied,
            done: 0,
            broken: false,
            groups: Groups::default(),
            sums: BTreeMap::new(),
            ids: Fingerprint::default(),
            open: HashSet::new(),
            blocks: snapshot.blocks.iter().peekable(),
            block: None,
        }
    }

    pub(super) fn problem(&mut self, place: String, what: String) {
        if self.report.problems.len() < VerifyReport::MAX_PROBLEMS {
            self.report.problems.push(Problem { place, what });
        } else {
            self.report.more_problems += 1;
        }
    }

    fn failed(&mut self, error: &OpenError) {
        self.broken = true;
        self.problem("journal".into(), error.to_string());
    }

    /// Reads one segment; gives where it ended, if it could be read to its end.
    pub(super) fn segment(&mut self, segment: &Segment, before: Before, last: u64, progress: &mut dyn FnMut(u64)) -> Before {
        const TELL: u64 = 1 << 20;
        let begun = self.done;
        let mut reader = match SegmentReader::open(&segment.path, Some(segment.bytes), true) {
            Ok(reader) => reader,
            Err(error) => {
                self.failed(&error);
                return None;
            }
        };
        if let Err(error) = recover::check_follows(reader.header(), before, &segment.path) {
            self.failed(&error);
        }
        let end = loop {
            match reader.next() {
                Ok(Some(record)) => {
                    if let Err(error) = self.record(&record) {
                        break Err(error);
                    }
                }
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
            let done = begun + reader.position();
            if done - self.done >= TELL {
                self.done = done;
                progress(done);
            }
        };
        self.done = begun + segment.bytes;
        self.report.bytes = self.done;
        self.report.segments += 1;
        progress(self.done);
        if let Err(error) = recover::check_sealed(&reader, end, segment) {
            self.failed(&error);
            return None;
        }
        let is_sealed = segment.header.first_lsn != last;
        is_sealed.then(|| (reader.next_lsn(), reader.next_seq(), sha2::Digest::finalize(reader.take_hash()).into()))
    }

    fn record(&mut self, record: &Record<'_>) -> Result<(), ReadError> {
        if record.place.lsn > self.applied.lsn {
            return Ok(()); // acknowledged after the verification began
        }
        let unreadable = |_| ReadError::unreadable(record.place);
        match record.kind {
            Kind::Hold => {
                self.open.insert(v2::read_hold(record.payload).map_err(unreadable)?.id);
            }
            Kind::Settle => {
                let settlement = v2::Settlement::read(record.version, record.payload).map_err(unreadable)?;
                // What was posted ends no hold.
                if settlement.id != EventId::NONE && !self.open.remove(&settlement.id) {
                    self.problem(format!("settlement {}", settlement.id), "no hold was open for it".into());
                }
                if settlement.count > 0 {
                    self.begin_block(record);
                }
                for (event, seq) in settlement.events().zip(record.first_seq..) {
                    self.event(&event.map_err(unreadable)?, seq);
                }
            }
            Kind::Document => {
                v2::read_document(record.payload).map_err(unreadable)?;
            }
            Kind::Mark | Kind::Carried => {}
        }
        Ok(())
    }

    fn event(&mut self, event: &UsageEvent, seq: u64) {
        self.report.events += 1;
        self.ids.add(event.id, seq);
        let Ok(()) = self.groups.add::<std::convert::Infallible>(event, |_| Ok(None));
        if let Some((_, block)) = &mut self.block {
            block.add(event);
        }
        if let Some(amount) = event.cost.amount {
            self.sums.entry(event.cost.currency).or_default().0.add(amount);
        }
        if let Some(amount) = event.charge.amount {
            self.sums.entry(event.charge.currency).or_default().1.add(amount);
        }
        check_event::check(event, &mut |what| self.problem(format!("event {} (number {seq})", event.id), what));
    }

    /// A block of the index begins where the store says.
    fn begin_block(&mut self, record: &Record<'_>) {
        if let Some(stored) = self.blocks.next_if(|block| block.first_seq == record.first_seq) {
            self.end_block();
            self.block = Some((stored, Block::new(record.place, record.first_seq)));
        } else if self.block.is_none() {
            self.problem("index of blocks".into(), format!("event number {} is in no block", record.first_seq));
        }
    }

    fn end_block(&mut self) {
        if let Some((stored, real)) = self.block.take()
            && *stored != real
        {
            self.problem("index of blocks".into(), format!("the block at event number {} is not as the journal has it", real.first_seq));
        }
    }

    /// Looks for settlements behind the part that was verified.
    pub(super) fn forget_settled_later(&mut self, folder: &std::path::Path, tail: Tail) -> Result<(), LedgerError> {
        let damaged = |error: OpenError| LedgerError::Damaged(error.to_string());
        let (segments, _) = catalog::list(folder).map_err(damaged)?;
        let from = segments.iter().rposition(|segment| segment.header.first_lsn <= self.applied.lsn + 1).unwrap_or(0);
        for segment in segments[from..].iter().filter(|segment| segment.header.first_lsn <= tail.segment) {
            let limit = (segment.header.first_lsn == tail.segment).then_some(tail.offset);
            let mut reader = SegmentReader::open(&segment.path, limit, false).map_err(damaged)?;
            while let Ok(Some(record)) = reader.next() {
                if record.kind == Kind::Settle
                    && record.place.lsn > self.applied.lsn
                    && let Ok(settlement) = v2::Settlement::read(record.version, record.payload)
                {
                    self.open.remove(&settlement.id);
                }
            }
        }
        Ok(())
    }

    pub(super) fn finish(mut self, snapshot: &Snapshot) -> VerifyReport {
        self.end_block();
        if let Some(block) = self.blocks.next() {
            let what = format!("there is a block at event number {} that the journal does not have", block.first_seq);
            self.problem("index of blocks".into(), what);
        }
        for problem in snapshot.unreadable.iter().chain(&snapshot.twice) {
            self.problem(problem.place.clone(), problem.what.clone());
        }
        if !self.broken {
            if self.report.events != snapshot.applied.seq {
                let what = format!("the journal has {} events, the store {}", self.report.events, snapshot.applied.seq);
                self.problem("events".into(), what);
            }
            if self.ids != snapshot.ids {
                let what = format!("it has {} ids, the journal {}; or one of them stands at another place", snapshot.ids.count, self.ids.count);
                self.problem("index of ids".into(), what);
            }
            self.compare_groups(snapshot);
        }
        for (currency, (cost, charge)) in std::mem::take(&mut self.sums) {
            match cost.decimal().zip(charge.decimal()) {
                Some((cost, charge)) => self.report.sums.push(CurrencySums { currency, cost, charge }),
                None => self.problem(format!("sum in {currency}"), "it does not fit in 28 significant digits".into()),
            }
        }
        self.report
    }

    fn compare_groups(&mut self, snapshot: &Snapshot) {
        let mut stored: BTreeMap<&[u8], &[u8]> = snapshot.groups.iter().map(|(key, value)| (&key[..], &value[..])).collect();
        for (key, real) in std::mem::take(&mut self.groups).into_sorted() {
            let found = stored.remove(&key[..]).and_then(|value| decode_group(value).ok());
            if let Some(what) = difference(found.as_ref(), &real) {
                self.problem(group_place(&key), what);
            }
        }
        for key in stored.into_keys() {
            self.problem(group_place(key), "the store has sums for which there are no events".into());
        }
    }
}

fn group_place(key: &[u8]) -> String {
    GroupName::parse(key).map_or_else(
        || "aggregate with an unreadable key".into(),
        |name| format!("aggregate of {} on day {} at {}/{} in {}", name.customer, name.day, name.provider, name.model, name.currency),
    )
}

/// The first thing in which two groups differ.
fn difference(found: Option<&Group>, real: &Group) -> Option<String> {
    let Some(found) = found else { return Some("the store has no readable sums for its events".into()) };
    let show = |sum: &Sum| sum.decimal().map_or_else(|| "more than 28 digits".to_owned(), |sum| sum.to_string());
    let sum = |what: &str, found: &Sum, real: &Sum| (found != real).then(|| format!("{what}: the store says {}, the events say {}", show(found), show(real)));
    let count = |what: &str, found: u64, real: u64| (found != real).then(|| format!("{what}: the store says {found}, the events say {real}"));
    let meter = |real: &MeterSums| {
        let name = &real.meter;
        let Some(found) = found.meters.iter().find(|found| found.meter == *name) else { return Some(format!("{name}: the store does not have it")) };
        sum(&format!("quantity of {name}"), &found.quantity, &real.quantity)
            .or_else(|| sum(&format!("cost of {name}"), &found.cost, &real.cost))
            .or_else(|| sum(&format!("charge of {name}"), &found.charge, &real.charge))
    };
    count("events", found.events, real.events)
        .or_else(|| count("unpriced events", found.unpriced, real.unpriced))
        .or_else(|| count("unrated events", found.unrated, real.unrated))
        .or_else(|| sum("cost without a meter", &found.cost, &real.cost))
        .or_else(|| sum("charge without a meter", &found.charge, &real.charge))
        .or_else(|| real.meters.iter().find_map(meter))
        .or_else(|| count("meters", found.meters.len() as u64, real.meters.len() as u64))
}
