//! Weigh: from what was reported and what was counted to the usage of a record.

use weighbridge_domain::{Decimal, Meter, ModelName, Source, StatedCost, Text, Usage};
use weighbridge_plugin_api::adapter::{Measured, UsageReading};

use crate::{
    counting::{Counted, Side},
    meter::Consumed,
    name,
    settle::End,
};

/// Why a call costs nothing whatever came of it.
pub(crate) const NOT_BILLED: &str = "the provider does not bill this kind of call";

/// Why the call that starts something costs nothing itself.
pub(crate) const BILLED_LATER: &str = "what it started is billed when it has ended";

/// What is known before anything is counted.
pub(crate) enum Known<'a> {
    Nothing,
    Free { contradicted: bool },
    Later,
    Unknown,
    Reported(&'a UsageReading),
    Unreported(&'a UsageReading, bool),
}

impl End {
    pub(crate) fn consumed_now(&self) -> Known<'_> {
        match &self.consumed {
            Consumed::Nothing => Known::Nothing,
            Consumed::Free { contradicted } => Known::Free { contradicted: *contradicted },
            Consumed::Later => Known::Later,
            Consumed::Unknown => Known::Unknown,
            Consumed::Reported(reading) => Known::Reported(reading),
            Consumed::Unreported { reading, truncated, .. } => Known::Unreported(reading, *truncated),
        }
    }
}

/// Usage as it goes onto the record.
#[derive(Default)]
pub(crate) struct Weighed {
    pub(crate) usage: Usage,
    pub(crate) served_model: Option<ModelName>,
    pub(crate) service_tier: Option<Text>,
    pub(crate) flags: Vec<Text>,
    pub(crate) extra: Vec<(Text, Vec<Measured>)>,
    pub(crate) stated_cost: Option<StatedCost>,
    /// Sorted by name, each once.
    pub(crate) dimensions: Vec<(Text, Text)>,
    /// Nothing is to be paid, and why.
    pub(crate) free: Option<&'static str>,
}

impl Weighed {
    pub(crate) fn of(known: Known<'_>, counted: Option<Counted>) -> Self {
        match known {
            Known::Nothing => Self { free: Some("nothing was consumed"), ..Self::default() },
            Known::Free { contradicted } => {
                let flags = contradicted.then(|| "free_call_reported_usage".into()).into_iter().collect();
                Self { free: Some(NOT_BILLED), flags, ..Self::default() }
            }
            Known::Later => Self { free: Some(BILLED_LATER), flags: vec!["started".into()], ..Self::default() },
            Known::Unknown => Self { flags: vec!["usage_unknown".into()], ..Self::default() },
            Known::Reported(reading) => Self::reported(reading),
            Known::Unreported(reading, truncated) => {
                let mut weighed = Self::reported(reading);
                match counted {
                    None => weighed.flags.push("usage_unknown".into()),
                    Some(counted) => {
                        // Only the side that was not reported: a stream that broke off may have told its input.
                        if !weighed.usage.iter().any(|quantity| quantity.meter.is_input()) {
                            weighed.count(Meter::INPUT, counted.input);
                        }
                        if !weighed.usage.iter().any(|quantity| quantity.meter.is_output()) {
                            weighed.count(Meter::OUTPUT, counted.output);
                        }
                        weighed.flags.push("usage_counted".into());
                        if truncated {
                            weighed.flags.push("counted_in_part".into());
                        }
                    }
                }
                weighed
            }
        }
    }

    fn reported(reading: &UsageReading) -> Self {
        let served = reading.served_model.as_ref().filter(|served| !served.is_empty()).map(name::recorded);
        let odd = matches!(served, Some((_, false)));
        // One that is longer than any name is none.
        let served = served.map(|(served, _)| served).filter(|_| reading.served_model.as_ref().is_some_and(|served| served.len() <= name::MAX_LEN));
        let mut weighed = Self {
            served_model: served.map(ModelName::new),
            service_tier: reading.service_tier.as_ref().filter(|tier| !tier.is_empty()).map(|tier| name::recorded(tier).0),
            flags: reading.doubts.clone(),
            extra: reading.extra.iter().map(|(model, quantities)| (name::recorded(model).0, quantities.clone())).collect(),
            stated_cost: reading.stated_cost.map(|(amount, currency)| StatedCost { amount, currency }),
            dimensions: dimensions(reading),
            ..Self::default()
        };
        if odd {
            weighed.flags.push("unreadable_served_model".into());
        }
        for (meter, value) in &reading.quantities {
            weighed.insert(meter.clone(), *value, Source::Reported);
        }
        // What the adapter counted stands back behind a report. It is `counted`, and its cost `estimated`; there is no flag
        // `usage_counted`, which says that a provider failed to report (docs/decisions, "Counted by the adapter").
        for (meter, value) in &reading.counted {
            if weighed.usage.get(meter).is_none() {
                weighed.insert(meter.clone(), *value, Source::Counted);
            }
        }
        weighed
    }

    fn count(&mut self, meter: Meter, side: Side) {
        self.insert(meter, side.tokens.into(), Source::Counted);
        self.flags.extend(side.flags.into_iter().map(Text::from));
    }

    /// What a plugin reports is checked once more: never negative, never twice (metering rule 36).
    fn insert(&mut self, meter: Meter, value: Decimal, source: Source) {
        if self.usage.insert(meter, value, source).is_err() {
            self.flags.push("quarantined_usage".into());
        }
    }
}

fn dimensions(reading: &UsageReading) -> Vec<(Text, Text)> {
    let mut dimensions: Vec<_> = reading.dimensions.iter().map(name::recorded_value).collect();
    dimensions.sort();
    dimensions.dedup_by(|a, b| a.0 == b.0);
    dimensions
}
