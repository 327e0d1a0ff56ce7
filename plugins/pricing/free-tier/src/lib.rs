//! A free tier: so many calls of a period, or its first charges up to an amount, are free.

use rulekit::counter::Counter;
use rulekit::sheet::{self, AMOUNT, QUANTITY};
use rulekit::{Select, lines, money};
use weighbridge_plugin::pricing::{LineItem, Problem, Rating, RatingInput, SheetInfo, Unseen, Window};
use weighbridge_plugin::{Decimal, PluginError, PricingRule, register_pricing_rule};

const KEYS: [&str; 8] = ["currency", "requests", "amount", "name", "window", "models", "providers", "tags"];

const WINDOWS: [(&str, Window); 4] =
    [("month", Window::Month), ("day", Window::Day), ("billing-period", Window::BillingPeriod), ("lifetime", Window::Lifetime)];

/// The rule with its sheet.
pub struct FreeTier {
    currency: String,
    free: Free,
    calls: Select,
    used: Counter,
}

enum Free {
    Requests(Decimal),
    Amount(Decimal),
}

register_pricing_rule!(FreeTier);

impl PricingRule for FreeTier {
    fn load(sheet: &str) -> Result<Self, Vec<Problem>> {
        sheet::read(sheet, "free-tier", "{\"requests\": 100, \"window\": \"day\"}", &KEYS, |sheet| {
            match (sheet.has("requests"), sheet.has("amount")) {
                (true, true) => sheet.problem("amount", "there are requests as well: write one of them, and another free-tier for the other"),
                (false, false) => sheet.problem("requests", "is missing: write how many calls are free, such as 100, or an amount"),
                _ => {}
            }
            let amount = sheet.number("amount", &AMOUNT).map(Free::Amount);
            let requests = sheet.number("requests", &QUANTITY).map(Free::Requests);
            let name = sheet.text("name").unwrap_or("free");
            Self {
                currency: sheet.currency(),
                free: requests.or(amount).unwrap_or(Free::Amount(Decimal::ZERO)),
                used: Counter::of_amount(name, sheet.choice("window", &WINDOWS), Vec::new()),
                calls: Select::calls(sheet),
            }
        })
    }
    fn info(&self) -> SheetInfo {
        let mut used = self.used.0.clone();
        if matches!(self.free, Free::Requests(_)) {
            used.meter = "requests".into();
        }
        SheetInfo { currency: self.currency.clone(), aggregates: vec![used], dimensions: self.calls.dimensions(), ..SheetInfo::default() }
            .without(Unseen::Quantities)
            .without(Unseen::CostBehindOthers)
    }
    fn rate(&self, mut input: RatingInput) -> Result<Rating, PluginError> {
        lines::same_currency(&input, &self.currency)?;
        let mut items = lines::taken(&mut input);
        let before = self.used.before(&input)?;
        let sum = lines::selected(&items, &self.calls, &input.usage)?;
        let mut contributions = Vec::new();
        match self.free {
            Free::Requests(requests) if self.calls.call(&input.usage) && before.quantity < requests => {
                items = items.into_iter().map(free).collect();
                contributions.push(self.used.adds(Decimal::ONE, sum));
            }
            Free::Amount(amount) => {
                let off = sum.min(money::sub(amount, before.amount)?);
                if off > Decimal::ZERO {
                    items.push(lines::single(format!("free tier of {amount}"), "credits", -off.normalize()));
                    contributions.push(self.used.adds(Decimal::ZERO, off));
                }
            }
            Free::Requests(_) => {}
        }
        Ok(Rating { items, contributions })
    }
}

/// The same line at nothing.
fn free(line: LineItem) -> LineItem {
    let description = [&line.description, " (free tier)"].concat();
    LineItem { description, unit_price: Decimal::ZERO, amount: Decimal::ZERO, credit: false, ..line }
}

#[cfg(test)]
mod tests;
