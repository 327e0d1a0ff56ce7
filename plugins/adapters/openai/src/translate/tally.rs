//! Usage for the client to read: reckoned from the provider's own object by the very rules by which it is metered, so that what
//! the client is told is what is billed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use weighbridge_plugin::adapter::{Fact, UsageReading};

use crate::{config::Config, plan::facts, tokens};

/// The numbers reported so far, by the number of the rule that found each: the last present value (metering rule 22).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Tally(BTreeMap<u16, String>);

/// All that was used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Input that is neither from a cache nor into one.
    pub fresh: u64,
    /// Read from a cache; `None`: not reported.
    pub cache_read: Option<u64>,
    /// Written to one.
    pub cache_write: Option<u64>,
    /// All output, thinking included.
    pub output: u64,
    /// Thinking; `None`: not reported.
    pub reasoning: Option<u64>,
}

impl Tally {
    /// What a whole answer reports.
    pub fn of(config: &Config, body: &[u8]) -> Self {
        let mut tally = Self::default();
        tally.read(config, body);
        tally
    }
    /// Reads an event, if it reports usage.
    pub fn observe(&mut self, config: &Config, data: &[u8]) {
        let usage = &config.usage;
        let words = usage.input.iter().chain(&usage.output).chain(&usage.total).filter_map(|pointer| pointer.rsplit('/').next());
        // Every event of a stream comes by here: its names are looked for before it is read.
        if words.map(str::as_bytes).any(|word| data.windows(word.len()).any(|window| window == word)) {
            self.read(config, data);
        }
    }
    fn read(&mut self, config: &Config, json: &[u8]) {
        let Ok(json) = serde_json::from_slice::<Value>(json) else { return };
        for (number, rule) in (0..).zip(facts(config, None)) {
            let segments: Vec<&str> = rule.pointer.split('/').skip(1).collect();
            if let Some(Value::Number(found)) = last_present(&json, &segments) {
                self.0.insert(number, found.to_string());
            }
        }
    }
    /// What was used; `None`: not reported.
    pub fn totals(&self, config: &Config) -> Option<Totals> {
        let fact = |(number, rule): (u16, weighbridge_plugin::adapter::FactRule)| Some(Fact { name: rule.name, json: self.0.get(&number)?.clone() });
        let facts: Vec<Fact> = (0..).zip(facts(config, None)).filter_map(fact).collect();
        let reading = tokens::read_usage(config, &facts);
        let [fresh, cache_read, cache_write, output, reasoning] =
            ["input", "cache_read", "cache_write", "output", "reasoning"].map(|meter| sum(&reading, meter));
        fresh.or(output).map(|_| {
            let output = output.unwrap_or(0).saturating_add(reasoning.unwrap_or(0));
            Totals { fresh: fresh.unwrap_or(0), cache_read, cache_write, output, reasoning }
        })
    }
}

impl Totals {
    /// All input.
    pub fn input(&self) -> u64 {
        self.fresh.saturating_add(self.cache_read.unwrap_or(0)).saturating_add(self.cache_write.unwrap_or(0))
    }
}

/// A meter with all its modalities and times to live.
fn sum(reading: &UsageReading, meter: &str) -> Option<u64> {
    let is_part = |name: &str| name.strip_prefix(meter).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'));
    let parts: Vec<u64> = reading.quantities.iter().filter(|part| is_part(&part.meter)).filter_map(|part| u64::try_from(part.value).ok()).collect();
    (!parts.is_empty()).then(|| parts.iter().sum())
}

/// The last value at a pointer that is not null, `*` standing for every element or member.
fn last_present<'a>(json: &'a Value, segments: &[&str]) -> Option<&'a Value> {
    let Some((first, rest)) = segments.split_first() else { return (!json.is_null()).then_some(json) };
    match (json, *first) {
        (Value::Array(list), "*") => list.iter().rev().find_map(|value| last_present(value, rest)),
        (Value::Object(members), "*") => members.values().rev().find_map(|value| last_present(value, rest)),
        (json, name) => last_present(json.pointer(&format!("/{name}"))?, rest),
    }
}
