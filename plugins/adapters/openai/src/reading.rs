//! What the readings of all dialects have in common: names, further meters, the provider's own statement of cost.

use weighbridge_plugin::{
    Decimal,
    adapter::{Quantity, StatedCost, UsageReading},
    exact,
    facts::Facts,
};

use crate::{
    config::{Config, CostPointer},
    pointers::Pointer,
};

/// A reading with the names that the answer gives.
pub fn begin(facts: &mut Facts<'_>) -> UsageReading {
    UsageReading { served_model: facts.text("model"), service_tier: service_tier(facts), ..UsageReading::default() }
}

/// The reading with what the settings name beside tokens, and all that was doubted.
pub fn finish(config: &Config, mut facts: Facts<'_>, mut reading: UsageReading) -> UsageReading {
    also(config, &mut facts, &mut reading);
    reading.doubts = facts.doubts;
    reading
}

/// What the settings name beside tokens. Most providers name nothing.
pub fn also(config: &Config, facts: &mut Facts<'_>, reading: &mut UsageReading) {
    meters(&config.meters.0, facts, reading);
    for dimension in &config.dimensions.0 {
        reading.dimensions.extend(facts.text(&dimension.fact).map(|value| (dimension.name.clone(), value)));
    }
    reading.stated_cost = config.costs.iter().find_map(|cost| stated(cost, facts));
}

/// Further quantities. What was not used, and is reported as zero on every call, is left out.
pub fn meters(meters: &[Pointer], facts: &mut Facts<'_>, reading: &mut UsageReading) {
    for meter in meters {
        if let Some(value) = facts.number(&meter.fact).filter(|value| !value.is_zero()) {
            reading.quantities.retain(|quantity| quantity.meter != meter.name);
            reading.quantities.push(Quantity::new(meter.name.as_str(), value));
        }
    }
}

/// The tier that served the request (metering rule 16). `auto` is what a request says; as an answer it is no tier.
fn service_tier(facts: &mut Facts<'_>) -> Option<String> {
    match facts.text("service_tier") {
        Some(tier) if tier == "auto" => facts.doubt("service_tier_auto"),
        tier => tier,
    }
}

/// The provider's own statement. What was paid to the upstream of a gateway with a key of one's own is added (rule 38).
fn stated(cost: &CostPointer, facts: &mut Facts<'_>) -> Option<StatedCost> {
    let mut amount = facts.number(&cost.amount.fact)?;
    if cost.when.as_ref().is_some_and(|when| facts.json(&when.fact) == Some("true"))
        && let Some(plus) = cost.plus.as_ref().and_then(|plus| facts.number(&plus.fact))
    {
        amount = exact::add(amount, plus).or_else(|| facts.doubt("unreadable_cost"))?;
    }
    let amount = exact::div_power_of_ten(amount, Decimal::from(cost.per)).or_else(|| facts.doubt("unreadable_cost"))?;
    Some(StatedCost { amount, currency: cost.currency.clone() })
}
