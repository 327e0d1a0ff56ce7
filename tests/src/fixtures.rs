//! Answers of our own making (`fixtures/`), and what they say they consumed.

use std::fs;

use crate::{Framing, Reply, binary};

/// What `openai-chat.*` reports, as meters: 1,200 prompt tokens of which 1,024 were cached, 97 completion tokens of which 64 were reasoning.
pub const OPENAI_CHAT_USAGE: &[(&str, &str)] = &[("input", "176"), ("cache_read", "1024"), ("output", "33"), ("reasoning", "64")];
/// What `anthropic-message.*` reports, as meters: fields that stand beside each other.
pub const ANTHROPIC_MESSAGE_USAGE: &[(&str, &str)] =
    &[("input", "176"), ("cache_read", "1024"), ("cache_write_5m", "100"), ("cache_write_1h", "200"), ("output", "97")];
/// What every `*-chat.*` and `*-message.*` says, non-streamed.
pub const TEXT: &str = "the lorry did not stop.";

/// A fixture's bytes.
pub fn bytes(name: &str) -> Vec<u8> {
    let path = binary::project().join("tests/fixtures").join(name);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A fixture as an answer: streamed by its ending, an error by its name.
pub fn reply(name: &str) -> Reply {
    let body = bytes(name);
    if name.ends_with(".sse") {
        return Reply::sse(body);
    }
    if name.ends_with(".ndjson") {
        return Reply { framing: Framing::Chunked, ..Reply::new(200, "application/x-ndjson", body) };
    }
    let status = name.rsplit('-').next().and_then(|end| end.strip_suffix(".json")).and_then(|code| code.parse().ok());
    Reply::new(status.unwrap_or(200), "application/json", body)
}
