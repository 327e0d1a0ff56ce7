//! How the vocabulary lies in memory: shared by the build script, which writes the tables, and the component, which reads
//! them in place. Nothing is parsed, allocated or sorted at start-up.
//!
//! Both tables are bucketed cuckoo hashes: a key is in one of two buckets of four slots, so a look-up touches at most two
//! cache lines even when the table is almost full.

/// Slots in a bucket.
pub const SLOTS: usize = 4;
/// A slot of the pair table that holds nothing.
pub const NO_PAIR: u64 = u64::MAX;
/// A slot of the token table that holds nothing.
pub const NO_TOKEN: u32 = u32::MAX;
/// Bits of a token's id (o200k has 199,998 ordinary tokens).
pub const ID_BITS: u32 = 18;
/// Bits of an offset into the token bytes; the rest of a slot is a fingerprint.
pub const OFFSET_BITS: u32 = 21;
/// The longest token in bytes: a longer text is never one token.
pub const LONGEST_TOKEN: usize = 128;

/// A pair of neighbouring tokens as a key.
pub fn pair_key(left: u32, right: u32) -> u64 {
    (u64::from(left) << ID_BITS) | u64::from(right)
}

/// Spreads a key over 64 bits.
pub fn mix(mut key: u64) -> u64 {
    key ^= key >> 32;
    key = key.wrapping_mul(0xd6e8_feb8_6659_fd93);
    key ^= key >> 29;
    key.wrapping_mul(0x9fb2_1c65_1e98_df25)
}

/// The hash of a token's bytes. Not keyed: an attacker who finds collisions finds two buckets, not a long chain.
pub fn hash_bytes(bytes: &[u8]) -> u64 {
    let mut state = bytes.len() as u64;
    let (words, rest) = bytes.as_chunks::<8>();
    for word in words {
        state = mix(state.rotate_left(23) ^ u64::from_le_bytes(*word));
    }
    let mut tail = 0u64;
    for &byte in rest {
        tail = (tail << 8) | u64::from(byte);
    }
    let state = mix(state.rotate_left(23) ^ tail);
    state ^ (state >> 31)
}

/// The two buckets of a hash in a table of this many buckets.
pub fn buckets(hash: u64, count: u32) -> [usize; 2] {
    let scale = |part: u64| ((part * u64::from(count)) >> 32) as usize;
    [scale(hash & 0xffff_ffff), scale(hash >> 32)]
}

/// The fingerprint of a hash in the token table.
pub fn fingerprint(hash: u64) -> u32 {
    (mix(hash) >> 40) as u32 & ((1 << (32 - OFFSET_BITS)) - 1)
}

/// What a character is to the splitter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Class {
    /// Punctuation, symbols, controls, unassigned.
    Other = 0,
    /// An upper or title case letter.
    Upper = 1,
    /// A lower case letter.
    Lower = 2,
    /// A letter without case.
    Letter = 3,
    /// A combining mark: counts as a letter of either case, but may also stand where a symbol may.
    Mark = 4,
    /// A number of any kind.
    Number = 5,
    /// White space.
    Space = 6,
}

impl Class {
    /// The inverse of `as u8`.
    pub fn from_byte(byte: u8) -> Self {
        match byte {
            1 => Self::Upper,
            2 => Self::Lower,
            3 => Self::Letter,
            4 => Self::Mark,
            5 => Self::Number,
            6 => Self::Space,
            _ => Self::Other,
        }
    }
}
