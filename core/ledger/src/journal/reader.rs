//! Reading a segment record by record, with little memory, every checksum verified.

use std::{
    fs::File,
    io,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use sha2::{Digest as _, Sha256};

use super::Place;
use crate::{
    error::OpenError,
    format::{
        Kind, frame,
        header::{self, BadHeader, Header},
        v1, v2,
    },
};

const CHUNK: usize = 256 << 10;

/// A segment being read.
pub(crate) struct SegmentReader {
    file: File,
    path: PathBuf,
    header: Header,
    /// Bytes of the file from `offset` on; `at` of them are consumed.
    buffer: Vec<u8>,
    at: usize,
    /// Where `buffer` begins in the file.
    offset: u64,
    /// Read no further.
    limit: u64,
    next_lsn: u64,
    next_seq: u64,
    hash: Option<Sha256>,
}

/// A record in its place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Record<'a> {
    pub(crate) place: Place,
    pub(crate) kind: Kind,
    /// The shape of its payload.
    pub(crate) version: u8,
    pub(crate) payload: &'a [u8],
    /// For a settlement: the place of its first event.
    pub(crate) first_seq: u64,
}

/// Why reading stopped before the end.
#[derive(Debug)]
pub(crate) enum ReadError {
    /// The file system.
    Io(io::Error),
    /// No valid record here.
    Bad {
        /// Where.
        offset: u64,
        /// Why.
        what: &'static str,
        /// Whether a write that was cut short would look like this.
        torn: bool,
    },
}

impl ReadError {
    /// A payload that was not written by this program.
    pub(crate) fn unreadable(place: Place) -> Self {
        ReadError::Bad { offset: place.offset, what: "its content cannot be read although its checksum is right", torn: false }
    }

    pub(crate) fn at(self, path: &Path) -> OpenError {
        match self {
            ReadError::Io(source) => OpenError::Io { doing: "read", path: path.into(), source },
            ReadError::Bad { offset, what, .. } => OpenError::Corrupt { path: path.into(), offset, what: what.into() },
        }
    }
}

/// Reads a segment's header only.
pub(crate) fn read_header(path: &Path) -> Result<Result<Header, BadHeader>, OpenError> {
    let io = |source| OpenError::Io { doing: "read", path: path.into(), source };
    let file = File::open(path).map_err(io)?;
    let mut bytes = Vec::with_capacity(header::LENGTH);
    io::Read::read_to_end(&mut io::Read::take(&file, header::LENGTH as u64), &mut bytes).map_err(io)?;
    Ok(Header::decode(&bytes))
}

impl SegmentReader {
    /// From its first record on, up to `limit` bytes of the file if given, computing the digest of what is read if wanted.
    pub(crate) fn open(path: &Path, limit: Option<u64>, with_digest: bool) -> Result<Self, OpenError> {
        let io = |source| OpenError::Io { doing: "read", path: path.into(), source };
        let header = match read_header(path)? {
            Ok(header) => header,
            Err(BadHeader::Damaged(what)) => return Err(OpenError::Corrupt { path: path.into(), offset: 0, what: what.into() }),
            Err(BadHeader::Newer(found)) => return Err(OpenError::Format { path: path.into(), found, newest: crate::format::FORMAT }),
        };
        let file = File::open(path).map_err(io)?;
        let length = file.metadata().map_err(io)?.len();
        let hash = with_digest.then(|| Sha256::new_with_prefix(header.encode()));
        let (next_lsn, next_seq) = (header.first_lsn, header.first_seq);
        let limit = limit.unwrap_or(length).min(length);
        Ok(Self { file, path: path.into(), header, buffer: Vec::new(), at: 0, offset: header::LENGTH as u64, limit, next_lsn, next_seq, hash })
    }

    /// From a known record on.
    pub(crate) fn open_at(path: &Path, place: Place, first_seq: u64, limit: Option<u64>) -> Result<Self, OpenError> {
        let mut reader = Self::open(path, limit, false)?;
        (reader.offset, reader.next_lsn, reader.next_seq) = (place.offset, place.lsn, first_seq);
        Ok(reader)
    }

    pub(crate) fn header(&self) -> &Header {
        &self.header
    }
    /// Reads up to here from now on.
    pub(crate) fn set_limit(&mut self, limit: u64) {
        self.limit = limit;
    }
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
    /// Where the next record would begin.
    pub(crate) fn position(&self) -> u64 {
        self.offset + self.at as u64
    }
    /// The number that the next record has.
    pub(crate) fn next_lsn(&self) -> u64 {
        self.next_lsn
    }
    /// The place that the next event has.
    pub(crate) fn next_seq(&self) -> u64 {
        self.next_seq
    }
    /// The digest of all that was read, which can be continued.
    pub(crate) fn take_hash(&mut self) -> Sha256 {
        self.hash.take().unwrap_or_default()
    }

    /// The next record; `None` at the end, which is the file's, the limit's, or where only zeros are left.
    pub(crate) fn next(&mut self) -> Result<Option<Record<'_>>, ReadError> {
        let (kind, version, length) = loop {
            let ahead = &self.buffer[self.at..];
            let bad = |what, torn| ReadError::Bad { offset: self.offset + self.at as u64, what, torn };
            match frame::parse(ahead, self.next_lsn, self.header.mask()) {
                frame::Parsed::Record(frame) if (v1::VERSION..=v2::VERSION).contains(&frame.version) => break (frame.kind, frame.version, frame.length),
                frame::Parsed::Record(_) => return Err(bad("its version is unknown to this program", false)),
                frame::Parsed::Nothing => return Ok(None),
                frame::Parsed::Bad(what) => return Err(bad(what, true)),
                frame::Parsed::Unknown => return Err(bad("its kind is unknown to this program", false)),
                frame::Parsed::Short(needed) => {
                    let short = bad("the record is cut short", true);
                    if !self.fill(needed).map_err(ReadError::Io)? {
                        return if self.buffer[self.at..].iter().all(|byte| *byte == 0) { Ok(None) } else { Err(short) };
                    }
                }
            }
        };
        let bytes = &self.buffer[self.at..self.at + length];
        let place = Place { segment: self.header.first_lsn, offset: self.offset + self.at as u64, lsn: self.next_lsn };
        let first_seq = self.next_seq;
        let payload = &bytes[frame::OVERHEAD..];
        if kind == Kind::Settle {
            let count = v2::Settlement::read(version, payload).map_err(|_| ReadError::unreadable(place))?.count;
            self.next_seq += u64::from(count);
        }
        if let Some(hash) = &mut self.hash {
            hash.update(bytes);
        }
        self.at += length;
        self.next_lsn += 1;
        Ok(Some(Record { place, kind, version, payload, first_seq }))
    }

    /// Makes at least `needed` bytes available from the present record on, if the file has them.
    fn fill(&mut self, needed: usize) -> io::Result<bool> {
        self.buffer.drain(..self.at);
        self.offset += self.at as u64;
        self.at = 0;
        let have = self.buffer.len();
        let left = self.limit.saturating_sub(self.offset + have as u64);
        let wanted = needed.max(CHUNK).saturating_sub(have).min(usize::try_from(left).unwrap_or(usize::MAX));
        self.buffer.resize(have + wanted, 0);
        let mut filled = have;
        while filled < self.buffer.len() {
            match self.file.read_at(&mut self.buffer[filled..], self.offset + filled as u64) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.buffer.truncate(filled);
        Ok(filled >= needed)
    }
}
