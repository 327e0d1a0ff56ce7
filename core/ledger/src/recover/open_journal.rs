//! The journal at a start: where it ends, what was cut short there, and which holds are open.

use std::{
    collections::HashMap,
    fs::File,
    path::{Path, PathBuf},
    sync::Arc,
};

use sha2::Sha256;
use weighbridge_domain::{Clock, EventId, IdSource, ids::RandomIds};

use crate::{
    error::OpenError,
    format::{Kind, frame, header::Header, v2},
    hold::Hold,
    journal::{
        self, Tail,
        catalog::{self, Segment},
        reader::{ReadError, SegmentReader},
        writer::Writer,
    },
    ledger::{LedgerOptions, RecoveryReport},
};

/// The journal, ready to be written on.
pub(super) struct Journal {
    pub(super) segments: Vec<Segment>,
    pub(super) writer: Writer,
    /// Holds without a settlement.
    pub(super) open: HashMap<EventId, Arc<Hold>>,
}

/// Opens or begins it.
pub(super) fn open(options: &LedgerOptions, clock: &Arc<dyn Clock>, folder: PathBuf, report: &mut RecoveryReport) -> Result<Journal, OpenError> {
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
                let hold = v2::read_hold(record.payload).map_err(unreadable)?;
                open.insert(hold.id, Arc::new(hold));
            }
            Kind::Settle => {
                open.remove(&v2::Settlement::read(record.version, record.payload).map_err(unreadable)?.id);
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
    let used = if written == 0 { 0 } else { written.max(frame::declared_length(&rest).min(rest.len())) };
    let rest = &rest[..used];
    if frame::find_mark_after(rest, reader.next_lsn(), reader.header().mask()).is_some() {
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
