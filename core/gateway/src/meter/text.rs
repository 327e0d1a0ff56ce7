//! The text that a counter counts where usage was not reported: what was generated, and what was asked.
//! Only generated content is ever counted as output (metering rule 25).

use super::{
    sse::SseScanner,
    wire::{Rules, Wire},
};
use crate::json::PointerSet;

/// A stream's bytes, kept until its usage is known. Beyond the cap they are let go, and the count says so.
#[derive(Debug, Default)]
pub(crate) struct Retained {
    /// A copy: a chunk of its own would keep the whole read buffer alive that it is a slice of.
    bytes: Vec<u8>,
    pub(crate) truncated: bool,
}

impl Retained {
    const CAP: usize = 16 * 1024 * 1024;

    pub(crate) fn keep(&mut self, chunk: &[u8]) {
        // Once something is missing, what follows would be read as something else.
        self.truncated |= self.bytes.len() + chunk.len() > Self::CAP;
        if !self.truncated {
            self.bytes.extend_from_slice(chunk);
        }
    }
}

/// The generated text of a stream.
pub(crate) fn of_stream(rules: &Rules, retained: &Retained) -> String {
    let mut text = String::new();
    let mut scanner = SseScanner::default();
    let mut read = |name: Option<&str>, data: &[u8]| {
        let passes: Vec<bool> = rules.filters.iter().map(|(_, filter)| filter.passes(name, data)).collect();
        let _ = rules.set.scan(data, |rule, json| {
            if rules.filter_of[rule].is_none_or(|filter| passes[filter]) {
                append(json, &mut text);
            }
        });
    };
    // The cap is not above what an event may have.
    let _ = scanner.push(&retained.bytes, |event| event.data.iter().for_each(|data| read(event.name, data)));
    scanner.finish(|event| event.data.iter().for_each(|data| read(event.name, data)));
    text
}

/// The generated text of a whole answer.
pub(crate) fn of_body(wire: &Wire, body: &[u8]) -> String {
    strings(&wire.body_text, body)
}

/// The prompt's text.
pub(crate) fn of_prompt(wire: &Wire, request: &[u8]) -> String {
    strings(&wire.prompt_text, request)
}

fn strings(pointers: &PointerSet, body: &[u8]) -> String {
    let mut text = String::new();
    let _ = pointers.scan(body, |_, json| append(json, &mut text));
    text
}

/// Strings are text; a structure at a text pointer is read by the deeper pointers.
fn append(json: &str, text: &mut String) {
    if json.starts_with('"')
        && let Ok(string) = serde_json::from_str::<String>(json)
    {
        text.push_str(&string);
    }
}
