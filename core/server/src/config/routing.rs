//! `[routing]`: tries, the patience with providers, and which seller of a model is taken.

use serde::{Deserialize, Deserializer};

/// `[routing]`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Routing {
    /// Further tries of the same target after one that was not served, before the next target is tried.
    pub retries: u32,
    /// The pause before the first of them; each further one is twice as long.
    pub back_off_ms: u64,
    /// The longest pause. A provider that asks for a longer one (`retry-after`) is not tried again.
    pub longest_back_off_ms: u64,
    /// No try begins later than this after the call came in.
    pub give_up_after_ms: u64,
    /// Try again also where the request was sent and no answer came. The provider may have done the work, and bill it twice.
    pub retry_sent: bool,
    /// Of a provider's calls in a window, how many may be tried again …
    #[serde(deserialize_with = "percent")]
    pub retry_budget_percent: u32,
    /// … and so many beside that.
    pub retry_budget_floor: u32,
    /// The window of the budget and of the circuit's share.
    pub window_ms: u64,
    /// A provider that failed so often in a row is left alone for a while; 0: never.
    pub circuit_failures: u32,
    /// So is one of whose tries in a window (at least twenty) this share failed.
    #[serde(deserialize_with = "percent")]
    pub circuit_percent: u32,
    /// For how long at first; then one call is let through, and if that fails too, the time is doubled.
    pub circuit_open_ms: u64,
    /// For how long at most.
    pub circuit_longest_open_ms: u64,
    /// Which provider serves a model that several sell, when it is asked for by its name alone.
    pub bare_names: BareNames,
}

/// Which seller of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BareNames {
    /// The first by name, and no other.
    #[default]
    First,
    /// All of them, the cheapest first.
    Cheapest,
}

/// In which order the targets of a model are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Strategy {
    /// One of them by weight, then the others.
    #[default]
    Weighted,
    /// The cheapest first, by the price book.
    Cheapest,
    /// As they are written.
    Order,
}

impl Default for Routing {
    fn default() -> Self {
        Self {
            retries: 1,
            back_off_ms: 200,
            longest_back_off_ms: 2_000,
            give_up_after_ms: 60_000,
            retry_sent: false,
            retry_budget_percent: 20,
            retry_budget_floor: 3,
            window_ms: 10_000,
            circuit_failures: 5,
            circuit_percent: 50,
            circuit_open_ms: 5_000,
            circuit_longest_open_ms: 60_000,
            bare_names: BareNames::First,
        }
    }
}

fn percent<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let number = u32::deserialize(deserializer)?;
    let expected = &"a percentage from 0 to 100";
    if number <= 100 { Ok(number) } else { Err(serde::de::Error::invalid_value(serde::de::Unexpected::Unsigned(number.into()), expected)) }
}
