//! LiteLLM's `model_prices_and_context_window` file. Its numbers are read by their text, never through a float.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
};

use serde_json::value::RawValue;
use weighbridge_domain::{Currency, Decimal, Meter, Text, exact};

use super::{
    Import, ImportError, ImportMap, ImportOptions, Quarantined, Skipped,
    fields::{self, Unit},
    map::{FormatMap, ProviderMap},
    shape::Prices,
};
use crate::{
    hours::{Clock, Hours},
    lint,
    row::{DEFAULT_TIER, Limits, Multiplier, PriceRow, PriceSource, Rate, Window},
};

const FORMAT: &str = "litellm";

/// Reads the file. Rows come out in the order of their ids, version 1, without times.
pub fn litellm(text: &str, options: &mut ImportOptions<'_>) -> Result<Import, ImportError> {
    let map = ImportMap::parse(options.map)?.format(FORMAT);
    let entries: BTreeMap<Cow<'_, str>, &RawValue> = serde_json::from_str(text).map_err(|e| ImportError::Syntax { format: FORMAT, message: e.to_string() })?;
    let total = entries.len();
    let mut import = Import::default();
    let mut by_id: HashMap<Text, usize> = HashMap::new();
    let mut implicit = Vec::new();
    for (done, (key, value)) in entries.into_iter().enumerate() {
        if let (0, Some(progress)) = (done % 100, &mut options.progress) {
            progress(done, total);
        }
        match Entry::read(&key, value, &map).and_then(|entry| Ok((entry.is_explicit(), entry.row(options.date)?))) {
            Ok((true, row)) => take(row, &key, &mut import, &mut by_id),
            Ok((false, row)) => implicit.push((row, key)),
            Err(reason) => import.skipped.push(Skipped { key: key.into_owned(), reason }),
        }
    }
    // Where the file has a model with its provider's name and without, the first is the one that is meant.
    for (row, key) in implicit {
        take(row, &key, &mut import, &mut by_id);
    }
    lint::sort_out(&mut import, options.confirmed, |row| map.providers.values().any(|p| p.free && p.book.as_ref() == Some(&row.provider)));
    if let Some(progress) = &mut options.progress {
        progress(total, total);
    }
    Ok(import)
}

/// Two entries may be one model in the book: the first one is taken, a second one must agree with it.
fn take(row: PriceRow, key: &str, import: &mut Import, by_id: &mut HashMap<Text, usize>) {
    match by_id.get(&row.id) {
        None => {
            by_id.insert(row.id.clone(), import.rows.len());
            import.rows.push(row);
        }
        Some(&first) if import.rows[first].same_price(&row) => {
            import.skipped.push(Skipped { key: key.to_owned(), reason: format!("the same price as the entry before of {}", row.id) });
        }
        Some(_) => import.quarantined.push(Quarantined { reasons: vec![format!("{key}: another entry of the file has another price for {}", row.id)], row }),
    }
}

/// One entry of the file.
struct Entry<'a> {
    key: &'a str,
    provider: String,
    mode: String,
    fields: BTreeMap<Cow<'a, str>, &'a RawValue>,
    map: ProviderMap,
    format: &'a FormatMap,
}

impl<'a> Entry<'a> {
    fn read(key: &'a str, value: &'a RawValue, format: &'a FormatMap) -> Result<Self, String> {
        let fields: BTreeMap<Cow<'a, str>, &'a RawValue> = serde_json::from_str(value.get()).map_err(|e| format!("not an object: {e}"))?;
        let text = |name: &str| fields.get(name).and_then(|raw| serde_json::from_str::<String>(raw.get()).ok());
        let provider = text("litellm_provider").filter(|name| !name.contains(' ')).ok_or("not a model: it names no provider")?;
        let map = format.providers.get(&provider).cloned().unwrap_or_default();
        if let Some(why) = map.skip {
            return Err(why);
        }
        let mode = text("mode").unwrap_or_default();
        Ok(Self { key, provider, mode, fields, map, format })
    }
    fn text(&self, name: &str) -> Option<String> {
        serde_json::from_str(self.fields.get(name)?.get()).ok()
    }
    fn is_explicit(&self) -> bool {
        self.map.is_explicit(&self.provider, self.key)
    }
    fn row(&self, date: Option<&str>) -> Result<PriceRow, String> {
        let (prices, fees) = self.prices()?;
        if prices.is_empty() && fees.is_empty() {
            return Err("it has no price that the book can hold".into());
        }
        let windows = self.windows(&prices)?;
        let tiers = prices.into_tiers(self.map.comparator, self.one_input_rate()).unwrap_or_else(no_rates);
        let provider: Text = self.map.book.clone().unwrap_or_else(|| self.provider.as_str().into());
        let model: Text = self.map.model(&self.provider, self.key).into();
        let tier_names = self.map.tier_names.iter().filter(|(_, tier)| tiers.contains_key(*tier)).map(|(k, v)| (k.clone(), v.clone())).collect();
        let source = PriceSource {
            name: self.format.source.clone().unwrap_or_else(|| FORMAT.into()),
            url: self.text("source").map(Into::into),
            date: date.map(Into::into),
        };
        let row = PriceRow {
            id: format!("{provider}/{model}").into(),
            provider,
            model,
            aliases: Vec::new(),
            version: 1,
            currency: Currency::USD,
            valid_from: None,
            valid_to: None,
            source,
            tiers,
            tier_names,
            windows,
            derived: self.map.derived.clone(),
            multipliers: self.multipliers()?,
            fees,
            minimums: BTreeMap::new(),
            limits: Limits { max_input: self.limit("max_input_tokens"), max_output: self.limit("max_output_tokens") },
        };
        row.check().map(|()| row).map_err(|e| e.to_string())
    }
    fn one_input_rate(&self) -> bool {
        self.map.one_input_rate && self.mode != "embedding"
    }
    fn limit(&self, name: &str) -> Option<u64> {
        u64::try_from(exact::parse(self.fields.get(name)?.get()).ok()?.normalize()).ok()
    }
    fn prices(&self) -> Result<(Prices, BTreeMap<Meter, Rate>), String> {
        let (mut prices, mut fees) = (Prices::default(), BTreeMap::new());
        for (name, raw) in &self.fields {
            let Some(field) = fields::parse(name, &self.mode) else { continue };
            let Some(number) = number(name, raw.get())? else { continue };
            let Some(tier) = self.format.tier(field.tier) else { continue };
            match field.unit {
                Unit::Token => prices.set(tier, field.above, field.meter, per_million(number)?),
                Unit::Piece => prices.set(tier, field.above, field.meter, Rate::per(number, 1)),
                Unit::Call => fees.extend([(field.meter, Rate::per(number, 1))]),
                Unit::ThousandCalls => fees.extend([(field.meter, Rate::per(number, 1_000))]),
            }
        }
        self.ranges(&mut prices)?;
        fees.extend(self.search_fee()?.map(|rate| (Meter::WEB_SEARCHES, rate)));
        Ok((prices, fees))
    }
    /// `tiered_pricing`: a list of ranges of input, each with its prices.
    fn ranges(&self, prices: &mut Prices) -> Result<(), String> {
        let Some(raw) = self.fields.get("tiered_pricing") else { return Ok(()) };
        let ranges: Vec<BTreeMap<Cow<'_, str>, &RawValue>> = serde_json::from_str(raw.get()).map_err(|e| format!("tiered_pricing: {e}"))?;
        for range in ranges {
            let Some(bounds) = range.get("range") else { return Err("tiered_pricing: a tier without a range of tokens".into()) };
            let start = bounds.get().trim_start_matches('[').split(',').next().unwrap_or_default().trim();
            let start = exact::parse(start)
                .ok()
                .and_then(|start| u64::try_from(start.normalize()).ok())
                .ok_or_else(|| format!("tiered_pricing: {} is not a range of tokens", bounds.get()))?;
            for (name, raw) in &range {
                let Some(field) = fields::parse(name, &self.mode).filter(|field| field.unit == Unit::Token) else { continue };
                let Some(number) = number(name, raw.get())? else { continue };
                let Some(tier) = self.format.tier(field.tier) else { continue };
                prices.set(tier, (start > 0).then_some(start), field.meter, per_million(number)?);
            }
        }
        Ok(())
    }
    /// `off_peak_pricing`: other prices at some hours; what it does not name stays as usual.
    fn windows(&self, usual: &Prices) -> Result<Vec<Window>, String> {
        let Some(raw) = self.fields.get("off_peak_pricing") else { return Ok(Vec::new()) };
        let bad = |what: &str| format!("off_peak_pricing: {what}");
        let fields: BTreeMap<Cow<'_, str>, &RawValue> = serde_json::from_str(raw.get()).map_err(|e| bad(&e.to_string()))?;
        if fields.contains_key("weekday_timezone") {
            return Err(bad("weekdays of another zone than the hours cannot be held"));
        }
        let mut rates = BTreeMap::new();
        for (name, raw) in &fields {
            let Some(field) = fields::parse(name, &self.mode) else { continue };
            if let Some(number) = number(name, raw.get())? {
                rates.insert(field.meter, per_million(number)?);
            }
        }
        let spans: Vec<Span> = fields.get("windows").and_then(|raw| serde_json::from_str(raw.get()).ok()).ok_or_else(|| bad("it has no readable windows"))?;
        let hours = spans.iter().flat_map(Span::hours).collect::<Option<Vec<_>>>().ok_or_else(|| bad("hours are written 00:00-08:00"))?;
        let tiers = usual.overlaid(rates).into_tiers(self.map.comparator, self.one_input_rate()).ok_or_else(|| bad("there are no usual prices beside it"))?;
        Ok(vec![Window { name: "off-peak".into(), hours, tiers }])
    }
    fn search_fee(&self) -> Result<Option<Rate>, String> {
        let Some(raw) = self.fields.get("search_context_cost_per_query") else { return Ok(None) };
        let sizes: BTreeMap<Cow<'_, str>, &RawValue> = serde_json::from_str(raw.get()).map_err(|e| format!("search_context_cost_per_query: {e}"))?;
        let mut prices = Vec::new();
        for (size, raw) in &sizes {
            let usual = self.map.search_context.as_ref().is_none_or(|usual| size.ends_with(usual.as_str()));
            prices.extend(number(size, raw.get())?.filter(|_| usual));
        }
        prices.sort_unstable();
        prices.dedup();
        // Several sizes at several prices: which one was used is not on the record, so there is no fee to be sure of.
        let [price] = prices[..] else { return Ok(None) };
        exact::mul(price, 1_000.into()).map(|rate| Some(Rate::per(rate, 1_000))).map_err(|e| e.to_string())
    }
    fn multipliers(&self) -> Result<Vec<Multiplier>, String> {
        let Some(raw) = self.fields.get("provider_specific_entry") else { return Ok(Vec::new()) };
        let Ok(entries) = serde_json::from_str::<BTreeMap<Cow<'_, str>, &RawValue>>(raw.get()) else { return Ok(Vec::new()) };
        let mut multipliers = Vec::new();
        for (name, raw) in &entries {
            let Some(condition) = self.format.multipliers.get(&**name) else { continue };
            let Some(times) = number(name, raw.get())? else { continue };
            multipliers.push(Multiplier { when: condition.when.clone(), is: condition.is.clone(), times });
        }
        Ok(multipliers)
    }
}

/// Fees only: a matrix without rates, so that tokens stay unpriced.
fn no_rates() -> crate::row::Tiers {
    BTreeMap::from([(DEFAULT_TIER.into(), vec![crate::row::Band { above: None, rates: BTreeMap::new() }])])
}

/// A JSON number by its text; `null` is absent.
fn number(name: &str, raw: &str) -> Result<Option<Decimal>, String> {
    if raw == "null" {
        return Ok(None);
    }
    exact::parse(raw.trim_matches('"')).map(Some).map_err(|_| format!("{name}: {raw} is not a number"))
}

fn per_million(per_token: Decimal) -> Result<Rate, String> {
    exact::mul(per_token, 1_000_000.into()).map(|rate| Rate::per_million(rate.normalize())).map_err(|e| e.to_string())
}

#[derive(serde::Deserialize)]
struct Span {
    hours_utc: OneOrMany,
    #[serde(default)]
    weekdays: Option<Vec<u8>>,
}

#[derive(serde::Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl Span {
    fn hours(&self) -> impl Iterator<Item = Option<Hours>> {
        let spans = match &self.hours_utc {
            OneOrMany::One(span) => std::slice::from_ref(span),
            OneOrMany::Many(spans) => spans,
        };
        spans.iter().map(|span| {
            let (from, to) = span.split_once('-')?;
            Some(Hours { from: Clock::parse(from)?, to: Clock::parse(to)?, weekdays: self.weekdays.clone(), zone: None })
        })
    }
}
