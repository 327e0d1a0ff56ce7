//! A price list of one's own: each quantity at the price that the sheet has for its model and meter.

use rulekit::{Others, PriceList, lines, sheet};
use weighbridge_plugin::pricing::{Problem, Rating, RatingInput, SheetInfo};
use weighbridge_plugin::{PluginError, PricingRule, register_pricing_rule};

const KEYS: [&str; 4] = ["currency", "per", "prices", "others"];
const EXAMPLE: &str = "{\"prices\": {\"acme/large\": {\"input\": \"2.50\", \"output\": \"10\"}}}";

/// The rule with its sheet.
pub struct PerToken {
    currency: String,
    prices: PriceList,
    others: Others,
}

register_pricing_rule!(PerToken);

impl PricingRule for PerToken {
    fn load(sheet: &str) -> Result<Self, Vec<Problem>> {
        sheet::read(sheet, "per-token", EXAMPLE, &KEYS, |sheet| Self {
            currency: sheet.currency(),
            prices: PriceList::read(sheet),
            others: Others::read(sheet),
        })
    }
    fn info(&self) -> SheetInfo {
        self.others.info(SheetInfo { currency: self.currency.clone(), ..SheetInfo::default() })
    }
    fn rate(&self, input: RatingInput) -> Result<Rating, PluginError> {
        lines::same_currency(&input, &self.currency)?;
        let new = self.prices.lines(&input.usage, "")?;
        Ok(Rating { items: self.others.compose(input, |usage, name| self.prices.has(usage, name), new)?, contributions: Vec::new() })
    }
}

#[cfg(test)]
mod tests;
