//! Fills a bucketed cuckoo table.

use crate::layout::{SLOTS, buckets};

/// A slot's integer: how it is written.
pub trait Slot: Copy + PartialEq {
    /// Little-endian bytes.
    fn write(self, to: &mut Vec<u8>);
}
impl Slot for u64 {
    fn write(self, to: &mut Vec<u8>) {
        to.extend_from_slice(&self.to_le_bytes());
    }
}
impl Slot for u32 {
    fn write(self, to: &mut Vec<u8>) {
        to.extend_from_slice(&self.to_le_bytes());
    }
}

/// The table's bytes for `(hash, slot)` entries: as full as it gets, growing a little where an entry finds no place.
pub fn table<S: Slot>(entries: impl Iterator<Item = (u64, S)>, empty: S) -> Result<Vec<u8>, String> {
    let entries: Vec<(u64, S)> = entries.collect();
    let mut count = (entries.len() / SLOTS * 106 / 100 + 1) as u32;
    for _ in 0..8 {
        if let Some(slots) = fill(&entries, count) {
            let mut bytes = Vec::new();
            slots.into_iter().for_each(|slot| slot.map_or(empty, |(_, value)| value).write(&mut bytes));
            return Ok(bytes);
        }
        count += count / 50;
    }
    Err("the table could not be filled".into())
}

fn fill<S: Slot>(entries: &[(u64, S)], count: u32) -> Option<Vec<Option<(u64, S)>>> {
    let mut slots: Vec<Option<(u64, S)>> = vec![None; count as usize * SLOTS];
    let mut random = 0x1234_5678_9abc_def1u64;
    for &entry in entries {
        let mut homeless = entry;
        let mut placed = false;
        for _ in 0..2000 {
            let homes = buckets(homeless.0, count);
            let free = homes.iter().flat_map(|home| home * SLOTS..(home + 1) * SLOTS).find(|&slot| slots[slot].is_none());
            if let Some(slot) = free {
                slots[slot] = Some(homeless);
                placed = true;
                break;
            }
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let victim = homes[(random & 1) as usize] * SLOTS + (random >> 1) as usize % SLOTS;
            homeless = slots[victim].replace(homeless)?;
        }
        if !placed {
            return None;
        }
    }
    Some(slots)
}
