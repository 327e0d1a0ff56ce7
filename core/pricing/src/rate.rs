//! Which rate a meter has: the cell of tier and context band, and what stands in for a rate that is not quoted.

use weighbridge_domain::{Decimal, Meter, Timestamp, exact};

use crate::{
    cost::flag,
    row::{Band, DEFAULT_TIER, PriceRow, Rate, Tiers, Window},
};

/// The cell of the matrix that prices one event.
pub(crate) struct Cell<'a> {
    /// Its rates, or why there is none.
    band: Result<&'a Band, &'static str>,
    /// The first band of the default tier: what the row prices at all.
    plain: Option<&'a Band>,
    tier: &'a str,
    window: Option<&'a Window>,
}

/// A rate, and what is unusual about it.
pub(crate) struct Found {
    pub(crate) rate: Rate,
    /// A per-call fee: neither tier nor multiplier touches it.
    pub(crate) is_fee: bool,
    pub(crate) note: Option<String>,
    pub(crate) flag: Option<&'static str>,
}

impl<'a> Cell<'a> {
    /// By time of day, served tier and input.
    pub(crate) fn select(row: &'a PriceRow, at: Timestamp, served_tier: Option<&'a str>, input_total: Decimal) -> Self {
        let (tiers, window) = row.tiers_at(at);
        let tier = tier_name(row, served_tier);
        let plain = tiers.get(DEFAULT_TIER).and_then(|bands| bands.first());
        let band = tiers.get(tier).ok_or(flag::UNKNOWN_SERVICE_TIER).and_then(|bands| select_band(tiers, bands, input_total));
        Self { band, plain, tier, window }
    }
    /// What is unusual about every rate of this cell.
    pub(crate) fn notes(&self) -> impl Iterator<Item = String> {
        let tier = (self.tier != DEFAULT_TIER).then(|| format!("service tier {}", self.tier));
        let above = self.band.ok().and_then(|band| band.above);
        let band = above.map(|threshold| format!("long context: the rates for input over {} tokens", threshold.tokens));
        tier.into_iter().chain(band).chain(self.window.map(|window| format!("{} hours", window.name)))
    }
}

fn tier_name<'a>(row: &'a PriceRow, served: Option<&'a str>) -> &'a str {
    let Some(served) = served.filter(|served| !served.is_empty()) else { return DEFAULT_TIER };
    match row.tier_names.get(served) {
        Some(name) => name,
        None if served == "standard" => DEFAULT_TIER,
        None => served,
    }
}

/// The band that this much input is in. Where the default tier has a band that the served tier lacks, there is no rate:
/// never the lower one (metering rule 17).
fn select_band<'a>(tiers: &'a Tiers, bands: &'a [Band], input_total: Decimal) -> Result<&'a Band, &'static str> {
    let reached = |bands: &'a [Band]| bands.iter().rev().find(|band| band.above.is_none_or(|threshold| threshold.holds(input_total)));
    let own = reached(bands).ok_or(flag::NO_RATE_FOR_TIER)?;
    let usual = tiers.get(DEFAULT_TIER).and_then(|bands| reached(bands));
    let tokens = |band: &Band| band.above.map(|threshold| threshold.tokens);
    if usual.is_some_and(|usual| tokens(usual) > tokens(own)) { Err(flag::NO_RATE_FOR_TIER) } else { Ok(own) }
}

/// The rate of a meter in this cell, or the flag that says why there is none.
pub(crate) fn of(row: &PriceRow, cell: &Cell<'_>, meter: &Meter) -> Result<Found, &'static str> {
    if let Some(rate) = row.fees.get(meter) {
        return Ok(Found { rate: *rate, is_fee: true, note: None, flag: None });
    }
    let band = cell.band?;
    if let Some(rate) = band.rates.get(meter) {
        return Ok(Found { rate: *rate, is_fee: false, note: None, flag: None });
    }
    if let Some(found) = derived(row, band, meter) {
        return found;
    }
    if cell.plain.is_some_and(|plain| plain.rates.contains_key(meter)) {
        // The row prices this meter, but not in this tier and band.
        return Err(flag::NO_RATE_FOR_TIER);
    }
    let (stand_in, flag) = stand_in(band, meter).ok_or(flag::NO_RATE)?;
    let rate = *band.rates.get(&stand_in).ok_or(flag::NO_RATE)?;
    Ok(Found { rate, is_fee: false, note: Some(format!("no rate of its own: at the {stand_in} rate")), flag })
}

fn derived(row: &PriceRow, band: &Band, meter: &Meter) -> Option<Result<Found, &'static str>> {
    let derived = row.derived.get(meter)?;
    let of = band.rates.get(&derived.of)?;
    let note = Some(format!("{} × the {} rate", derived.times.normalize(), derived.of));
    let rate = exact::mul(of.rate, derived.times).map_err(|_| flag::INEXACT_COST);
    Some(rate.map(|rate| Found { rate: Rate { rate, per: of.per }, is_fee: false, note, flag: None }))
}

/// Whose rate a meter takes that has none of its own. Only where providers do so, and never where that is likely too low:
/// audio and generated media are never priced as text, and a longer cache lifetime never as a shorter one.
fn stand_in(band: &Band, meter: &Meter) -> Option<(Meter, Option<&'static str>)> {
    let has = |meter: &Meter| band.rates.contains_key(meter);
    let fallback = Some(flag::CACHE_RATE_FALLBACK);
    match meter.as_str() {
        "reasoning" => Some((Meter::OUTPUT, None)),
        "input_image" | "input_video" => Some((Meter::INPUT, None)),
        "cache_write_5m" | "cache_write_30m" if has(&Meter::CACHE_WRITE) => Some((Meter::CACHE_WRITE, None)),
        "cache_write" | "cache_write_5m" | "cache_write_30m" | "cache_write_1h" | "cache_write_12h" => {
            let prices_writes = band.rates.keys().any(|priced| priced.as_str().starts_with("cache_write"));
            (!prices_writes).then_some((Meter::INPUT, fallback))
        }
        "cache_read" => Some((Meter::INPUT, fallback)),
        "cache_read_audio" => Some((Meter::INPUT_AUDIO, fallback)),
        "cache_read_image" if has(&Meter::INPUT_IMAGE) => Some((Meter::INPUT_IMAGE, fallback)),
        "cache_read_video" if has(&Meter::INPUT_VIDEO) => Some((Meter::INPUT_VIDEO, fallback)),
        "cache_read_image" | "cache_read_video" if has(&Meter::CACHE_READ) => Some((Meter::CACHE_READ, None)),
        "cache_read_image" | "cache_read_video" => Some((Meter::INPUT, fallback)),
        _ => None,
    }
}
