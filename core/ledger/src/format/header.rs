//! A segment's header: which journal, where in it, and the digest of the sealed segment before.

use weighbridge_domain::Timestamp;

use super::{FORMAT, frame::Mask};

/// Its length in bytes.
pub(crate) const LENGTH: usize = 128;
const MAGIC: &[u8; 8] = b"WBJRNL\r\n";

/// Who a segment is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Header {
    /// The format of the program that began it: it stands in the digest of the segment.
    pub(crate) format: u32,
    /// The journal's identity, the same in all its segments.
    pub(crate) identity: [u8; 16],
    /// The number of its first record; also its file's name.
    pub(crate) first_lsn: u64,
    /// The number of the first event that it can hold.
    pub(crate) first_seq: u64,
    /// SHA-256 of the whole segment before; zeros in the first.
    pub(crate) previous: [u8; 32],
    /// When it was begun.
    pub(crate) created_at: Timestamp,
}

/// Why there is no header.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum BadHeader {
    /// Not this program's file, or damaged.
    Damaged(&'static str),
    /// A newer program's.
    Newer(u32),
}

impl Header {
    pub(crate) fn mask(&self) -> Mask {
        Mask::of(&self.identity)
    }

    pub(crate) fn encode(&self) -> [u8; LENGTH] {
        let mut out = [0; LENGTH];
        out[..8].copy_from_slice(MAGIC);
        out[8..12].copy_from_slice(&self.format.to_le_bytes());
        out[12..16].copy_from_slice(&(LENGTH as u32).to_le_bytes());
        out[16..32].copy_from_slice(&self.identity);
        out[32..40].copy_from_slice(&self.first_lsn.to_le_bytes());
        out[40..48].copy_from_slice(&self.first_seq.to_le_bytes());
        out[48..80].copy_from_slice(&self.previous);
        out[80..88].copy_from_slice(&self.created_at.micros().to_le_bytes());
        let checksum = crc32fast::hash(&out[..LENGTH - 4]);
        out[LENGTH - 4..].copy_from_slice(&checksum.to_le_bytes());
        out
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, BadHeader> {
        let Some(bytes) = bytes.first_chunk::<LENGTH>() else { return Err(BadHeader::Damaged("the file is shorter than a segment's header")) };
        if &bytes[..8] != MAGIC {
            return Err(BadHeader::Damaged("this is not a journal segment"));
        }
        let format = u32::from_le_bytes(field(bytes, 8));
        if format > FORMAT {
            return Err(BadHeader::Newer(format));
        }
        if crc32fast::hash(&bytes[..LENGTH - 4]).to_le_bytes() != bytes[LENGTH - 4..] {
            return Err(BadHeader::Damaged("the header's checksum does not match"));
        }
        Ok(Self {
            format,
            identity: field(bytes, 16),
            first_lsn: u64::from_le_bytes(field(bytes, 32)),
            first_seq: u64::from_le_bytes(field(bytes, 40)),
            previous: field(bytes, 48),
            created_at: Timestamp::from_micros(i64::from_le_bytes(field(bytes, 80))),
        })
    }
}

fn field<const N: usize>(bytes: &[u8; LENGTH], at: usize) -> [u8; N] {
    let mut out = [0; N];
    out.copy_from_slice(&bytes[at..at + N]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_comes_back_and_damage_or_a_newer_format_is_noticed() {
        let header = Header { format: FORMAT, identity: [3; 16], first_lsn: 7, first_seq: 5, previous: [9; 32], created_at: Timestamp::from_micros(11) };
        let bytes = header.encode();
        assert_eq!(Header::decode(&bytes), Ok(header));
        for at in (8..LENGTH).filter(|at| !(8..12).contains(at)) {
            let mut bytes = bytes;
            bytes[at] ^= 1;
            assert_eq!(Header::decode(&bytes), Err(BadHeader::Damaged("the header's checksum does not match")), "byte {at}");
        }
        let mut newer = bytes;
        newer[8] = FORMAT as u8 + 1;
        assert_eq!(Header::decode(&newer), Err(BadHeader::Newer(FORMAT + 1)));
    }
}
