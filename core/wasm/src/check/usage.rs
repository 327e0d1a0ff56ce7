//! Usage as an adapter reads it: disjoint, never negative (metering rule 36: quarantined, never a credit).

use weighbridge_domain::{Source, Text, Usage};
use weighbridge_plugin_api::adapter::{Measured, UsageReading};

use super::{Check, text};

const EXTRA: usize = 100;
const DOUBTS: usize = 32;
const DIMENSIONS: usize = 16;

/// A reading that can become usage.
pub(crate) fn reading(reading: &UsageReading) -> Check {
    let all: Vec<_> = reading.quantities.iter().chain(&reading.counted).cloned().collect();
    quantities(&all)?;
    reading.served_model.iter().try_for_each(|model| text::name("the served model", model, 256))?;
    reading.service_tier.iter().try_for_each(|tier| text::name("the service tier", tier, 64))?;
    if reading.stated_cost.is_some_and(|(amount, _)| amount.is_sign_negative()) {
        return Err("a stated cost below zero".into());
    }
    dimensions(&reading.dimensions)?;
    if reading.extra.len() > EXTRA || reading.doubts.len() > DOUBTS {
        return Err(format!("{} extra models and {} doubts; at most {EXTRA} and {DOUBTS}", reading.extra.len(), reading.doubts.len()));
    }
    for (model, list) in &reading.extra {
        text::name("the extra model", model, 256)?;
        quantities(list)?;
    }
    reading.doubts.iter().try_for_each(|doubt| snake_case("doubt", doubt))
}

/// What a price may depend on: a few names with short values.
pub(crate) fn dimensions(dimensions: &[(Text, Text)]) -> Check {
    if dimensions.len() > DIMENSIONS {
        return Err(format!("{} dimensions; at most {DIMENSIONS}", dimensions.len()));
    }
    dimensions.iter().try_for_each(|(name, value)| {
        snake_case("dimension", name)?;
        text::name("the dimension's value", value, 128)
    })
}

fn quantities(list: &[Measured]) -> Check {
    let mut usage = Usage::new();
    list.iter().try_for_each(|(meter, value)| usage.insert(meter.clone(), *value, Source::Reported)).map_err(|error| format!("the quantity {error}"))
}

fn snake_case(what: &str, name: &str) -> Check {
    let fine = (1..=64).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if fine { Ok(()) } else { Err(format!("the {what} {} is not snake_case of 1 to 64 characters", text::shown(name))) }
}
