//! An allowance: the first so many units of a period are included, what comes after them costs what the rules before say.

use rulekit::counter::{self, Counter};
use rulekit::sheet::{self, QUANTITY};
use rulekit::{Select, lines, money};
use weighbridge_plugin::pricing::{LineItem, Problem, Rating, RatingInput, SheetInfo, Unseen};
use weighbridge_plugin::{Decimal, PluginError, PricingRule, meter, register_pricing_rule};

const KEYS: [&str; 10] = ["currency", "quantity", "models", "providers", "tags", "meters", "name", "window", "term", "apart_by"];

/// The rule with its sheet.
pub struct IncludedAllowance {
    currency: String,
    quantity: Decimal,
    select: Select,
    used: Counter,
}

register_pricing_rule!(IncludedAllowance);

impl PricingRule for IncludedAllowance {
    fn load(sheet: &str) -> Result<Self, Vec<Problem>> {
        sheet::read(sheet, "included-allowance", "{\"quantity\": 1000000, \"meters\": \"tokens\"}", &KEYS, |sheet| {
            let select = Select::read(sheet);
            if !sheet.has("meters") {
                sheet.problem("meters", "is missing: write what is included, such as \"tokens\": tokens, calls and images do not add up");
            }
            Self {
                currency: sheet.currency(),
                quantity: sheet.required("quantity", &QUANTITY, "how many units are included, such as 1000000"),
                used: Counter::read(sheet, select.counted(), &counter::WINDOWS),
                select,
            }
        })
    }
    fn info(&self) -> SheetInfo {
        let aggregates = vec![self.used.0.clone()];
        SheetInfo { currency: self.currency.clone(), aggregates, dimensions: self.select.dimensions(), ..SheetInfo::default() }
            .without(Unseen::Quantities)
            .without(Unseen::CostBehindOthers)
    }
    fn rate(&self, mut input: RatingInput) -> Result<Rating, PluginError> {
        lines::same_currency(&input, &self.currency)?;
        let selected = self.used.holds(input.usage.occurred_at) && self.select.call(&input.usage);
        let items = lines::taken(&mut input);
        let before = self.used.before(&input)?.quantity;
        let all = if selected { money::sub(self.quantity, before)?.max(Decimal::ZERO) } else { Decimal::ZERO };
        let (mut left, mut worth, mut split) = (all, Decimal::ZERO, Vec::with_capacity(items.len() + 1));
        for line in items {
            let covered = if self.is_of_units(&line) { left.min(line.quantity) } else { Decimal::ZERO };
            if covered.is_zero() {
                split.push(line);
                continue;
            }
            left = money::sub(left, covered)?;
            worth = money::add(worth, lines::part(&line, covered)?)?;
            include(line, covered, &mut split)?;
        }
        let used = money::sub(all, left)?;
        let contributions = if used.is_zero() { Vec::new() } else { vec![self.used.adds(used, worth)] };
        Ok(Rating { items: split, contributions })
    }
}

impl IncludedAllowance {
    /// Whether a line is of a selected meter and in its unit: packages and fees are not.
    fn is_of_units(&self, line: &LineItem) -> bool {
        !line.meter.is_empty() && !line.credit && self.select.meter(&line.meter) && line.unit == meter::unit(&line.meter)
    }
}

/// The included part of a line, at nothing, and what is left of it.
fn include(line: LineItem, covered: Decimal, into: &mut Vec<LineItem>) -> Result<(), PluginError> {
    let description = [&line.description, " (included)"].concat();
    let free = LineItem { description, quantity: covered, unit_price: Decimal::ZERO, amount: Decimal::ZERO, ..line.clone() };
    into.push(free);
    let rest = money::sub(line.quantity, covered)?;
    if !rest.is_zero() {
        let amount = money::sub(line.amount, lines::part(&line, covered)?)?.normalize();
        into.push(LineItem { quantity: rest, amount, ..line });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
