//! A percentage off: one credit line for each call, with the lines that it is about left as they are.

use rulekit::dates::Span;
use rulekit::sheet::{self, SHARE};
use rulekit::{Select, lines, money};
use weighbridge_plugin::pricing::{Problem, Rating, RatingInput, SheetInfo, Unseen};
use weighbridge_plugin::{Decimal, PluginError, PricingRule, register_pricing_rule};

const KEYS: [&str; 9] = ["currency", "percent", "description", "from", "until", "models", "providers", "tags", "meters"];

/// The rule with its sheet.
pub struct PercentageDiscount {
    currency: String,
    percent: Decimal,
    /// With the percentage.
    description: String,
    span: Span,
    select: Select,
}

register_pricing_rule!(PercentageDiscount);

impl PricingRule for PercentageDiscount {
    fn load(sheet: &str) -> Result<Self, Vec<Problem>> {
        sheet::read(sheet, "percentage-discount", "{\"percent\": \"10\"}", &KEYS, |sheet| {
            let percent = sheet.required("percent", &SHARE, "the percentage off, such as \"10\"");
            Self {
                currency: sheet.currency(),
                percent,
                description: format!("{} {percent} %", sheet.text("description").unwrap_or("discount")),
                span: Span::read(sheet),
                select: Select::read(sheet),
            }
        })
    }
    fn info(&self) -> SheetInfo {
        SheetInfo { currency: self.currency.clone(), dimensions: self.select.dimensions(), ..SheetInfo::default() }
            .without(Unseen::Quantities)
            .without(Unseen::CostBehindOthers)
    }
    fn rate(&self, mut input: RatingInput) -> Result<Rating, PluginError> {
        lines::same_currency(&input, &self.currency)?;
        let mut items = lines::taken(&mut input);
        let base = lines::selected(&items, &self.select, &input.usage)?;
        if self.span.holds(input.usage.occurred_at) && base > Decimal::ZERO {
            let off = money::percent(base, self.percent)?.normalize();
            items.push(lines::single(self.description.clone(), "discounts", -off));
        }
        Ok(Rating { items, contributions: Vec::new() })
    }
}

#[cfg(test)]
mod tests;
