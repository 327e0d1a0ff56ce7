//! A prepaid commitment: charges are drawn from what was paid beforehand; what is above it is overage.

use rulekit::counter::{self, Counter};
use rulekit::sheet::{self, AMOUNT, MARKUP};
use rulekit::{Select, lines, money};
use weighbridge_plugin::pricing::{Problem, Rating, RatingInput, SheetInfo, Unseen};
use weighbridge_plugin::{Decimal, PluginError, PricingRule, register_pricing_rule};

const KEYS: [&str; 10] = ["currency", "amount", "overage_percent", "name", "window", "term", "models", "providers", "tags", "meters"];

/// The rule with its sheet.
pub struct PrepaidCommit {
    currency: String,
    amount: Decimal,
    /// On top of what is above the amount.
    overage: Decimal,
    select: Select,
    drawn: Counter,
}

register_pricing_rule!(PrepaidCommit);

impl PricingRule for PrepaidCommit {
    fn load(sheet: &str) -> Result<Self, Vec<Problem>> {
        sheet::read(sheet, "prepaid-commit", "{\"amount\": \"1000\"}", &KEYS, |sheet| Self {
            currency: sheet.currency(),
            amount: sheet.required("amount", &AMOUNT, "what was paid beforehand, such as \"1000\""),
            overage: sheet.number("overage_percent", &MARKUP).unwrap_or_default(),
            select: Select::read(sheet),
            drawn: Counter::read(sheet, String::new(), &counter::WINDOWS),
        })
    }
    fn info(&self) -> SheetInfo {
        let aggregates = vec![self.drawn.0.clone()];
        SheetInfo { currency: self.currency.clone(), aggregates, dimensions: self.select.dimensions(), ..SheetInfo::default() }
            .without(Unseen::Quantities)
            .without(Unseen::CostBehindOthers)
    }
    fn rate(&self, mut input: RatingInput) -> Result<Rating, PluginError> {
        lines::same_currency(&input, &self.currency)?;
        let mut items = lines::taken(&mut input);
        let sum = lines::selected(&items, &self.select, &input.usage)?;
        if sum <= Decimal::ZERO || !self.drawn.holds(input.usage.occurred_at) {
            return Ok(Rating { items, contributions: Vec::new() });
        }
        let left = money::sub(self.amount, self.drawn.before(&input)?.amount)?.max(Decimal::ZERO);
        let covered = sum.min(left);
        let mut contributions = Vec::new();
        if !covered.is_zero() {
            let paid = format!("{}: paid beforehand for {}", self.drawn.0.name, self.drawn.over());
            items.push(lines::single(paid, "credits", -covered.normalize()));
            contributions.push(self.drawn.adds(Decimal::ZERO, covered));
        }
        let above = money::percent(money::sub(sum, covered)?, self.overage)?.normalize();
        if !above.is_zero() {
            let sign = if money::is_negative(self.overage) { "−" } else { "+" };
            items.push(lines::single(format!("{}: overage {sign} {} %", self.drawn.0.name, self.overage.abs()), "overages", above));
        }
        Ok(Rating { items, contributions })
    }
}

#[cfg(test)]
mod tests;
