//! Finds, for each token, the two tokens whose merge makes it.
//!
//! Byte-pair encoding merges the neighbours with the lowest rank first. Inside the bytes of a token the merges happen in the
//! same order wherever it stands, so the last pair is always the same: one pair a token is the whole merge table.

use std::collections::HashMap;

/// `(left, right, merged)` of every token of two bytes or more.
pub fn merges(tokens: &[Vec<u8>], ids: &HashMap<&[u8], u32>) -> Result<Vec<(u32, u32, u32)>, String> {
    let mut pairs = Vec::with_capacity(tokens.len());
    for (bytes, id) in tokens.iter().zip(0u32..) {
        if bytes.len() > 1 {
            let (left, right) = last_pair(bytes, id, ids).ok_or_else(|| format!("token {id} is not reached by merging"))?;
            pairs.push((left, right, id));
        }
    }
    Ok(pairs)
}

/// Encodes the token's bytes with all merges of a lower rank than its own: exactly two parts are left.
fn last_pair(bytes: &[u8], id: u32, ids: &HashMap<&[u8], u32>) -> Option<(u32, u32)> {
    let mut cuts: Vec<usize> = (0..=bytes.len()).collect();
    while cuts.len() > 3 {
        let ranks = cuts.windows(3).map(|cut| ids.get(&bytes[cut[0]..cut[2]]).copied().unwrap_or(u32::MAX));
        let (at, rank) = ranks.enumerate().min_by_key(|&(at, rank)| (rank, at))?;
        if rank >= id {
            return None;
        }
        cuts.remove(at + 1);
    }
    Some((*ids.get(&bytes[..cuts[1]])?, *ids.get(&bytes[cuts[1]..])?))
}
