//! The text that a counter counts where usage was not reported: what was generated, and what was asked.
//! Only generated content is ever counted as output (metering rule 25).

use super::wire::{Rules, Wire};
use crate::json::PointerSet;

/// The events of a stream that may hold generated text, kept until its usage is known. Beyond the cap they are let go, and the
/// count says so.
#[derive(Debug, Default)]
pub(crate) struct Retained {
    /// A copy: a chunk of its own would keep the whole read buffer alive that it is a slice of.
    bytes: Vec<u8>,
    /// Where each event's data ends, and which filters it passed.
    events: Vec<(usize, u64)>,
    pub(crate) truncated: bool,
}

impl Retained {
    const CAP: usize = 16 * 1024 * 1024;

    /// Keeps an event, if there may be text in it.
    pub(crate) fn keep(&mut self, rules: &Rules, name: Option<&str>, data: &[u8]) {
        let passed = rules.filters.iter().enumerate().fold(0u64, |passed, (index, (_, filter))| passed | u64::from(filter.passes(name, data)) << index);
        if !rules.filter_of.iter().any(|filter| filter.is_none_or(|filter| passed & (1 << filter) != 0)) {
            return;
        }
        self.truncated |= self.bytes.len() + data.len() + self.events.len() * size_of::<(usize, u64)>() > Self::CAP;
        if !self.truncated {
            self.bytes.extend_from_slice(data);
            self.events.push((self.bytes.len(), passed));
        }
    }

    /// The generated text.
    pub(crate) fn text(&self, rules: &Rules) -> String {
        let mut text = String::new();
        let mut start = 0;
        for (end, passed) in &self.events {
            // An event that was cut off has the text that came.
            let _ = rules.set.scan(&self.bytes[start..*end], |rule, json| {
                if rules.filter_of[rule].is_none_or(|filter| passed & (1 << filter) != 0) {
                    append(json, &mut text);
                }
            });
            start = *end;
        }
        text
    }
}

/// The generated text of a whole answer.
pub(crate) fn of_body(wire: &Wire, body: &[u8]) -> String {
    let is_json = || serde_json::from_slice::<serde::de::IgnoredAny>(body).is_ok();
    if wire.takes_plain_text() && !is_json() {
        return String::from_utf8_lossy(body).into_owned();
    }
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
