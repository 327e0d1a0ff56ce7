//! The queryable store at a start: used as it is, brought up to date, or set aside and rebuilt.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use super::open_journal::{Journal, check_follows, check_sealed};
use crate::{
    apply::{Applier, Landed},
    error::OpenError,
    format::{Kind, v2},
    journal::reader::{ReadError, Record, SegmentReader},
    ledger::{LedgerOptions, RecoveryReport},
    store::{self, APPLIED, Applied, IDENTITY, Store, StoreError, session},
};

/// A store is brought up to date in batches of so many events.
const REPLAY: usize = 2_048;

/// Opens the store and brings it up to the journal's end. One that cannot be used, or is not this journal's, is set
/// aside and a new one built.
pub(super) fn open(options: &LedgerOptions, journal: &Journal, report: &mut RecoveryReport) -> Result<(Arc<dyn Store>, Applier), OpenError> {
    let folder = options.path.join("sled");
    let begin = || session::begin(&options.path).map_err(|source| OpenError::Io { doing: "write to", path: options.path.clone(), source });
    if folder.exists() {
        let trusted = session::check(&options.path);
        begin()?;
        let used = match trusted.and_then(|()| use_store(&folder, options.store_cache_bytes, journal)) {
            Ok((store, applied)) => bring_up_to_date(store, applied, journal, report),
            Err(why) => Err(Failed::Store(why)),
        };
        match used {
            Ok(used) => return Ok(used),
            Err(Failed::Journal(error)) => return Err(error),
            Err(Failed::Store(why)) => {
                report.set_aside = Some(set_aside(&options.path, &folder)?);
                report.rebuilt = Some(why.0);
                report.replayed_events = 0;
            }
        }
    } else {
        begin()?;
        report.rebuilt = (journal.writer.tail().lsn > 0).then(|| "it was missing".into());
    }
    new_store(&folder, options.store_cache_bytes, journal)
        .map_err(Failed::Store)
        .and_then(|store| bring_up_to_date(store, Applied::default(), journal, report))
        .map_err(|error| match error {
            Failed::Journal(error) => error,
            Failed::Store(why) => OpenError::Store { path: folder, what: why.0 },
        })
}

/// Whose fault it is that the store could not be brought up to date.
enum Failed {
    Journal(OpenError),
    Store(StoreError),
}

impl From<OpenError> for Failed {
    fn from(error: OpenError) -> Self {
        Failed::Journal(error)
    }
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Failed::Store(error)
    }
}

fn new_store(folder: &Path, cache_bytes: u64, journal: &Journal) -> Result<Arc<dyn Store>, StoreError> {
    let store = store::sled::open(folder, cache_bytes)?;
    let identity = journal.writer.header().identity.to_vec();
    store.apply(&mut vec![(IDENTITY.to_vec(), Some(identity)), (APPLIED.to_vec(), Some(Applied::default().encode()))])?;
    // The store holds what is written back in memory until a buffer is full. Whose it is must outlive a kill right after
    // the start, or a perfectly good store would be set aside.
    store.flush()?;
    Ok(Arc::new(store))
}

fn use_store(folder: &Path, cache_bytes: u64, journal: &Journal) -> Result<(Arc<dyn Store>, Applied), StoreError> {
    let (identity, lsn) = (journal.writer.header().identity, journal.writer.tail().lsn);
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

/// Reads what the store has missed from the journal.
fn bring_up_to_date(store: Arc<dyn Store>, applied: Applied, journal: &Journal, report: &mut RecoveryReport) -> Result<(Arc<dyn Store>, Applier), Failed> {
    let mut applier = Applier::new(store.clone(), applied);
    let applied = applied.lsn;
    if applied == journal.writer.tail().lsn {
        return Ok((store, applier));
    }
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
                applier.add(landed)?;
            }
            if events >= REPLAY {
                applier.commit(place.lsn)?;
                events = 0;
            }
        };
        check_sealed(&reader, end, segment)?;
        applier.commit(reader.next_lsn() - 1)?;
        before = Some((reader.next_lsn(), reader.next_seq(), sha2::Digest::finalize(reader.take_hash()).into()));
    }
    Ok((store, applier))
}

/// What the store has to know of a record.
fn read_landed(record: &Record<'_>) -> Result<Option<Landed>, ReadError> {
    let unreadable = |_| ReadError::unreadable(record.place);
    Ok(match record.kind {
        Kind::Settle => {
            let settlement = v2::Settlement::read(record.version, record.payload).map_err(unreadable)?;
            let events: Vec<_> = settlement.events().collect::<Result<_, _>>().map_err(unreadable)?;
            (!events.is_empty()).then_some(Landed::Settled { place: record.place, first_seq: record.first_seq, events })
        }
        Kind::Document => Some(Landed::Document(v2::read_document(record.payload).map_err(unreadable)?)),
        Kind::Hold | Kind::Mark | Kind::Carried => None,
    })
}
