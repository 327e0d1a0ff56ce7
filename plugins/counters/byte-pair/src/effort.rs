//! How much work a call may do, and what is said where it is not enough.
//!
//! A counter has milliseconds, and a text may be megabytes made to be slow. A call counts exactly until its work is used up; of what is
//! then left of each text it counts a few samples spread evenly, and when even that is too much it goes by what it has seen. Whatever
//! the input, the work is bounded, and an answer that is not exact says so.

use weighbridge_plugin::counter::Count;

use crate::{merge, vocabulary::Vocabulary};

/// What a byte costs, about a nanosecond each: in a piece that is one token, in a short piece, in a long one.
const TOKEN: u64 = 13;
const SHORT: u64 = 96;
const LONG: u64 = 256;
/// How many samples of a text are taken, and how long each is.
const SAMPLES: usize = 4;
const SAMPLE_BYTES: usize = 1024;

/// The work of one call.
#[derive(Debug)]
pub struct Effort {
    vocabulary: &'static Vocabulary,
    exact: u64,
    samples: u64,
    seen_bytes: u64,
    seen_tokens: u64,
}

impl Effort {
    /// So much work in all, of which a quarter is kept for samples.
    pub fn new(vocabulary: &'static Vocabulary, limit: u64) -> Self {
        Self { vocabulary, exact: limit - limit / 4, samples: limit / 4, seen_bytes: 0, seen_tokens: 0 }
    }

    /// The tokens of a text.
    pub fn count(&mut self, text: &str) -> Count {
        let (tokens, done) = self.run(text);
        if done == text.len() {
            return Count { tokens, exact: true };
        }
        Count { tokens: tokens + self.estimate(&text[done..]), exact: false }
    }

    /// Nothing is left, neither for counting nor for samples.
    #[cfg(feature = "samples")]
    pub(crate) fn is_used_up(&self) -> bool {
        self.exact == 0 && self.samples < LONG * SAMPLE_BYTES as u64
    }

    /// Counts piece by piece while there is work left; gives the tokens and how far it came.
    fn run(&mut self, text: &str) -> (u64, usize) {
        let (mut tokens, mut done) = (0, 0);
        // Not even looked at: what could not be paid for if it were all plain.
        let reach = usize::try_from(self.exact / TOKEN).unwrap_or(usize::MAX).min(text.len());
        for piece in self.vocabulary.pieces(&text[..text.ceil_char_boundary(reach)]) {
            let price = price(self.vocabulary, piece);
            if price > self.exact {
                self.exact = 0;
                break;
            }
            self.exact -= price;
            tokens += merge::count(self.vocabulary, piece.as_bytes());
            done += piece.len();
        }
        self.seen_bytes += done as u64;
        self.seen_tokens += tokens;
        (tokens, done)
    }

    /// About how many tokens the rest has; rounded up.
    fn estimate(&mut self, rest: &str) -> u64 {
        let (mut bytes, mut tokens) = (0, 0);
        for sample in samples(rest) {
            let price = sample.len() as u64 * LONG;
            if price > self.samples {
                break;
            }
            self.samples -= price;
            bytes += sample.len() as u64;
            tokens += self.vocabulary.pieces(sample).map(|piece| merge::count(self.vocabulary, piece.as_bytes())).sum::<u64>();
        }
        if bytes == 0 {
            // A token has four bytes in plain English; where nothing was seen, that is what there is to go by.
            (bytes, tokens) = if self.seen_bytes == 0 { (4, 1) } else { (self.seen_bytes, self.seen_tokens) };
        }
        let whole = u128::from(tokens) * rest.len() as u128;
        u64::try_from(whole.div_ceil(u128::from(bytes))).unwrap_or(u64::MAX)
    }
}

fn price(vocabulary: &Vocabulary, piece: &str) -> u64 {
    let bytes = piece.len() as u64;
    if vocabulary.is_token(piece.as_bytes()) {
        bytes * TOKEN
    } else if merge::is_short(piece.as_bytes()) {
        bytes * SHORT
    } else {
        bytes * LONG
    }
}

/// Pieces of the text, spread evenly, cut between characters.
fn samples(text: &str) -> impl Iterator<Item = &str> {
    (0..SAMPLES).map(|number| {
        let start = text.ceil_char_boundary(text.len() / SAMPLES * number);
        let end = text.ceil_char_boundary((start + SAMPLE_BYTES).min(text.len()));
        &text[start..end]
    })
}
