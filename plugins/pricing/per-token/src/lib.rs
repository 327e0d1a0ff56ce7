//! A price list of one's own: each quantity at the price that the sheet has for its model and meter.

use rulekit::select::is_meter;
use rulekit::sheet::{self, Table};
use rulekit::{Names, Others, Price, lines, money};
use weighbridge_plugin::pricing::{Problem, Rating, RatingInput, SheetInfo};
use weighbridge_plugin::{Decimal, PluginError, PricingRule, meter, register_pricing_rule};

const KEYS: [&str; 4] = ["currency", "per", "prices", "others"];
const EXAMPLE: &str = "{ \"acme/large\" = { input = \"2.50\", output = \"10\" } }";

/// The rule with its sheet.
pub struct PerToken {
    currency: String,
    /// By model, then by meter.
    prices: Names<Names<Price>>,
    others: Others,
}

register_pricing_rule!(PerToken);

impl PricingRule for PerToken {
    fn load(sheet: &str) -> Result<Self, Vec<Problem>> {
        sheet::read(sheet, "per-token", "{\"prices\": {\"acme/large\": {\"input\": \"2.50\", \"output\": \"10\"}}}", &KEYS, |sheet| {
            let per = if sheet.has("per") { money::per(sheet) } else { Decimal::from(1_000_000) };
            Self { currency: sheet.currency(), prices: prices(sheet, per), others: Others::read(sheet) }
        })
    }
    fn info(&self) -> SheetInfo {
        SheetInfo { currency: self.currency.clone(), ..SheetInfo::default() }
    }
    fn rate(&self, input: RatingInput) -> Result<Rating, PluginError> {
        lines::same_currency(&input, &self.currency)?;
        let list = self.prices.of_model(&input.usage.provider, &input.usage.model);
        let price = |name: &str| list.and_then(|list| price_of(list, name));
        let quantities = input.usage.quantities.iter().filter_map(|consumed| Some((consumed, price(&consumed.meter)?)));
        let new = quantities.map(|(consumed, (price, note))| lines::priced(&consumed.meter, note, consumed.value, price)).collect::<Result<_, _>>()?;
        Ok(Rating { items: self.others.compose(input, |name| price(name).is_some(), new)?, contributions: Vec::new() })
    }
}

/// The price of a meter, or of the kind of token that it is a kind of, which the line then says. A pattern is for tokens only:
/// calls, images and seconds have other units.
fn price_of<'a>(list: &'a Names<Price>, name: &str) -> Option<(&'a Price, &'static str)> {
    if meter::unit(name) != "tokens" {
        return list.exact(name).map(|price| (price, ""));
    }
    let instead: &[(&str, &str)] = match name {
        "reasoning" => &[("output", " at the output price")],
        _ if name.starts_with("cache_read") => &[("cache_read", " at the cache read price"), ("input", " at the input price")],
        _ if name.starts_with("cache_write") => &[("cache_write", " at the cache write price"), ("input", " at the input price")],
        _ => &[],
    };
    let own = list.get(name).map(|price| (price, ""));
    own.or_else(|| instead.iter().find_map(|(name, note)| Some((list.exact(name)?, *note))))
}

fn prices(sheet: &Table<'_>, per: Decimal) -> Names<Names<Price>> {
    let Some(models) = sheet.table("prices", EXAMPLE) else {
        if !sheet.has("prices") {
            sheet.problem("prices", format!("is missing: write prices by model and meter, such as {EXAMPLE}"));
        }
        return Names::default();
    };
    let list = |name: &String, value| {
        let table = models.table_of(models.path_of_name(name), value, "{ input = \"2.50\", output = \"10\" }")?;
        Some((name.clone(), meters(&table, per)))
    };
    models.entries().filter_map(|(name, value)| list(name, value)).collect()
}

fn meters(table: &Table<'_>, per: Decimal) -> Names<Price> {
    let price = |name: &String, value| {
        let path = table.path_of(name);
        if !is_meter(name) {
            table.problem_at(path, "is not a meter's name such as \"input\" or \"cache_*\"");
            return None;
        }
        let tokens = name.contains('*') || meter::unit(name) == "tokens";
        Some((name.clone(), Price::read(table, path, value, if tokens { per } else { Decimal::ONE })))
    };
    table.entries().filter_map(|(name, value)| price(name, value)).collect()
}

#[cfg(test)]
mod tests;
