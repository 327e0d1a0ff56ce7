//! A price for every call, beside the lines so far or instead of them.

use rulekit::sheet::{self, PRICE};
use rulekit::{Select, lines};
use weighbridge_plugin::pricing::{Problem, Rating, RatingInput, SheetInfo, Unseen};
use weighbridge_plugin::{Decimal, PluginError, PricingRule, register_pricing_rule};

const KEYS: [&str; 7] = ["currency", "price", "instead", "description", "models", "providers", "tags"];

/// The rule with its sheet.
pub struct PerRequest {
    currency: String,
    price: Decimal,
    /// The call's price takes the place of every line so far.
    instead: bool,
    description: String,
    calls: Select,
}

register_pricing_rule!(PerRequest);

impl PricingRule for PerRequest {
    fn load(sheet: &str) -> Result<Self, Vec<Problem>> {
        sheet::read(sheet, "per-request", "{\"price\": \"0.01\"}", &KEYS, |sheet| Self {
            currency: sheet.currency(),
            price: sheet.required("price", &PRICE, "the price of a call, such as \"0.01\""),
            instead: sheet.flag("instead"),
            description: sheet.text("description").unwrap_or("per request").into(),
            calls: Select::calls(sheet),
        })
    }
    fn info(&self) -> SheetInfo {
        SheetInfo { currency: self.currency.clone(), dimensions: self.calls.dimensions(), ..SheetInfo::default() }
            .without(Unseen::Quantities)
            .without(Unseen::Cost)
    }
    fn rate(&self, input: RatingInput) -> Result<Rating, PluginError> {
        lines::same_currency(&input, &self.currency)?;
        let selected = self.calls.call(&input.usage);
        let mut items = if selected && self.instead { Vec::new() } else { input.so_far };
        if selected {
            items.push(lines::single(self.description.clone(), "calls", self.price));
        }
        Ok(Rating { items, contributions: Vec::new() })
    }
}

#[cfg(test)]
mod tests;
