//! Writing the journal: appends batches, seals a full segment and begins the next, recovers from a failed write.

use std::{io, path::PathBuf, sync::Arc};

use sha2::{Digest as _, Sha256};
use weighbridge_domain::Clock;

use super::{
    Tail,
    disk::{Disk, DiskFile},
    segment_path,
};
use crate::format::{
    FORMAT,
    header::{self, Header},
};

/// Space is set aside ahead of the writes, by as much as the segment has, within these bounds: then an fdatasync has
/// data to write and no metadata.
const LEAST_AHEAD: u64 = 64 << 10;
const MOST_AHEAD: u64 = 4 << 20;

/// The journal's end. Numbers and digest only ever describe what is durable.
pub(crate) struct Writer {
    disk: Arc<dyn Disk>,
    clock: Arc<dyn Clock>,
    folder: PathBuf,
    file: Box<dyn DiskFile>,
    header: Header,
    hash: Sha256,
    tail: Tail,
    /// How far space is set aside.
    ahead: u64,
    /// A write failed: the file's end is unknown until it is cut.
    damaged: bool,
}

impl Writer {
    /// Begins a journal.
    pub(crate) fn create(disk: Arc<dyn Disk>, clock: Arc<dyn Clock>, folder: PathBuf, identity: [u8; 16]) -> io::Result<Self> {
        let header = Header { format: FORMAT, identity, first_lsn: 1, first_seq: 1, previous: [0; 32], created_at: clock.now() };
        let file = begin(&*disk, &folder, &header)?;
        let hash = Sha256::new_with_prefix(header.encode());
        let offset = header::LENGTH as u64;
        let tail = Tail { segment: 1, offset, lsn: 0, seq: 0, segments: 1, sealed_bytes: 0 };
        Ok(Self { disk, clock, folder, file, header, hash, tail, ahead: offset, damaged: false })
    }

    /// Goes on at the end of the last segment, which is made durable up to there and cut.
    pub(crate) fn resume(disk: Arc<dyn Disk>, clock: Arc<dyn Clock>, folder: PathBuf, header: Header, hash: Sha256, tail: Tail) -> io::Result<Self> {
        let file = disk.open(&segment_path(&folder, tail.segment))?;
        file.set_len(tail.offset)?;
        file.sync()?;
        Ok(Self { disk, clock, folder, file, header, hash, tail, ahead: tail.offset, damaged: false })
    }

    pub(crate) fn tail(&self) -> Tail {
        self.tail
    }
    pub(crate) fn header(&self) -> &Header {
        &self.header
    }

    /// Makes these records durable; nothing has happened, as far as anyone can tell, when it fails.
    pub(crate) fn append(&mut self, bytes: &[u8], records: u64, events: u64) -> io::Result<()> {
        if self.damaged {
            self.mend()?;
        }
        let end = self.tail.offset + bytes.len() as u64;
        if let Err(error) = self.write(bytes, end) {
            self.damaged = true;
            return Err(error);
        }
        self.tail.offset = end;
        self.tail.lsn += records;
        self.tail.seq += events;
        Ok(())
    }

    fn write(&mut self, bytes: &[u8], end: u64) -> io::Result<()> {
        if end > self.ahead {
            let to = end + self.tail.offset.clamp(LEAST_AHEAD, MOST_AHEAD);
            // Not every file system can; writing works without.
            if self.file.preallocate(self.ahead, to).is_ok() {
                self.ahead = to;
            }
        }
        self.file.write_all_at(bytes, self.tail.offset)?;
        self.file.sync()
    }

    /// The digest follows after the acknowledgement: it is not needed before the segment is sealed.
    pub(crate) fn digest(&mut self, bytes: &[u8]) {
        self.hash.update(bytes);
    }

    /// Seals the segment and begins the next. When it fails, nothing more goes into the present one, whose successor may
    /// be there already: the next [`Writer::append`] tries again first.
    pub(crate) fn rotate(&mut self) -> io::Result<()> {
        self.damaged = true;
        self.file.set_len(self.tail.offset)?;
        self.ahead = self.tail.offset;
        self.file.sync()?;
        let previous = self.hash.clone().finalize().into();
        let header = Header {
            format: FORMAT,
            identity: self.header.identity,
            first_lsn: self.tail.lsn + 1,
            first_seq: self.tail.seq + 1,
            previous,
            created_at: self.clock.now(),
        };
        self.file = begin(&*self.disk, &self.folder, &header)?;
        self.hash = Sha256::new_with_prefix(header.encode());
        self.tail.sealed_bytes += self.tail.offset;
        self.tail.segments += 1;
        (self.tail.segment, self.tail.offset) = (header.first_lsn, header::LENGTH as u64);
        self.ahead = self.tail.offset;
        self.header = header;
        self.damaged = false;
        Ok(())
    }

    /// After a failed write: cuts what may be half there, and leaves the segment if it holds anything, because after a
    /// failed fdatasync the system may believe that pages are on the disk which are not.
    fn mend(&mut self) -> io::Result<()> {
        if self.tail.offset > header::LENGTH as u64 {
            self.rotate()?;
        } else {
            self.file = begin(&*self.disk, &self.folder, &self.header)?;
            self.ahead = self.tail.offset;
        }
        self.damaged = false;
        Ok(())
    }

    /// Cuts the space that was set aside: a closed journal has no zeros at its end.
    pub(crate) fn finish(&mut self) -> io::Result<()> {
        if self.damaged {
            self.mend()?;
        }
        self.file.set_len(self.tail.offset)?;
        self.file.sync()
    }
}

/// Creates a segment's file, durable with its name before anything is written into it.
fn begin(disk: &dyn Disk, folder: &std::path::Path, header: &Header) -> io::Result<Box<dyn DiskFile>> {
    let file = disk.create(&segment_path(folder, header.first_lsn))?;
    file.write_all_at(&header.encode(), 0)?;
    file.sync()?;
    disk.sync_folder(folder)?;
    Ok(file)
}
