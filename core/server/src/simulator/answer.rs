//! What the simulated models say, and what it consumed: a function of the request's bytes.

use sha2::{Digest, Sha256};

use super::wire::ChatRequest;

/// The models it has.
pub const MODELS: [&str; 3] = ["sim-small", "sim-large", "sim-reasoner"];

/// One answer with its usage, in the wire's own (overlapping) terms.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) id: String,
    pub(super) model: &'static str,
    pub(super) words: Vec<&'static str>,
    pub(super) prompt_tokens: u64,
    pub(super) cached_tokens: u64,
    /// Includes the reasoning tokens.
    pub(super) completion_tokens: u64,
    pub(super) reasoning_tokens: u64,
}

const WORDS: [&str; 24] = [
    "A",
    " weighbridge",
    " weighs",
    " what",
    " drives",
    " over",
    " it,",
    " without",
    " stopping",
    " it.",
    " Every",
    " token",
    " has",
    " a",
    " price,",
    " every",
    " price",
    " a",
    " date,",
    " and",
    " every",
    " invoice",
    " a",
    " proof.",
];

impl Answer {
    /// The answer, if there is such a model.
    pub(super) fn to(chat: &ChatRequest, body: &[u8]) -> Option<Self> {
        let model = MODELS.into_iter().find(|model| *model == chat.model)?;
        let digest = Sha256::digest(body);
        let mut dice = Dice(u64::from_be_bytes(digest[..8].try_into().unwrap_or_default()));
        let prompt_tokens = 8 + chat.prompt_bytes() as u64 / 4;
        // As with real prompt caches: only long prompts, in steps of 128 tokens, and not every time.
        let cached_tokens = if prompt_tokens >= 256 && dice.roll(3) > 0 { prompt_tokens / 2 / 128 * 128 } else { 0 };
        let visible = match model {
            "sim-small" => 12 + dice.roll(60),
            "sim-large" => 40 + dice.roll(200),
            _ => 20 + dice.roll(80),
        };
        let visible = chat.max_tokens().map_or(visible, |limit| visible.min(limit.max(1)));
        let reasoning_tokens = if model == "sim-reasoner" { 64 * (1 + dice.roll(12)) } else { 0 };
        let first = dice.roll(WORDS.len() as u64) as usize;
        let words = (0..visible as usize).map(|at| WORDS[(first + at) % WORDS.len()]).collect();
        let id = format!("chatcmpl-sim-{}", hex::encode(&digest[8..20]));
        Some(Self { id, model, words, prompt_tokens, cached_tokens, completion_tokens: visible + reasoning_tokens, reasoning_tokens })
    }
    pub(super) fn text(&self) -> String {
        self.words.concat()
    }
}

/// SplitMix64: a few well spread numbers from one seed.
struct Dice(u64);

impl Dice {
    /// 0 to `sides` − 1.
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % sides
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_request_gives_the_same_answer() {
        let body = br#"{"model":"sim-reasoner","messages":[{"role":"user","content":"How heavy is a token?"}]}"#;
        let chat: ChatRequest = serde_json::from_slice(body).unwrap();
        let (one, two) = (Answer::to(&chat, body).unwrap(), Answer::to(&chat, body).unwrap());
        assert_eq!((one.text(), one.completion_tokens, one.id), (two.text(), two.completion_tokens, two.id));
        assert!(one.reasoning_tokens >= 64 && one.completion_tokens == one.reasoning_tokens + one.words.len() as u64);
    }

    #[test]
    fn other_models_are_not_there() {
        let chat: ChatRequest = serde_json::from_slice(br#"{"model":"other","messages":[]}"#).unwrap();
        assert!(Answer::to(&chat, b"").is_none());
    }
}
