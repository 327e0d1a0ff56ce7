//! A record's frame: `[length u32][checksum u32][kind u8][version u8][payload]`, little-endian.
//!
//! The checksum is the CRC-32 of everything after it, masked with the record's number (its LSN) and the journal's
//! identity. So a record is valid only in its own place: bytes left over from an older write, copied from another
//! journal, or moved by losing a record before them do not pass, although no number is stored.

use super::Kind;

/// Bytes before the kind.
pub(crate) const PREFIX: usize = 8;
/// Bytes before the payload.
pub(crate) const OVERHEAD: usize = PREFIX + 2;
/// A longer record is damage, not data.
pub(crate) const MAX_LENGTH: usize = 64 << 20;

const SPREAD: u32 = 0x9E37_79B1;
/// The inverse of `SPREAD` modulo 2^32.
const UNSPREAD: u32 = {
    // Newton's iteration doubles the number of right bits each time.
    let mut inverse: u32 = SPREAD;
    let mut round = 0;
    while round < 5 {
        inverse = inverse.wrapping_mul(2u32.wrapping_sub(SPREAD.wrapping_mul(inverse)));
        round += 1;
    }
    inverse
};

/// How a journal masks its checksums.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Mask(u32);

impl Mask {
    /// From the journal's identity.
    pub(crate) fn of(identity: &[u8; 16]) -> Self {
        Self(crc32fast::hash(identity))
    }
    fn at(self, lsn: u64) -> u32 {
        (lsn as u32).wrapping_mul(SPREAD) ^ self.0
    }
    /// Which record number (its low 32 bits) makes this checksum right for these bytes.
    fn number_of(self, stored: u32, plain: u32) -> u32 {
        (stored ^ plain ^ self.0).wrapping_mul(UNSPREAD)
    }
}

/// Appends a record whose checksum is not masked yet: its number is given out later, by the committer.
pub(crate) fn append(out: &mut Vec<u8>, kind: Kind, version: u8, payload: impl FnOnce(&mut Vec<u8>)) -> usize {
    let start = out.len();
    out.extend_from_slice(&[0; PREFIX]);
    out.extend_from_slice(&[kind as u8, version]);
    payload(out);
    let body = start + PREFIX;
    let length = (out.len() - body) as u32;
    let checksum = crc32fast::hash(&out[body..]);
    out[start..start + 4].copy_from_slice(&length.to_le_bytes());
    out[start + 4..body].copy_from_slice(&checksum.to_le_bytes());
    out.len() - start
}

/// Masks, or unmasks, the checksum of the record that begins here.
pub(crate) fn mask(record: &mut [u8], lsn: u64, mask: Mask) {
    let checksum = u32_at(record, 4) ^ mask.at(lsn);
    record[4..PREFIX].copy_from_slice(&checksum.to_le_bytes());
}

/// A whole record, its checksum verified.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    pub(crate) kind: Kind,
    pub(crate) version: u8,
    /// Of the whole record; its payload begins after [`OVERHEAD`].
    pub(crate) length: usize,
}

/// What stands at the beginning of some bytes.
#[derive(Debug)]
pub(crate) enum Parsed {
    /// A valid record.
    Record(Frame),
    /// Perhaps one: so many bytes are needed to tell.
    Short(usize),
    /// Zeros, as in space that was set aside: no record was ever finished here.
    Nothing,
    /// No record: why.
    Bad(&'static str),
    /// Whole, but of a kind that only a newer program knows.
    Unknown,
}

/// Reads the record with this number.
pub(crate) fn parse(bytes: &[u8], lsn: u64, mask: Mask) -> Parsed {
    if bytes.len() < PREFIX {
        return Parsed::Short(PREFIX);
    }
    let length = u32_at(bytes, 0) as usize;
    if length == 0 {
        return Parsed::Nothing;
    }
    if !(2..=MAX_LENGTH).contains(&length) {
        return Parsed::Bad("its length is not one that a record can have");
    }
    let Some(body) = bytes.get(PREFIX..PREFIX + length) else { return Parsed::Short(PREFIX + length) };
    if crc32fast::hash(body) ^ mask.at(lsn) != u32_at(bytes, 4) {
        return Parsed::Bad("its checksum does not match");
    }
    match Kind::from_code(body[0]) {
        Some(kind) => Parsed::Record(Frame { kind, version: body[1], length: PREFIX + length }),
        None => Parsed::Unknown,
    }
}

/// How long the record here says that it is, if it can be one at all.
pub(crate) fn declared_length(bytes: &[u8]) -> usize {
    if bytes.len() < PREFIX {
        return bytes.len();
    }
    let length = u32_at(bytes, 0) as usize;
    if (2..=MAX_LENGTH).contains(&length) { PREFIX + length } else { 0 }
}

/// Where in these bytes a mark of a commit's beginning, or of an orderly end, stands whose number is after `lsn` and could have been reached in so many bytes.
pub(crate) fn find_mark_after(bytes: &[u8], lsn: u64, mask: Mask) -> Option<usize> {
    const LENGTH: usize = 3;
    let most = (bytes.len() / OVERHEAD) as u32 + 1;
    (0..bytes.len().saturating_sub(PREFIX + LENGTH - 1)).find(|&at| {
        let record = &bytes[at..at + PREFIX + LENGTH];
        let begins = record[OVERHEAD] != super::v2::Marked::Asked as u8;
        if record[..4] != (LENGTH as u32).to_le_bytes() || record[PREFIX] != Kind::Mark as u8 || !begins {
            return false;
        }
        let number = mask.number_of(u32_at(record, 4), crc32fast::hash(&record[PREFIX..]));
        let ahead = number.wrapping_sub(lsn as u32);
        ahead > 0 && ahead <= most
    })
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(lsn: u64) -> Vec<u8> {
        let mut out = Vec::new();
        append(&mut out, Kind::Mark, 1, |out| out.push(0));
        mask(&mut out, lsn, Mask::of(&[7; 16]));
        out
    }

    #[test]
    fn a_record_is_valid_in_its_place_only() {
        let bytes = record(41);
        assert!(matches!(parse(&bytes, 41, Mask::of(&[7; 16])), Parsed::Record(frame) if frame.kind == Kind::Mark && frame.length == 11));
        assert!(matches!(parse(&bytes, 42, Mask::of(&[7; 16])), Parsed::Bad("its checksum does not match")));
        assert!(matches!(parse(&bytes, 41, Mask::of(&[8; 16])), Parsed::Bad(_)));
        assert!(matches!(parse(&bytes[..10], 41, Mask::of(&[7; 16])), Parsed::Short(11)));
        assert!(matches!(parse(&[0; 20], 41, Mask::of(&[7; 16])), Parsed::Nothing));
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        let bytes = record(41);
        for bit in 0..bytes.len() * 8 {
            let mut bytes = bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert!(!matches!(parse(&bytes, 41, Mask::of(&[7; 16])), Parsed::Record(_)), "bit {bit}");
        }
    }

    #[test]
    fn a_later_mark_is_found_and_an_earlier_one_is_not() {
        let mut bytes = vec![0xAA; 100];
        bytes.extend(record(45));
        bytes.extend([1; 50]);
        assert_eq!(find_mark_after(&bytes, 41, Mask::of(&[7; 16])), Some(100));
        assert_eq!(find_mark_after(&bytes, 45, Mask::of(&[7; 16])), None);
        assert_eq!(find_mark_after(&bytes, 50, Mask::of(&[7; 16])), None);
        assert_eq!(find_mark_after(&bytes, 41, Mask::of(&[9; 16])), None);
    }
}
