//! A vocabulary's tables, read where they lie in the component.

use crate::{
    layout::{Class, ID_BITS, LONGEST_TOKEN, NO_PAIR, NO_TOKEN, OFFSET_BITS, SLOTS, buckets, fingerprint, hash_bytes, mix, pair_key},
    split::Cut,
};

/// A vocabulary: how it cuts a text, and its tables as the build script laid them out.
#[derive(Debug)]
pub struct Vocabulary {
    /// Its name, such as `o200k`.
    pub name: &'static str,
    /// How a text is cut before merging.
    pub cut: Cut,
    /// The token of each single byte.
    pub bytes: &'static [u8],
    /// Which two tokens merge into which.
    pub pairs: &'static [u8],
    /// Where each token's bytes are in `text`.
    pub tokens: &'static [u8],
    /// The tokens' bytes.
    pub text: &'static [u8],
    /// The block of each 128 characters.
    pub class_index: &'static [u8],
    /// The distinct blocks of character classes.
    pub class_blocks: &'static [u8],
}

/// The vocabulary whose tables the crate's own build script wrote.
#[macro_export]
macro_rules! vocabulary {
    ($name:literal, $cut:expr) => {
        $crate::Vocabulary {
            name: $name,
            cut: $cut,
            bytes: include_bytes!(concat!(env!("OUT_DIR"), "/bytes.bin")),
            pairs: include_bytes!(concat!(env!("OUT_DIR"), "/pairs.bin")),
            tokens: include_bytes!(concat!(env!("OUT_DIR"), "/tokens.bin")),
            text: include_bytes!(concat!(env!("OUT_DIR"), "/text.bin")),
            class_index: include_bytes!(concat!(env!("OUT_DIR"), "/class_index.bin")),
            class_blocks: include_bytes!(concat!(env!("OUT_DIR"), "/class_blocks.bin")),
        }
    };
}

impl Vocabulary {
    /// The token of a single byte.
    pub(crate) fn byte_token(&self, byte: u8) -> u32 {
        self.bytes.as_chunks::<4>().0[usize::from(byte)].map_le()
    }

    /// The token that two neighbours merge into; its id is also the merge's rank.
    pub(crate) fn merge(&self, left: u32, right: u32) -> Option<u32> {
        let table = self.pairs.as_chunks::<8>().0;
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
    pub(crate) fn is_token(&self, bytes: &[u8]) -> bool {
        if bytes.len() > LONGEST_TOKEN {
            return false;
        }
        let table = self.tokens.as_chunks::<4>().0;
        let hash = hash_bytes(bytes);
        let wanted = fingerprint(hash);
        for bucket in buckets(hash, (table.len() / SLOTS) as u32) {
            for slot in &table[bucket * SLOTS..bucket * SLOTS + SLOTS] {
                let slot = slot.map_le();
                if slot >> OFFSET_BITS == wanted && slot != NO_TOKEN && self.token_at(slot) == Some(bytes) {
                    return true;
                }
            }
        }
        false
    }

    fn token_at(&self, slot: u32) -> Option<&'static [u8]> {
        let (length, rest) = self.text.get((slot & ((1 << OFFSET_BITS) - 1)) as usize..)?.split_first()?;
        rest.get(..usize::from(*length))
    }

    /// What a character is to the splitter.
    pub(crate) fn class(&self, character: char) -> Class {
        let code = character as usize;
        let block = usize::from(self.class_index[code / 128]);
        Class::from_byte(self.class_blocks[block * 128 + code % 128])
    }
}

trait LittleEndian {
    fn map_le(self) -> u32;
}
impl LittleEndian for [u8; 4] {
    fn map_le(self) -> u32 {
        u32::from_le_bytes(self)
    }
}
