//! The vocabulary's tables, read where they lie in the component.

use crate::layout::{Class, ID_BITS, LONGEST_TOKEN, NO_PAIR, NO_TOKEN, OFFSET_BITS, SLOTS, buckets, fingerprint, hash_bytes, mix, pair_key};

static BYTES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/bytes.bin"));
static PAIRS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/pairs.bin"));
static TOKENS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/tokens.bin"));
static TEXT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/text.bin"));
static CLASS_INDEX: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/class_index.bin"));
static CLASS_BLOCKS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/class_blocks.bin"));

/// The token of a single byte.
pub fn byte_token(byte: u8) -> u32 {
    BYTES.as_chunks::<4>().0[usize::from(byte)].map_le()
}

/// The token that two neighbours merge into; its id is also the merge's rank.
pub fn merge(left: u32, right: u32) -> Option<u32> {
    let table = PAIRS.as_chunks::<8>().0;
    let key = pair_key(left, right);
    for bucket in buckets(mix(key), (table.len() / SLOTS) as u32) {
        for slot in &table[bucket * SLOTS..bucket * SLOTS + SLOTS] {
            let entry = u64::from_le_bytes(*slot);
            if entry >> ID_BITS == key && entry != NO_PAIR {
                return Some((entry & ((1 << ID_BITS) - 1)) as u32);
            }
        }
    }
    None
}

/// Whether these bytes are one token.
pub fn is_token(bytes: &[u8]) -> bool {
    if bytes.len() > LONGEST_TOKEN {
        return false;
    }
    let table = TOKENS.as_chunks::<4>().0;
    let hash = hash_bytes(bytes);
    let wanted = fingerprint(hash);
    for bucket in buckets(hash, (table.len() / SLOTS) as u32) {
        for slot in &table[bucket * SLOTS..bucket * SLOTS + SLOTS] {
            let slot = slot.map_le();
            if slot >> OFFSET_BITS == wanted && slot != NO_TOKEN && token_at(slot) == Some(bytes) {
                return true;
            }
        }
    }
    false
}

fn token_at(slot: u32) -> Option<&'static [u8]> {
    let (length, rest) = TEXT.get((slot & ((1 << OFFSET_BITS) - 1)) as usize..)?.split_first()?;
    rest.get(..usize::from(*length))
}

/// What a character is to the splitter.
pub fn class(character: char) -> Class {
    let code = character as usize;
    let block = usize::from(CLASS_INDEX[code / 128]);
    Class::from_byte(CLASS_BLOCKS[block * 128 + code % 128])
}

trait LittleEndian {
    fn map_le(self) -> u32;
}
impl LittleEndian for [u8; 4] {
    fn map_le(self) -> u32 {
        u32::from_le_bytes(self)
    }
}
