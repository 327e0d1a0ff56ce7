//! The tokens of a prompt before it is sent: for limits, so it is rather too much than too little. No counter is asked, nothing is
//! copied: one pass over the bytes, about a nanosecond each.

use crate::{counting::length, meter::wire::Wire};

/// What a message costs beside its text.
const FRAME: u64 = 4;

/// About how many tokens the prompt has. Escapes are taken as they stand in the JSON, which makes them longer than they are. Images
/// and other attachments have no text and are not in it; nor is the answer.
pub(crate) fn estimate(wire: &Wire, request: &[u8]) -> u64 {
    let mut tokens = 0;
    // A body that is no JSON was refused before.
    let _ = wire.prompt_text.scan(request, |_, json| {
        if let Some(text) = json.strip_prefix('"') {
            tokens += FRAME + length::tokens(text.strip_suffix('"').unwrap_or(text));
        }
    });
    tokens
}
