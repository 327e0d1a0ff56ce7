//! The sheet: which margin is whose. `sheet.schema.json` says the same for editors.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use weighbridge_plugin::pricing::Problem;

use crate::margin::Margin;

const KEYS: [&str; 6] = ["rule", "currency", "markup_percent", "per_model", "per_provider", "per_meter"];

/// Margins, the most specific first: model, provider, meter, and the one for all.
#[derive(Debug, PartialEq)]
pub(crate) struct Sheet {
    /// What the sheet charges in.
    pub(crate) currency: String,
    markup: Margin,
    /// By `provider/model` or `model`.
    per_model: BTreeMap<String, Margin>,
    per_provider: BTreeMap<String, Margin>,
    per_meter: BTreeMap<String, Margin>,
}

/// The margins of one call.
pub(crate) enum Margins<'a> {
    /// One for every line.
    Same(&'a Margin),
    /// By the line's meter.
    ByMeter(&'a Sheet),
}

impl Margins<'_> {
    pub(crate) fn of(&self, meter: &str) -> &Margin {
        match self {
            Margins::Same(margin) => margin,
            Margins::ByMeter(sheet) => sheet.per_meter.get(meter).unwrap_or(&sheet.markup),
        }
    }
}

impl Sheet {
    /// The margins for a model of a provider.
    pub(crate) fn margins(&self, provider: &str, model: &str) -> Margins<'_> {
        let qualified = || self.per_model.get(&[provider, "/", model].concat());
        let of_model = if self.per_model.is_empty() { None } else { qualified().or_else(|| self.per_model.get(model)) };
        of_model.or_else(|| self.per_provider.get(provider)).map_or(Margins::ByMeter(self), Margins::Same)
    }

    /// Reads a sheet; every problem at once.
    pub(crate) fn read(json: &str) -> Result<Self, Vec<Problem>> {
        let sheet = match serde_json::from_str(json) {
            Ok(Value::Object(sheet)) => sheet,
            Ok(_) => return Err(vec![Problem::new("sheet", "expected a JSON object such as {\"markup_percent\": \"30\"}")]),
            Err(error) => return Err(vec![Problem::new("sheet", format!("expected a JSON object: {error}"))]),
        };
        let mut problems = Vec::new();
        for key in sheet.keys().filter(|key| !KEYS.contains(&key.as_str())) {
            problems.push(Problem::new(key, format!("unknown key; expected one of {}", KEYS.join(", "))));
        }
        rule(&sheet, &mut problems);
        let read = Self {
            currency: currency(&sheet, &mut problems),
            markup: markup(&sheet, &mut problems),
            per_model: table(&sheet, "per_model", &mut problems),
            per_provider: table(&sheet, "per_provider", &mut problems),
            per_meter: table(&sheet, "per_meter", &mut problems),
        };
        if problems.is_empty() { Ok(read) } else { Err(problems) }
    }
}

fn rule(sheet: &Map<String, Value>, problems: &mut Vec<Problem>) {
    if sheet.get("rule").is_some_and(|rule| rule != "cost-plus") {
        problems.push(Problem::new("rule", "expected \"cost-plus\": this sheet is for another rule"));
    }
}

fn currency(sheet: &Map<String, Value>, problems: &mut Vec<Problem>) -> String {
    match sheet.get("currency") {
        None => "USD".into(),
        Some(Value::String(code)) if code.len() == 3 && code.bytes().all(|b| b.is_ascii_uppercase()) => code.clone(),
        Some(_) => {
            problems.push(Problem::new("currency", "expected a currency code such as \"USD\""));
            String::new()
        }
    }
}

fn markup(sheet: &Map<String, Value>, problems: &mut Vec<Problem>) -> Margin {
    let percent = sheet.get("markup_percent").ok_or_else(|| "is missing: write the percentage on top of cost, such as \"30\"".to_owned());
    percent.and_then(margin).unwrap_or_else(|message| {
        problems.push(Problem::new("markup_percent", message));
        none()
    })
}

fn table(sheet: &Map<String, Value>, key: &str, problems: &mut Vec<Problem>) -> BTreeMap<String, Margin> {
    let entries = match sheet.get(key) {
        None => return BTreeMap::new(),
        Some(Value::Object(entries)) => entries,
        Some(_) => {
            problems.push(Problem::new(key, "expected a table of names and percentages, such as { \"acme/large\" = \"20\" }"));
            return BTreeMap::new();
        }
    };
    let mut margins = BTreeMap::new();
    for (name, value) in entries {
        match margin(value) {
            Ok(margin) => drop(margins.insert(name.clone(), margin)),
            Err(message) => problems.push(Problem::new(format!("{key}[{name:?}]"), message)),
        }
    }
    margins
}

fn margin(value: &Value) -> Result<Margin, String> {
    match value {
        Value::String(text) => Margin::of_percent(text),
        Value::Number(number) if number.is_i64() || number.is_u64() => Margin::of_percent(&number.to_string()),
        // A JSON number with a point would pass through a float on its way here.
        Value::Number(number) => Err(format!("write {number} as a string, \"{number}\": numbers with a point are not exact")),
        _ => Err("expected a percentage such as \"30\" or 30".into()),
    }
}

fn none() -> Margin {
    Margin { factor: weighbridge_plugin::Decimal::ONE, at_cost: String::new(), on_top: String::new() }
}
