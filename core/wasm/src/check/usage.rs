//! Usage as an adapter reads it: disjoint, never negative (metering rule 36: quarantined, never a credit).

use weighbridge_domain::{Source, Text, Usage};
use weighbridge_plugin_api::adapter::{Measured, UsageReading};

use super::{Check, text};

const EXTRA: usize = 100;
const DOUBTS: usize = 32;
const DIMENSIONS: usize = 16;

/// A reading that can become usage. Names in it are the provider's, and what cannot stand on a record is made fit there: an odd one
/// is no fault of the guest's, and no reason to withhold an answer.
pub(crate) fn reading(reading: &UsageReading) -> Check {
    let all: Vec<_> = reading.quantities.iter().chain(&reading.counted).cloned().collect();
    quantities(&all)?;
    if reading.stated_cost.is_some_and(|(amount, _)| amount.is_sign_negative()) {
        return Err("a stated cost below zero".into());
    }
    dimensions(&reading.dimensions)?;
    if reading.extra.len() > EXTRA || reading.doubts.len() > DOUBTS {
        return Err(format!("{} extra models and {} doubts; at most {EXTRA} and {DOUBTS}", reading.extra.len(), reading.doubts.len()));
    }
    reading.extra.iter().try_for_each(|(_, list)| quantities(list))?;
    reading.doubts.iter().try_for_each(|doubt| snake_case("doubt", doubt))
}

/// What a price may depend on: a few names. Their values are the provider's or the client's.
pub(crate) fn dimensions(dimensions: &[(Text, Text)]) -> Check {
    if dimensions.len() > DIMENSIONS {
        return Err(format!("{} dimensions; at most {DIMENSIONS}", dimensions.len()));
    }
    dimensions.iter().try_for_each(|(name, _)| snake_case("dimension", name))
}

fn quantities(list: &[Measured]) -> Check {
    let mut usage = Usage::new();
    list.iter().try_for_each(|(meter, value)| usage.insert(meter.clone(), *value, Source::Reported)).map_err(|error| format!("the quantity {error}"))
}

fn snake_case(what: &str, name: &str) -> Check {
    let fine = (1..=64).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if fine { Ok(()) } else { Err(format!("the {what} {} is not snake_case of 1 to 64 characters", text::shown(name))) }
}
