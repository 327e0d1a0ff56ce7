//! A minimum commitment: the charges of a period are summed, and its close adds what is missing.

use rulekit::counter::{self, Counter};
use rulekit::sheet::{self, AMOUNT};
use rulekit::{Select, lines, money};
use weighbridge_plugin::pricing::{Aggregate, LineItem, PeriodInput, Problem, Rating, RatingInput, SheetInfo, Unseen};
use weighbridge_plugin::{Decimal, PluginError, PricingRule, register_pricing_rule};

const KEYS: [&str; 9] = ["currency", "amount", "name", "window", "term", "models", "providers", "tags", "meters"];

/// The rule with its sheet.
pub struct MinimumCommitment {
    currency: String,
    amount: Decimal,
    select: Select,
    charged: Counter,
}

register_pricing_rule!(MinimumCommitment);

impl PricingRule for MinimumCommitment {
    fn load(sheet: &str) -> Result<Self, Vec<Problem>> {
        sheet::read(sheet, "minimum-commitment", "{\"amount\": \"1000\"}", &KEYS, |sheet| Self {
            currency: sheet.currency(),
            amount: sheet.required("amount", &AMOUNT, "what the period costs at least, such as \"1000\""),
            select: Select::read(sheet),
            charged: Counter::read(sheet, String::new(), &counter::SETTLED),
        })
    }
    fn info(&self) -> SheetInfo {
        let aggregates = vec![self.charged.0.clone()];
        SheetInfo { currency: self.currency.clone(), aggregates, dimensions: self.select.dimensions(), ..SheetInfo::default() }
            .without(Unseen::Quantities)
            .without(Unseen::CostBehindOthers)
    }
    fn rate(&self, mut input: RatingInput) -> Result<Rating, PluginError> {
        lines::same_currency(&input, &self.currency)?;
        let items = lines::taken(&mut input);
        let sum = lines::selected(&items, &self.select, &input.usage)?;
        let counts = self.charged.holds(input.usage.occurred_at) && !sum.is_zero();
        Ok(Rating { items, contributions: if counts { vec![self.charged.adds(Decimal::ZERO, sum)] } else { Vec::new() } })
    }
    fn close_period(&self, period: PeriodInput) -> Result<Vec<LineItem>, PluginError> {
        if !self.charged.settles(&period) {
            return Ok(Vec::new());
        }
        let none = Aggregate::default();
        let charged = self.charged.at_end(&period).next().unwrap_or(&none).amount;
        let missing = money::sub(self.amount, charged)?;
        if missing <= Decimal::ZERO {
            return Ok(Vec::new());
        }
        let (name, over) = (&self.charged.0.name, self.charged.over());
        let explained = format!("{name}: {} in {over}, of which {} was charged", self.amount, charged.normalize());
        Ok(vec![lines::single(explained, "commitments", missing.normalize())])
    }
}

#[cfg(test)]
mod tests;
