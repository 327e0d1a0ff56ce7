//! Where a recorded stream is cut.
//!
//! Everywhere would be millions of calls. So: at its very ends and around its last events, where it is decided what an answer is;
//! around other edges and in their midst at places that chance chooses, others in every run; short streams of each kind at every
//! byte.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    hash::{BuildHasher, Hasher, RandomState},
};

use weighbridge_tests::{Framing, Random, corpus::Case};

/// A cut, and what the connection says of it: chunks without the last one, or nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Cut {
    pub(crate) at: usize,
    pub(crate) untold: bool,
}

impl Cut {
    pub(crate) fn framing(self) -> Framing {
        if self.untold { Framing::Untold } else { Framing::Chunked }
    }
}

/// A stream of no more bytes is cut at each of them, if it is the shortest of its kind.
const SHORT: usize = 1024;

/// Says where streams are cut, from one seed.
pub(crate) struct Knife {
    /// To be given in `WEIGHBRIDGE_CUT_SEED` to cut as this time.
    pub(crate) seed: u64,
    /// Cuts of each stream at places that chance chooses; more of them in `WEIGHBRIDGE_CUTS`.
    by_chance: usize,
}

impl Knife {
    pub(crate) fn new(by_chance: usize) -> Self {
        let number = |name: &str| env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
        let seed = number("WEIGHBRIDGE_CUT_SEED").unwrap_or_else(|| RandomState::new().build_hasher().finish());
        let by_chance = number("WEIGHBRIDGE_CUTS").and_then(|cuts| usize::try_from(cuts).ok()).unwrap_or(by_chance);
        Self { seed, by_chance }
    }

    /// The cuts of the `nth` stream.
    pub(crate) fn cuts(&self, nth: usize, case: &Case) -> BTreeSet<Cut> {
        let length = case.body.len();
        let mut random = Random::new(self.seed.wrapping_add(nth as u64));
        let edges = edges(case);
        let around = |edge: usize| [edge.saturating_sub(1), edge, edge + 1];
        let mut cuts = BTreeSet::new();
        let mut last: Vec<usize> = edges.iter().rev().take(2).flat_map(|edge| around(*edge)).collect();
        // Where the last event has its name, and none of its data.
        let last_data = edges.iter().rev().nth(1).and_then(|begin| Some(begin + case.body[*begin..].iter().position(|byte| *byte == b'{')?));
        last.extend(last_data);
        for at in [0, 1, length].into_iter().chain(last).filter(|at| *at <= length) {
            cuts.extend([Cut { at, untold: true }, Cut { at, untold: false }]);
        }
        for turn in 0..self.by_chance {
            let at = if turn % 2 == 0 { random.below(length) } else { around(edges[random.below(edges.len())])[random.below(3)] };
            cuts.insert(Cut { at: at.min(length), untold: random.below(2) == 0 });
        }
        cuts
    }
}

/// Every cut there is.
pub(crate) fn every_cut(case: &Case) -> BTreeSet<Cut> {
    (0..=case.body.len()).map(|at| Cut { at, untold: at % 2 == 0 }).collect()
}

/// The shortest of each framing and endpoint, if they are short.
pub(crate) fn short_ones(cases: &[Case]) -> BTreeSet<String> {
    let mut shortest = BTreeMap::<(String, &str), &Case>::new();
    for case in cases.iter().filter(|case| case.body.len() <= SHORT) {
        let kind = (case.json["framing"].to_string(), case.endpoint());
        let known = shortest.entry(kind).or_insert(case);
        if case.body.len() < known.body.len() {
            *known = case;
        }
    }
    shortest.into_values().map(|case| case.id.clone()).collect()
}

/// Where events end; the last is the end of the body.
pub(crate) fn edges(case: &Case) -> Vec<usize> {
    let body = &case.body;
    let mut edges = Vec::new();
    if case.json["framing"] == "aws" {
        let mut at = 0;
        while let Some(length) = body[at..].first_chunk::<4>() {
            at += u32::from_be_bytes(*length) as usize;
            edges.push(at);
        }
        return edges;
    }
    let ends_line = |at: usize| matches!(body.get(at), Some(b'\n' | b'\r'));
    edges.extend((1..body.len()).filter(|end| ends_line(end - 1) && !ends_line(*end)));
    edges.push(body.len());
    edges
}
