//! A price list: by model, then by meter.

use weighbridge_plugin::pricing::{LineItem, Usage};
use weighbridge_plugin::{Decimal, PluginError, meter};

use crate::lines;
use crate::money::{self, Price};
use crate::names::Names;
use crate::select::{is_billed, is_meter};
use crate::sheet::Table;

const EXAMPLE: &str = "{ \"acme/large\" = { input = \"2.50\", output = \"10\" } }";

/// Prices by model, then by meter.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PriceList(Names<Names<Price>>);

impl PriceList {
    /// Reads `prices`, which must be there, and `per`: how many tokens a price is for, a million if it is not given.
    pub fn read(sheet: &Table<'_>) -> Self {
        let per = if sheet.has("per") { money::per(sheet) } else { Decimal::from(1_000_000) };
        Self(prices(sheet, per))
    }
    /// Whether it has a price for a meter of a call's model.
    pub fn has(&self, usage: &Usage, name: &str) -> bool {
        self.of(usage).is_some_and(|list| price_of(list, name).is_some())
    }
    /// The lines of the quantities that it has a price for; `by` follows the meter's name.
    pub fn lines(&self, usage: &Usage, by: &str) -> Result<Vec<LineItem>, PluginError> {
        let Some(list) = self.of(usage) else { return Ok(Vec::new()) };
        let priced = usage.quantities.iter().filter_map(|consumed| Some((consumed, price_of(list, &consumed.meter)?)));
        priced.map(|(consumed, (price, note))| lines::priced(&consumed.meter, &[by, note].concat(), consumed.value, price)).collect()
    }
    fn of(&self, usage: &Usage) -> Option<&Names<Price>> {
        self.0.of_model(&usage.provider, &usage.model)
    }
}

/// The price of a meter, or of the kind of token that it is a kind of, which the line then says. A pattern is for tokens only:
/// calls, images and seconds have other units.
fn price_of<'a>(list: &'a Names<Price>, name: &str) -> Option<(&'a Price, &'static str)> {
    if meter::unit(name) != "tokens" || !is_billed(name) {
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
