//! The queryable store at a start: used as it is, brought up to date, or set aside and rebuilt.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use super::open_journal::{Journal, check_follows, check_sealed};
use crate::{
    apply::{Applier, Landed},
    error::OpenError,
    format::{Kind, v1},
    journal::reader::{ReadError, Record, SegmentReader},
    ledger::{LedgerOptions, RecoveryReport},
    store::{self, APPLIED, Applied, IDENTITY, Store, StoreError},
};

/// A store is brought up to date in batches of so many events.
const REPLAY: usize = 2_048;

/// Opens the store, or sets it aside and begins a new one when it cannot be used or is not this journal's.
pub(super) fn open(options: &LedgerOptions, journal: &Journal, report: &mut RecoveryReport) -> Result<(Arc<dyn Store>, Applied), OpenError> {
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
pub(super) fn replay(journal: &Journal, applier: &mut Applier, report: &mut RecoveryReport, data: &Path) -> Result<(), OpenError> {
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
fn read_landed(record: &Record<'_>) -> Result<Option<Landed>, ReadError> {
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
