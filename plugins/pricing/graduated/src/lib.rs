//! Graduated tiers: each unit at the price of the tier in which it lies, counted in the order of commits.

use rulekit::counter::{self, Counter};
use rulekit::{Others, Select, Tiers, lines, money, sheet};
use weighbridge_plugin::pricing::{LineItem, Problem, Rating, RatingInput, SheetInfo};
use weighbridge_plugin::{Decimal, PluginError, PricingRule, register_pricing_rule};

const KEYS: [&str; 12] = ["currency", "tiers", "per", "others", "models", "providers", "tags", "meters", "name", "window", "term", "apart_by"];

/// The rule with its sheet.
pub struct Graduated {
    currency: String,
    tiers: Tiers,
    select: Select,
    counter: Counter,
    others: Others,
}

register_pricing_rule!(Graduated);

impl PricingRule for Graduated {
    fn load(sheet: &str) -> Result<Self, Vec<Problem>> {
        sheet::read(sheet, "graduated", "{\"per\": 1000000, \"tiers\": [{\"up_to\": 1000000, \"rate\": \"2.50\"}, {\"rate\": \"2\"}]}", &KEYS, |sheet| {
            let select = Select::read(sheet);
            let currency = sheet.currency();
            let per = money::per(sheet);
            let tiers = Tiers::read(sheet, per);
            let counter = Counter::read(sheet, select.counted(), &counter::WINDOWS);
            Self { currency, tiers, counter, others: Others::read(sheet), select }
        })
    }
    fn info(&self) -> SheetInfo {
        let aggregates = vec![self.counter.0.clone()];
        self.others.info(SheetInfo { currency: self.currency.clone(), aggregates, dimensions: self.select.dimensions(), ..SheetInfo::default() })
    }
    fn rate(&self, input: RatingInput) -> Result<Rating, PluginError> {
        lines::same_currency(&input, &self.currency)?;
        if !self.counter.holds(input.usage.occurred_at) {
            return Ok(Rating { items: self.others.compose(input, |_, _| false, Vec::new())?, contributions: Vec::new() });
        }
        let before = self.counter.before(&input)?.quantity;
        let mut position = before;
        let mut new = Vec::new();
        for consumed in self.select.quantities(&input.usage) {
            self.write(&consumed.meter, position, consumed.value, &mut new)?;
            position = money::add(position, consumed.value)?;
        }
        let called = self.select.call(&input.usage);
        let contributions = if new.is_empty() { Vec::new() } else { vec![self.counter.adds(money::sub(position, before)?, lines::sum(&new)?)] };
        Ok(Rating { items: self.others.compose(input, |_, name| called && self.select.meter(name), new)?, contributions })
    }
}

impl Graduated {
    /// The lines of a quantity that begins at a position.
    fn write(&self, meter: &str, position: Decimal, quantity: Decimal, lines: &mut Vec<LineItem>) -> Result<(), PluginError> {
        let too_many = || PluginError::invalid_input(format!("{position} plus {quantity} does not fit 28 decimals exactly"));
        for (tier, part) in self.tiers.split(position, quantity).ok_or_else(too_many)? {
            lines.push(lines::priced(meter, &tier.span, part, &tier.price)?);
            if !tier.flat.is_zero() && position <= tier.above {
                lines.push(lines::single(format!("reaching the tier{}", tier.span), "tiers", tier.flat));
            }
        }
        if quantity.is_zero()
            && let Some(tier) = self.tiers.at(position)
        {
            lines.push(lines::priced(meter, &tier.span, quantity, &tier.price)?);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
