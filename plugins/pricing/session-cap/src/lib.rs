//! A cap: a session, a workflow or another unit of work never costs more than an amount.

use rulekit::counter::Counter;
use rulekit::select::dimension_of;
use rulekit::sheet::{self, AMOUNT, Table};
use rulekit::{Select, lines, money};
use weighbridge_plugin::pricing::{Problem, Rating, RatingInput, SheetInfo, Unseen, Window};
use weighbridge_plugin::{Decimal, PluginError, PricingRule, register_pricing_rule};

const KEYS: [&str; 8] = ["currency", "amount", "by", "window", "name", "models", "providers", "tags"];
const WINDOWS: [(&str, Window); 4] =
    [("lifetime", Window::Lifetime), ("day", Window::Day), ("month", Window::Month), ("billing-period", Window::BillingPeriod)];

/// The rule with its sheet.
pub struct SessionCap {
    currency: String,
    amount: Decimal,
    /// The dimension.
    by: String,
    calls: Select,
    charged: Counter,
}

register_pricing_rule!(SessionCap);

impl PricingRule for SessionCap {
    fn load(sheet: &str) -> Result<Self, Vec<Problem>> {
        sheet::read(sheet, "session-cap", "{\"amount\": \"0.50\", \"by\": \"workflow\"}", &KEYS, |sheet| {
            let by = by(sheet);
            let name = sheet.text("name").map_or_else(|| [&by, " cap"].concat(), Into::into);
            Self {
                currency: sheet.currency(),
                amount: sheet.required("amount", &AMOUNT, "what it costs at most, such as \"0.50\""),
                charged: Counter::of_amount(&name, sheet.choice("window", &WINDOWS), vec![by.clone()]),
                calls: Select::calls(sheet),
                by,
            }
        })
    }
    fn info(&self) -> SheetInfo {
        let mut dimensions = self.calls.dimensions();
        if !dimensions.contains(&self.by) {
            dimensions.push(self.by.clone());
        }
        SheetInfo { currency: self.currency.clone(), aggregates: vec![self.charged.0.clone()], dimensions, ..SheetInfo::default() }
            .without(Unseen::Quantities)
            .without(Unseen::CostBehindOthers)
    }
    fn rate(&self, mut input: RatingInput) -> Result<Rating, PluginError> {
        lines::same_currency(&input, &self.currency)?;
        let mut items = lines::taken(&mut input);
        if !self.calls.call(&input.usage) || dimension_of(&input.usage, &self.by).is_none() {
            return Ok(Rating { items, contributions: Vec::new() });
        }
        let sum = lines::sum(&items)?;
        let room = money::sub(self.amount, self.charged.before(&input)?.amount)?.max(Decimal::ZERO);
        let charged = sum.min(room);
        let above = money::sub(sum, charged)?.normalize();
        if !above.is_zero() {
            items.push(lines::single(format!("{} of {}", self.charged.0.name, self.amount), "credits", -above));
        }
        Ok(Rating { items, contributions: vec![self.charged.adds(Decimal::ZERO, charged)] })
    }
}

fn by(sheet: &Table<'_>) -> String {
    let by = sheet.text("by").unwrap_or("session");
    let known = ["session", "workflow", "step", "key"].contains(&by) || by.strip_prefix("tag.").is_some_and(|tag| !tag.is_empty());
    if !known {
        sheet.problem("by", format!("{by:?} is not one of session, workflow, step, key, tag.<name>"));
    }
    by.to_owned()
}

#[cfg(test)]
mod tests;
