//! Opening the ledger: the lock, the journal's end, the store behind it, and the calls that a crash cut off.

use std::{
    collections::HashMap,
    fs::{File, TryLockError},
    path::{Path, PathBuf},
    sync::Arc,
};

use parking_lot::{Mutex, RwLock};
use sha2::Sha256;
use weighbridge_domain::{Clock, EventId, IdSource, ids::RandomIds};

use crate::{
    apply::{Applier, Backlog, Landed},
    error::OpenError,
    format::{Kind, header::Header, v1},
    health::Health,
    hold::{Abandoned, Hold},
    journal::{
        self, Tail,
        catalog::{self, Segment},
        reader::{ReadError, SegmentReader},
        writer::Writer,
    },
    ledger::{Ledger, LedgerOptions, Opened, RecoveryReport, Shared},
    pending::Pending,
    queue::{Answer, Queue},
    store::{self, APPLIED, Applied, IDENTITY, Store, StoreError},
};

/// A store is brought up to date in batches of so many events.
const REPLAY: usize = 2_048;

pub(crate) fn open(options: LedgerOptions, clock: Arc<dyn Clock>) -> Result<Opened, OpenError> {
    let mut report = RecoveryReport::default();
    let folder = journal::folder(&options.path);
    std::fs::create_dir_all(&folder).map_err(|source| OpenError::Io { doing: "create", path: folder.clone(), source })?;
    let lock = lock(&options.path)?;

    let journal = open_journal(&options, &clock, folder, &mut report)?;
    let tail = journal.writer.tail();
    let (store, applied) = open_store(&options, &journal, &mut report)?;
    let mut applier = Applier::new(store.clone(), applied);
    replay(&journal, &mut applier, &mut report, &options.path)?;

    let shared = Arc::new(Shared {
        health: Health::new(options.disk.clone(), options.path.clone(), options.min_free_bytes),
        queue: Queue::new(journal.open.clone()),
        backlog: Backlog::new(applier.applied()),
        tail: Mutex::new(tail),
        store: RwLock::new(Some(store)),
        counters: Default::default(),
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

/// The journal, ready to be written on.
struct Journal {
    segments: Vec<Segment>,
    writer: Writer,
    /// Holds without a settlement.
    open: HashMap<EventId, Arc<Hold>>,
}

fn open_journal(options: &LedgerOptions, clock: &Arc<dyn Clock>, folder: PathBuf, report: &mut RecoveryReport) -> Result<Journal, OpenError> {
    let (mut segments, unfinished) = catalog::list(&folder)?;
    if let Some(path) = unfinished {
        report.cut_bytes += std::fs::metadata(&path).map_or(0, |metadata| metadata.len());
        std::fs::remove_file(&path).map_err(|source| OpenError::Io { doing: "remove", path, source })?;
    }
    let io = |source| OpenError::Io { doing: "write", path: folder.clone(), source };
    if segments.is_empty() {
        let identity = RandomIds::new().next(clock.now()).bytes();
        let writer = Writer::create(options.disk.clone(), clock.clone(), folder.clone(), identity).map_err(io)?;
        options.disk.sync_folder(&options.path).map_err(io)?;
        let first = Segment { path: journal::segment_path(&folder, 1), header: writer.header().clone(), bytes: writer.tail().offset };
        return Ok(Journal { segments: vec![first], writer, open: HashMap::new() });
    }
    let scanned = scan(&segments, report)?;
    if let Some(last) = segments.last_mut() {
        last.bytes = scanned.tail.offset;
    }
    let writer = Writer::resume(options.disk.clone(), clock.clone(), folder.clone(), scanned.header, scanned.hash, scanned.tail).map_err(io)?;
    Ok(Journal { segments, writer, open: scanned.open })
}

/// What reading the journal's end gave.
struct Scanned {
    header: Header,
    hash: Sha256,
    tail: Tail,
    open: HashMap<EventId, Arc<Hold>>,
}

/// Reads from the last segment that says which holds were open at its beginning, checking every record and how the
/// segments follow each other.
fn scan(segments: &[Segment], report: &mut RecoveryReport) -> Result<Scanned, OpenError> {
    let mut from = segments.len() - 1;
    while from > 0 && !says_what_was_open(&segments[from].path)? {
        from -= 1;
    }
    let mut open = HashMap::new();
    let mut before: Option<(u64, u64, [u8; 32])> = None;
    for (index, segment) in segments.iter().enumerate().skip(from) {
        let mut reader = SegmentReader::open(&segment.path, None, true)?;
        check_follows(reader.header(), before, &segment.path)?;
        let end = read_holds(&mut reader, &mut open);
        let is_last = index + 1 == segments.len();
        if is_last {
            report.cut_bytes += find_end(&reader, end, &segment.path)?;
        } else {
            check_sealed(&reader, end, segment)?;
        }
        let hash = reader.take_hash();
        if is_last {
            let tail = Tail {
                segment: segment.header.first_lsn,
                offset: reader.position(),
                lsn: reader.next_lsn() - 1,
                seq: reader.next_seq() - 1,
                segments: segments.len() as u64,
                sealed_bytes: segments[..index].iter().map(|segment| segment.bytes).sum(),
            };
            return Ok(Scanned { header: segment.header.clone(), hash, tail, open });
        }
        before = Some((reader.next_lsn(), reader.next_seq(), sha2::Digest::finalize(hash).into()));
    }
    unreachable!("there is a last segment")
}

/// Whether a segment begins with the holds that were open then: a mark, holds, and their count.
fn says_what_was_open(path: &Path) -> Result<bool, OpenError> {
    let mut reader = SegmentReader::open(path, None, false)?;
    let mut first = true;
    loop {
        match reader.next() {
            Ok(Some(record)) if record.kind == Kind::Carried => return Ok(true),
            Ok(Some(record)) if record.kind == if first { Kind::Mark } else { Kind::Hold } => first = false,
            // Whatever is wrong here is found, and judged, when the segment is read for its own sake.
            _ => return Ok(false),
        }
    }
}

fn read_holds(reader: &mut SegmentReader, open: &mut HashMap<EventId, Arc<Hold>>) -> Result<(), ReadError> {
    while let Some(record) = reader.next()? {
        let unreadable = |_| ReadError::unreadable(record.place);
        match record.kind {
            Kind::Hold => {
                let hold = v1::read_hold(record.payload).map_err(unreadable)?;
                open.insert(hold.id, Arc::new(hold));
            }
            Kind::Settle => {
                open.remove(&v1::Settlement::read(record.payload).map_err(unreadable)?.id);
            }
            Kind::Document | Kind::Mark | Kind::Carried => {}
        }
    }
    Ok(())
}

/// That a segment begins where the one before it ended, and was begun when that one was what it is now.
pub(crate) fn check_follows(header: &Header, before: Option<(u64, u64, [u8; 32])>, path: &Path) -> Result<(), OpenError> {
    let Some((lsn, seq, digest)) = before else { return Ok(()) };
    let corrupt = |what: String| Err(OpenError::Corrupt { path: path.into(), offset: 0, what });
    if (header.first_lsn, header.first_seq) != (lsn, seq) {
        return corrupt(format!(
            "it begins with record {} and event {}, but the segment before it ends before {lsn} and {seq}",
            header.first_lsn, header.first_seq
        ));
    }
    if header.previous != digest {
        return corrupt("the segment before it is not what it was when it was sealed: its SHA-256 differs".into());
    }
    Ok(())
}

/// A sealed segment is whole: valid up to its last byte.
pub(crate) fn check_sealed(reader: &SegmentReader, end: Result<(), ReadError>, segment: &Segment) -> Result<(), OpenError> {
    end.map_err(|error| error.at(&segment.path))?;
    if reader.position() != segment.bytes {
        let what = "a sealed segment has bytes after its last record".to_owned();
        return Err(OpenError::Corrupt { path: segment.path.clone(), offset: reader.position(), what });
    }
    Ok(())
}

/// Where the last segment ends. Rubbish after the last valid record is an unfinished write, and is cut, unless a later
/// group commit follows it: that one was only begun when everything before it had reached the disk.
fn find_end(reader: &SegmentReader, end: Result<(), ReadError>, path: &Path) -> Result<u64, OpenError> {
    let offset = reader.position();
    let torn = match end {
        Ok(()) => ReadError::Bad { offset, what: "zeros where a record should be", torn: true },
        Err(torn @ ReadError::Bad { torn: true, .. }) => torn,
        Err(error) => return Err(error.at(path)),
    };
    let rest = read_from(path, offset)?;
    // Space that was set aside is zeros and not counted, those of the unfinished record itself are.
    let written = rest.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    let used = if written == 0 { 0 } else { written.max(crate::format::frame::declared_length(&rest).min(rest.len())) };
    let rest = &rest[..used];
    if crate::format::frame::find_mark_after(rest, reader.next_lsn(), reader.header().mask()).is_some() {
        return Err(torn.at(path));
    }
    Ok(used as u64)
}

fn read_from(path: &Path, offset: u64) -> Result<Vec<u8>, OpenError> {
    use std::io::{Read, Seek, SeekFrom};
    let read = || {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(offset))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    read().map_err(|source| OpenError::Io { doing: "read", path: path.into(), source })
}

/// Opens the store, or sets it aside and begins a new one when it cannot be used or is not this journal's.
fn open_store(options: &LedgerOptions, journal: &Journal, report: &mut RecoveryReport) -> Result<(Arc<dyn Store>, Applied), OpenError> {
    let folder = options.path.join("sled");
    let failed = |error: StoreError| OpenError::Store { path: folder.clone(), what: error.0 };
    let identity = journal.writer.header().identity;
    let lsn = journal.writer.tail().lsn;
    if folder.exists() {
        match use_store(&folder, options.store_cache_bytes, identity, lsn) {
            Ok(usable) => return Ok(usable),
            Err(why) => {
                let aside = set_aside(&options.path, &folder)?;
                report.rebuilt = Some(why.0);
                report.set_aside = Some(aside);
            }
        }
    } else if lsn > 0 {
        report.rebuilt = Some("it was missing".into());
    }
    let store = store::sled::open(&folder, options.store_cache_bytes).map_err(failed)?;
    let applied = Applied::default();
    store.apply(&mut vec![(IDENTITY.to_vec(), Some(identity.to_vec())), (APPLIED.to_vec(), Some(applied.encode()))]).map_err(failed)?;
    store.flush().map_err(failed)?;
    Ok((Arc::new(store), applied))
}

fn use_store(folder: &Path, cache_bytes: u64, identity: [u8; 16], lsn: u64) -> Result<(Arc<dyn Store>, Applied), StoreError> {
    let store = store::sled::open(folder, cache_bytes).map_err(|error| StoreError(format!("it does not open: {error}")))?;
    let found = store.get(IDENTITY)?;
    if found.as_deref() != Some(&identity[..]) {
        return Err(StoreError("it belongs to another journal, or was never finished".into()));
    }
    let applied = store.get(APPLIED)?.and_then(|bytes| Applied::decode(&bytes)).ok_or_else(|| StoreError("it is of another format".into()))?;
    if applied.lsn > lsn {
        return Err(StoreError(format!("it knows record {}, but the journal ends at {lsn}: the journal lost its end", applied.lsn)));
    }
    Ok((Arc::new(store), applied))
}

fn set_aside(data: &Path, folder: &Path) -> Result<PathBuf, OpenError> {
    let free = (1..).map(|number| data.join(format!("sled.aside-{number}"))).find(|path| !path.exists());
    let aside = free.unwrap_or_else(|| unreachable!("numbers do not end"));
    std::fs::rename(folder, &aside).map_err(|source| OpenError::Io { doing: "set aside", path: folder.into(), source })?;
    Ok(aside)
}

/// Brings the store up to the journal's end.
fn replay(journal: &Journal, applier: &mut Applier, report: &mut RecoveryReport, data: &Path) -> Result<(), OpenError> {
    let tail = journal.writer.tail();
    let applied = applier.applied().lsn;
    if applied == tail.lsn {
        return Ok(());
    }
    let failed = |error: StoreError| OpenError::Store { path: data.join("sled"), what: error.0 };
    let from = journal.segments.iter().rposition(|segment| segment.header.first_lsn <= applied + 1).unwrap_or(0);
    let mut before = None;
    for (segment, index) in journal.segments[from..].iter().zip(from..) {
        let is_last = index + 1 == journal.segments.len();
        let mut reader = SegmentReader::open(&segment.path, Some(segment.bytes), !is_last)?;
        check_follows(reader.header(), before, &segment.path)?;
        let mut events = 0;
        let end = loop {
            let (place, landed) = match reader.next() {
                Ok(Some(record)) if record.place.lsn <= applied => continue,
                Ok(Some(record)) => (record.place, read_landed(&record).map_err(|error| error.at(&segment.path))?),
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            };
            if let Some(landed) = landed {
                if let Landed::Settled { events: several, .. } = &landed {
                    events += several.len();
                    report.replayed_events += several.len() as u64;
                }
                applier.add(landed).map_err(failed)?;
            }
            if events >= REPLAY {
                applier.commit(place.lsn).map_err(failed)?;
                events = 0;
            }
        };
        check_sealed(&reader, end, segment)?;
        applier.commit(reader.next_lsn() - 1).map_err(failed)?;
        before = Some((reader.next_lsn(), reader.next_seq(), sha2::Digest::finalize(reader.take_hash()).into()));
    }
    Ok(())
}

/// What the store has to know of a record.
fn read_landed(record: &journal::reader::Record<'_>) -> Result<Option<Landed>, ReadError> {
    let unreadable = |_| ReadError::unreadable(record.place);
    Ok(match record.kind {
        Kind::Settle => {
            let settlement = v1::Settlement::read(record.payload).map_err(unreadable)?;
            let events: Vec<_> = settlement.events().collect::<Result<_, _>>().map_err(unreadable)?;
            (!events.is_empty()).then_some(Landed::Settled { place: record.place, first_seq: record.first_seq, events })
        }
        Kind::Document => Some(Landed::Document(v1::read_document(record.payload).map_err(unreadable)?)),
        Kind::Hold | Kind::Mark | Kind::Carried => None,
    })
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
