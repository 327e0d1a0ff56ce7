//! Byte-pair merging: how many tokens a piece becomes.
//!
//! The neighbours whose merge has the lowest rank are merged first, the leftmost of equals, until none can be. Short pieces
//! scan for the lowest rank; long ones keep a heap of candidates, so that a piece of n bytes takes n log n steps.

use std::{cmp::Reverse, collections::BinaryHeap};

use crate::vocabulary::Vocabulary;

/// Pieces up to here, in bytes, scan.
const SHORT: usize = 48;
/// No merge is possible here.
const NEVER: u32 = u32::MAX;

/// Whether a piece is short enough to be scanned.
pub fn is_short(piece: &[u8]) -> bool {
    piece.len() <= SHORT
}

/// The tokens of a piece.
pub fn count(vocabulary: &Vocabulary, piece: &[u8]) -> u64 {
    if vocabulary.is_token(piece) {
        1
    } else if is_short(piece) {
        scan(vocabulary, piece)
    } else {
        heap(vocabulary, piece)
    }
}

fn rank(vocabulary: &Vocabulary, left: u32, right: u32) -> u32 {
    vocabulary.merge(left, right).unwrap_or(NEVER)
}

pub(crate) fn scan(vocabulary: &Vocabulary, piece: &[u8]) -> u64 {
    let (mut tokens, mut ranks) = ([0u32; SHORT], [NEVER; SHORT]);
    let mut left = piece.len();
    for (token, &byte) in tokens.iter_mut().zip(piece) {
        *token = vocabulary.byte_token(byte);
    }
    for at in 1..left {
        ranks[at - 1] = rank(vocabulary, tokens[at - 1], tokens[at]);
    }
    while left > 1 {
        let candidates = &ranks[..left - 1];
        let Some((at, &lowest)) = candidates.iter().enumerate().min_by_key(|&(_, rank)| rank) else { break };
        if lowest == NEVER {
            break;
        }
        tokens[at] = lowest;
        tokens.copy_within(at + 2..left, at + 1);
        ranks.copy_within(at + 1..left - 1, at);
        left -= 1;
        if at > 0 {
            ranks[at - 1] = rank(vocabulary, tokens[at - 1], tokens[at]);
        }
        if at + 1 < left {
            ranks[at] = rank(vocabulary, tokens[at], tokens[at + 1]);
        }
    }
    left as u64
}

/// A part of a piece: its token and its neighbours. A part that was merged into its left neighbour has the token [`NEVER`].
struct Part {
    token: u32,
    left: u32,
    right: u32,
}

pub(crate) fn heap(vocabulary: &Vocabulary, piece: &[u8]) -> u64 {
    const NOBODY: u32 = u32::MAX;
    let last = piece.len() as u32 - 1;
    let mut parts: Vec<Part> = piece
        .iter()
        .zip(0u32..)
        .map(|(&byte, at)| Part { token: vocabulary.byte_token(byte), left: at.wrapping_sub(1), right: if at == last { NOBODY } else { at + 1 } })
        .collect();
    let mut candidates = BinaryHeap::with_capacity(piece.len());
    let offer = |candidates: &mut BinaryHeap<_>, parts: &[Part], at: u32| {
        if at != NOBODY && parts[at as usize].right != NOBODY {
            let merged = rank(vocabulary, parts[at as usize].token, parts[parts[at as usize].right as usize].token);
            if merged != NEVER {
                candidates.push(Reverse((merged, at)));
            }
        }
    };
    (0..last).for_each(|at| offer(&mut candidates, &parts, at));
    let mut left = piece.len() as u64;
    while let Some(Reverse((merged, at))) = candidates.pop() {
        let (token, right) = (parts[at as usize].token, parts[at as usize].right);
        // A candidate is stale when either side was merged since: then the pair no longer gives this token.
        if token == NEVER || right == NOBODY || rank(vocabulary, token, parts[right as usize].token) != merged {
            continue;
        }
        let after = parts[right as usize].right;
        parts[right as usize].token = NEVER;
        parts[at as usize].token = merged;
        parts[at as usize].right = after;
        if after != NOBODY {
            parts[after as usize].left = at;
        }
        left -= 1;
        let before = parts[at as usize].left;
        offer(&mut candidates, &parts, before);
        offer(&mut candidates, &parts, at);
    }
    left
}
