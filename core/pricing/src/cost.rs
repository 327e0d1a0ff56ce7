//! Cost: each quantity times its rate, exact, with a note wherever a line is not the plain case.
//!
//! Nothing is guessed downwards: a quantity without a rate makes the whole cost unpriced (amount absent), and a flag says why.

use weighbridge_domain::{Cost, CostLine, CostStatus, Currency, Decimal, Inexact, Meter, Text, Usage, exact};

use crate::{
    book::PriceQuery,
    rate::{self, Cell, Found},
    row::PriceRow,
};

/// The flags that costing sets on a record.
pub mod flag {
    /// Nothing is known of what was consumed.
    pub const USAGE_UNKNOWN: &str = "usage_unknown";
    /// The book has no row for this model at this time (metering rule 39).
    pub const UNPRICED_MODEL: &str = "unpriced_model";
    /// The answer names a tier that the row does not have (metering rule 16).
    pub const UNKNOWN_SERVICE_TIER: &str = "unknown_service_tier";
    /// The row has the tier, but not for this much context or this meter (metering rule 17).
    pub const NO_RATE_FOR_TIER: &str = "no_rate_for_tier";
    /// The row has no rate for a meter.
    pub const NO_RATE: &str = "no_rate";
    /// A cache rate is missing and the input rate was taken (metering rule 11).
    pub const CACHE_RATE_FALLBACK: &str = "cache_rate_fallback";
    /// The exact amount does not fit in 28 digits.
    pub const INEXACT_COST: &str = "inexact_cost";
}

/// A cost, and the flags that the record gets for it (sorted, each once).
#[derive(Debug, Clone, PartialEq)]
pub struct Costed {
    /// The cost.
    pub cost: Cost,
    /// See [`flag`].
    pub flags: Vec<Text>,
}

impl Costed {
    fn unpriced(currency: Currency, flag: &'static str) -> Self {
        Self { cost: Cost::unpriced(currency), flags: vec![flag.into()] }
    }
}

/// Prices a usage by a row; `facts` are what its multipliers look at.
pub(crate) fn cost(row: Option<&PriceRow>, query: &PriceQuery<'_>, facts: &[(&str, &str)], usage: &Usage) -> Costed {
    let currency = row.map_or(Currency::USD, |row| row.currency);
    if usage.is_empty() {
        return Costed::unpriced(currency, flag::USAGE_UNKNOWN);
    }
    let Some(row) = row else { return Costed::unpriced(currency, flag::UNPRICED_MODEL) };
    let cell = Cell::select(row, query.at, query.service_tier, usage.input_total());
    let mut bill = Bill::new(row, facts, &cell);
    for quantity in usage.iter().filter(|quantity| !quantity.value.is_zero()) {
        bill.add(&quantity.meter, quantity.value, rate::of(row, &cell, &quantity.meter));
    }
    bill.close(usage)
}

/// The lines as they come together.
struct Bill<'a> {
    row: &'a PriceRow,
    /// The product of the multipliers that hold.
    times: Result<Option<Decimal>, Inexact>,
    /// What is unusual about every rate of this event: tier, band, hours, multipliers.
    common_note: Option<Text>,
    lines: Vec<CostLine>,
    sum: Decimal,
    complete: bool,
    flags: Vec<&'static str>,
}

impl<'a> Bill<'a> {
    fn new(row: &'a PriceRow, facts: &[(&str, &str)], cell: &Cell<'_>) -> Self {
        let mut times = Ok(None);
        let mut notes: Vec<String> = cell.notes().collect();
        for multiplier in row.multipliers.iter().filter(|m| facts.iter().any(|(name, value)| *name == &*m.when && *value == &*m.is)) {
            times = times.and_then(|t: Option<Decimal>| exact::mul(t.unwrap_or(Decimal::ONE), multiplier.times).map(Some));
            notes.push(format!("× {} ({} {})", multiplier.times.normalize(), multiplier.when, multiplier.is));
        }
        let common_note = (!notes.is_empty()).then(|| notes.join("; ").into());
        Self { row, times, common_note, lines: Vec::new(), sum: Decimal::ZERO, complete: true, flags: Vec::new() }
    }
    fn add(&mut self, meter: &Meter, quantity: Decimal, found: Result<Found, &'static str>) {
        let line = found.and_then(|found| {
            self.flags.extend(found.flag);
            self.line(meter, quantity, &found).map_err(|Inexact| flag::INEXACT_COST)
        });
        match line.and_then(|line| exact::add(self.sum, line.amount).map(|sum| (line, sum)).map_err(|Inexact| flag::INEXACT_COST)) {
            Ok((line, sum)) => {
                self.sum = sum;
                self.lines.push(line);
            }
            Err(flag) => {
                self.complete = false;
                self.flags.push(flag);
            }
        }
    }
    fn line(&self, meter: &Meter, quantity: Decimal, found: &Found) -> Result<CostLine, Inexact> {
        let times = if found.is_fee { None } else { self.times? };
        let rate = times.map_or(Ok(found.rate.rate), |times| exact::mul(found.rate.rate, times))?;
        let per = found.rate.per;
        let (quantity, least) = self.at_least(meter, quantity);
        let amount = exact::mul(quantity, rate).and_then(|product| exact::div_power_of_ten(product, per));
        let common = if found.is_fee { None } else { self.common_note.as_deref() };
        let notes: Vec<&str> = [least.as_deref(), found.note.as_deref(), common].into_iter().flatten().collect();
        let note = (!notes.is_empty()).then(|| notes.join("; ").into());
        let (price_id, price_version) = (self.row.id.clone(), self.row.version);
        Ok(CostLine { meter: meter.clone(), quantity, rate, per, amount: amount?, price_id, price_version, note })
    }
    /// What is billed of a quantity: at least the row's minimum of it (metering rule 32).
    fn at_least(&self, meter: &Meter, quantity: Decimal) -> (Decimal, Option<String>) {
        match self.row.minimums.get(meter) {
            Some(minimum) if quantity < minimum.0 => (minimum.0, Some(format!("at least {} a request; {quantity} used", minimum.0.normalize()))),
            _ => (quantity, None),
        }
    }
    fn close(mut self, usage: &Usage) -> Costed {
        self.flags.sort_unstable();
        self.flags.dedup();
        let status = match (self.complete, usage.is_estimated()) {
            (false, _) => CostStatus::Unpriced,
            (true, true) => CostStatus::Estimated,
            (true, false) => CostStatus::Priced,
        };
        let amount = self.complete.then_some(self.sum);
        let cost = Cost { currency: self.row.currency, amount, status, lines: self.lines };
        Costed { cost, flags: self.flags.into_iter().map(Text::from).collect() }
    }
}
