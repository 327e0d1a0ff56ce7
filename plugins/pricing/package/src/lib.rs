//! Packages: blocks of units, each paid in full once it is begun, or once it is used up.

use rulekit::counter::{self, Counter};
use rulekit::sheet::{self, PRICE, QUANTITY};
use rulekit::{Others, Select, lines, money};
use weighbridge_plugin::pricing::{LineItem, Problem, Rating, RatingInput, SheetInfo};
use weighbridge_plugin::{Decimal, PluginError, PricingRule, register_pricing_rule};

const KEYS: [&str; 13] = ["currency", "size", "price", "charged", "others", "models", "providers", "tags", "meters", "name", "window", "term", "apart_by"];

/// The rule with its sheet.
pub struct Package {
    currency: String,
    size: Decimal,
    price: Decimal,
    charged: Charged,
    select: Select,
    counter: Counter,
    others: Others,
}

/// When a package is charged.
#[derive(Clone, Copy, PartialEq)]
enum Charged {
    Begun,
    Full,
}

register_pricing_rule!(Package);

impl PricingRule for Package {
    fn load(sheet: &str) -> Result<Self, Vec<Problem>> {
        sheet::read(sheet, "package", "{\"size\": 1000000, \"price\": \"5\", \"meters\": \"tokens\"}", &KEYS, |sheet| {
            let select = Select::read(sheet);
            Self {
                currency: sheet.currency(),
                size: sheet.required("size", &QUANTITY, "how many units a package has, such as 1000000"),
                price: sheet.required("price", &PRICE, "the price of a package, such as \"5\""),
                charged: sheet.choice("charged", &[("begun", Charged::Begun), ("full", Charged::Full)]),
                counter: Counter::read(sheet, select.counted(), &counter::WINDOWS),
                others: Others::read(sheet),
                select,
            }
        })
    }
    fn info(&self) -> SheetInfo {
        let aggregates = vec![self.counter.0.clone()];
        self.others.info(SheetInfo { currency: self.currency.clone(), aggregates, dimensions: self.select.dimensions(), ..SheetInfo::default() })
    }
    fn rate(&self, input: RatingInput) -> Result<Rating, PluginError> {
        lines::same_currency(&input, &self.currency)?;
        let selected = self.counter.holds(input.usage.occurred_at) && self.select.quantities(&input.usage).next().is_some();
        if !selected {
            return Ok(Rating { items: self.others.compose(input, |_, _| false, Vec::new())?, contributions: Vec::new() });
        }
        let quantity = self.select.quantities(&input.usage).try_fold(Decimal::ZERO, |sum, consumed| money::add(sum, consumed.value))?;
        let before = self.counter.before(&input)?.quantity;
        let packages = money::sub(self.packages(money::add(before, quantity)?)?, self.packages(before)?)?;
        let line = self.line(packages)?;
        let contributions = vec![self.counter.adds(quantity, line.amount)];
        Ok(Rating { items: self.others.compose(input, |_, name| self.select.meter(name), vec![line])?, contributions })
    }
}

impl Package {
    /// How many packages so many units make.
    fn packages(&self, units: Decimal) -> Result<Decimal, PluginError> {
        let rest = units.checked_rem(self.size).ok_or_else(|| PluginError::invalid_input(format!("{units} cannot be divided by {}", self.size)))?;
        let full = money::ratio(money::sub(units, rest)?, Decimal::ONE, self.size)?;
        if self.charged == Charged::Begun && !rest.is_zero() { money::add(full, Decimal::ONE) } else { Ok(full) }
    }
    fn line(&self, packages: Decimal) -> Result<LineItem, PluginError> {
        let counted = self.select.counted();
        Ok(LineItem {
            meter: if counted == "*" { String::new() } else { counted },
            description: format!("packages of {} {}", self.size, self.select.unit()),
            quantity: packages.normalize(),
            unit: "packages".into(),
            unit_price: self.price,
            amount: money::mul(packages, self.price)?.normalize(),
            credit: false,
        })
    }
}

#[cfg(test)]
mod tests;
