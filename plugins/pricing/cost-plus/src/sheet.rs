//! The sheet: which terms are whose. `sheet.schema.json` says the same for editors.

use rulekit::Names;
use rulekit::select::dimension_of;
use rulekit::sheet::{self, PRICE, Table};
use weighbridge_plugin::Decimal;
use weighbridge_plugin::pricing::{Problem, Usage};

use crate::terms::Terms;

const KEYS: [&str; 10] = ["currency", "markup_percent", "margin_percent", "add", "per", "add_per_call", "per_tag", "per_model", "per_provider", "per_meter"];

/// Terms, the most specific first: tag, model, provider, meter, and the ones for all.
#[derive(Debug, PartialEq)]
pub(crate) struct Sheet {
    /// What the sheet charges in.
    pub(crate) currency: String,
    /// One line more for every call.
    pub(crate) add_per_call: Option<Decimal>,
    terms: Terms,
    /// By the dimension of a tag, then by its value.
    per_tag: Vec<(String, Names<Terms>)>,
    /// By `provider/model` or `model`.
    per_model: Names<Terms>,
    per_provider: Names<Terms>,
    per_meter: Names<Terms>,
}

/// The terms of one call.
pub(crate) enum TermsOf<'a> {
    /// The same for every line.
    Call(&'a Terms),
    /// By the line's meter.
    Meter(&'a Sheet),
}

impl TermsOf<'_> {
    pub(crate) fn meter(&self, meter: &str) -> &Terms {
        match self {
            TermsOf::Call(terms) => terms,
            TermsOf::Meter(sheet) => sheet.per_meter.get(meter).unwrap_or(&sheet.terms),
        }
    }
}

impl Sheet {
    /// The terms for a call.
    pub(crate) fn terms(&self, usage: &Usage) -> TermsOf<'_> {
        let of_tag = self.per_tag.iter().find_map(|(dimension, values)| values.get(dimension_of(usage, dimension)?));
        let of_call = of_tag.or_else(|| self.per_model.of_model(&usage.provider, &usage.model)).or_else(|| self.per_provider.get(&usage.provider));
        of_call.map_or(TermsOf::Meter(self), TermsOf::Call)
    }
    /// The tags that it looks at.
    pub(crate) fn dimensions(&self) -> Vec<String> {
        self.per_tag.iter().map(|(dimension, _)| dimension.clone()).collect()
    }
    /// Reads a sheet; every problem at once.
    pub(crate) fn read(json: &str) -> Result<Self, Vec<Problem>> {
        sheet::read(json, "cost-plus", "{\"markup_percent\": \"30\"}", &KEYS, |sheet| Self {
            currency: sheet.currency(),
            terms: Terms::of_keys(sheet),
            add_per_call: sheet.number("add_per_call", &PRICE).filter(|price| !price.is_zero()),
            per_tag: per_tag(sheet),
            per_model: named(sheet, "per_model"),
            per_provider: named(sheet, "per_provider"),
            per_meter: named(sheet, "per_meter"),
        })
    }
}

fn per_tag(sheet: &Table<'_>) -> Vec<(String, Names<Terms>)> {
    let Some(tags) = sheet.table("per_tag", "{ team = { research = \"10\" } }") else { return Vec::new() };
    let values = |name: &String, value| tags.table_of(tags.path_of_name(name), value, "{ research = \"10\" }").map(|values| terms(&values));
    tags.entries().filter_map(|(name, value)| Some((["tag.", name].concat(), values(name, value)?))).collect()
}

fn named(sheet: &Table<'_>, key: &str) -> Names<Terms> {
    match sheet.get(key) {
        None => Names::default(),
        Some(value) if value.is_object() => sheet.table(key, "").map(|table| terms(&table)).unwrap_or_default(),
        Some(_) => {
            sheet.problem(key, "expected a table of names and percentages, such as { \"acme/large\" = \"20\" }");
            Names::default()
        }
    }
}

fn terms(table: &Table<'_>) -> Names<Terms> {
    table.entries().map(|(name, value)| (name.clone(), Terms::read(table, table.path_of_name(name), value))).collect()
}
