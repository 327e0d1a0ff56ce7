//! Verification: the whole ledger recomputed from its journal.

use std::{
    collections::{BTreeMap, HashSet},
    hash::{Hash, Hasher},
    ops::ControlFlow,
};

use weighbridge_domain::{Currency, Decimal, EventId, UsageEvent};

use crate::{
    aggregate::{Group, GroupName, Groups, Sum},
    apply::decode_group,
    check_event,
    error::{LedgerError, OpenError},
    format::{Kind, v1},
    index::{blocks::Block, ids},
    journal::{
        self, Tail,
        catalog::{self, Segment},
        reader::{ReadError, Record, SegmentReader},
    },
    ledger::{Ledger, Shared},
    recover,
    store::{self, Applied, Store},
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

/// What the store says, at one moment.
struct Snapshot {
    applied: Applied,
    groups: Vec<(Box<[u8]>, Vec<u8>)>,
    blocks: Vec<Block>,
    ids: Fingerprint,
    twice: Vec<Problem>,
    unreadable: Vec<Problem>,
}

impl Snapshot {
    fn take(store: &dyn Store, shared: &Shared) -> Result<Self, LedgerError> {
        let _still = shared.backlog.still.read();
        let applied = shared.backlog.applied();
        let (mut groups, mut blocks, mut unreadable) = (Vec::new(), Vec::new(), Vec::new());
        store.scan(b"a/", &store::after(b"a/"), &mut |key, value| {
            groups.push((key.into(), value.to_vec()));
            ControlFlow::Continue(())
        })?;
        store.scan(b"f/", &store::after(b"f/"), &mut |key, value| {
            match Block::decode(key, value) {
                Some(block) if Block::key(block.first_seq) == key => blocks.push(block),
                _ => unreadable.push(Problem { place: "index of blocks".into(), what: "an entry cannot be read".into() }),
            }
            ControlFlow::Continue(())
        })?;
        let (ids, twice) = read_ids(store)?;
        Ok(Self { applied, groups, blocks, ids, twice, unreadable })
    }
}

/// A sum over ids and places that does not depend on their order.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
struct Fingerprint {
    count: u64,
    sum: u128,
}

impl Fingerprint {
    fn add(&mut self, id: EventId, seq: u64) {
        let hash = |salt: u8| {
            let mut hasher = std::hash::DefaultHasher::new();
            (salt, id.bytes(), seq).hash(&mut hasher);
            u128::from(hasher.finish())
        };
        self.count += 1;
        self.sum = self.sum.wrapping_add(hash(1) << 64 | hash(2));
    }
}

/// All ids of the index, and those that are there twice. Ids of one span stand together, so memory stays small.
fn read_ids(store: &dyn Store) -> Result<(Fingerprint, Vec<Problem>), LedgerError> {
    let mut fingerprint = Fingerprint::default();
    let mut twice = Vec::new();
    let mut span = Vec::new();
    let mut entries: Vec<(EventId, u64)> = Vec::new();
    let mut look = |entries: &mut Vec<(EventId, u64)>| {
        entries.sort_unstable();
        for pair in entries.windows(2).filter(|pair| pair[0].0 == pair[1].0) {
            twice.push(Problem { place: format!("event {}", pair[0].0), what: format!("it is there twice, as number {} and {}", pair[0].1, pair[1].1) });
        }
        entries.clear();
    };
    ids::scan(store, |key, page| {
        if span != key {
            look(&mut entries);
            span = key.to_vec();
        }
        for (id, seq) in ids::read(page) {
            fingerprint.add(id, seq);
            entries.push((id, seq));
        }
    })?;
    look(&mut entries);
    Ok((fingerprint, twice))
}

/// What the journal says, as far as it is read.
struct Fold<'a> {
    report: VerifyReport,
    applied: Applied,
    done: u64,
    /// A part could not be read: sums are not compared then.
    broken: bool,
    groups: Groups,
    sums: BTreeMap<Currency, (Sum, Sum)>,
    ids: Fingerprint,
    open: HashSet<EventId>,
    blocks: std::iter::Peekable<std::slice::Iter<'a, Block>>,
    /// The block being read, as the store has it and as it is.
    block: Option<(&'a Block, Block)>,
}

/// Where the segment before ended: the next record, the next event, its digest.
type Before = Option<(u64, u64, [u8; 32])>;

impl<'a> Fold<'a> {
    fn new(snapshot: &'a Snapshot) -> Self {
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

    fn problem(&mut self, place: String, what: String) {
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
    fn segment(&mut self, segment: &Segment, before: Before, last: u64, progress: &mut dyn FnMut(u64)) -> Before {
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
                self.open.insert(v1::read_hold(record.payload).map_err(unreadable)?.id);
            }
            Kind::Settle => {
                let settlement = v1::Settlement::read(record.payload).map_err(unreadable)?;
                if !self.open.remove(&settlement.id) {
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
                v1::read_document(record.payload).map_err(unreadable)?;
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
    fn forget_settled_later(&mut self, folder: &std::path::Path, tail: Tail) -> Result<(), LedgerError> {
        let damaged = |error: OpenError| LedgerError::Damaged(error.to_string());
        let (segments, _) = catalog::list(folder).map_err(damaged)?;
        let from = segments.iter().rposition(|segment| segment.header.first_lsn <= self.applied.lsn + 1).unwrap_or(0);
        for segment in segments[from..].iter().filter(|segment| segment.header.first_lsn <= tail.segment) {
            let limit = (segment.header.first_lsn == tail.segment).then_some(tail.offset);
            let mut reader = SegmentReader::open(&segment.path, limit, false).map_err(damaged)?;
            while let Ok(Some(record)) = reader.next() {
                if record.kind == Kind::Settle
                    && record.place.lsn > self.applied.lsn
                    && let Ok(settlement) = v1::Settlement::read(record.payload)
                {
                    self.open.remove(&settlement.id);
                }
            }
        }
        Ok(())
    }

    fn finish(mut self, snapshot: &Snapshot) -> VerifyReport {
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
    let meter = |real: &crate::aggregate::MeterSums| {
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

#[cfg(test)]
mod tests;
