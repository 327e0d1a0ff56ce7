//! The catalogue: price rows in a compact TOML, written by hand.
//!
//! ```toml
//! date = "2026-11-23"
//! [providers.acme]
//! source = "https://acme.example/pricing"
//! tier_names = { on_demand = "default" }
//! [providers.acme.models.swift-2]
//! aliases = ["swift-2-2026-08-01"]
//! rates = { input = "1", cache_read = "0.1", output = "4" }   # per 1000000
//! above = { 200000 = { input = "2", cache_read = "0.2", output = "6" } }
//! tiers.batch = "0.5"                                          # × the usual rates, band by band
//! tiers.priority = { rates = { input = "2", cache_read = "0.2", output = "8" } }
//! fees = { web_searches = "10" }                               # per 1000
//! minimums = { audio_seconds = "10" }                          # the least that is billed of a request
//! limits = [1000000, 64000]                                    # input, output
//! ```

use std::collections::BTreeMap;

use serde::Deserialize;
use weighbridge_domain::{Currency, Decimal, Meter, Text, exact};

use crate::{
    book::{BookError, PriceBook},
    check::RowError,
    hours::Hours,
    row::{Band, Comparator, DEFAULT_TIER, Derived, Limits, Minimum, Multiplier, PriceRow, PriceSource, Rate, Threshold, Tiers, Window},
};

/// Why a catalogue was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CatalogueError {
    /// Not TOML, an unknown key or a wrong type.
    #[error("catalogue: {0}")]
    Syntax(String),
    /// A model's price is not one.
    #[error("catalogue: providers.{provider}.models.{model:?}.{path}: {message}")]
    Model {
        /// The provider.
        provider: String,
        /// The model.
        model: String,
        /// The key.
        path: String,
        /// What was expected.
        message: String,
    },
    /// A row is not a price.
    #[error("catalogue: {0}")]
    Row(#[from] RowError),
    /// The rows do not make a book.
    #[error("catalogue: {0}")]
    Book(#[from] BookError),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Catalogue {
    /// The name that rows give as their source.
    name: Text,
    /// As of this day.
    date: Text,
    providers: BTreeMap<Text, Provider>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Provider {
    source: Option<Text>,
    #[serde(default)]
    currency: Currency,
    #[serde(default)]
    comparator: Comparator,
    #[serde(default)]
    tier_names: BTreeMap<Text, Text>,
    /// Tiers of every model that does not name them itself.
    #[serde(default)]
    tiers: BTreeMap<Text, Tier>,
    #[serde(default)]
    fees: BTreeMap<Meter, Text>,
    #[serde(default)]
    derived: BTreeMap<Meter, Derived>,
    #[serde(default)]
    multipliers: Vec<Multiplier>,
    #[serde(default)]
    models: BTreeMap<Text, Model>,
}

type Rates = BTreeMap<Meter, Text>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Model {
    #[serde(default)]
    aliases: Vec<Text>,
    #[serde(default)]
    rates: Rates,
    #[serde(default)]
    above: BTreeMap<Text, Rates>,
    #[serde(default)]
    tiers: BTreeMap<Text, Tier>,
    #[serde(default)]
    windows: Vec<Hourly>,
    #[serde(default)]
    fees: BTreeMap<Meter, Text>,
    #[serde(default)]
    minimums: BTreeMap<Meter, Text>,
    derived: Option<BTreeMap<Meter, Derived>>,
    multipliers: Option<Vec<Multiplier>>,
    limits: Option<(u64, u64)>,
    source: Option<Text>,
    date: Option<Text>,
}

/// Another tier: a factor on every usual rate, or rates of its own.
#[derive(Clone, Deserialize)]
#[serde(untagged)]
enum Tier {
    Times(Text),
    Own(OwnTier),
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct OwnTier {
    rates: Rates,
    #[serde(default)]
    above: BTreeMap<Text, Rates>,
}

/// A factor on every rate at these hours.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Hourly {
    name: Text,
    times: Text,
    hours: Vec<Hours>,
}

impl PriceBook {
    /// The book of a catalogue, from its TOML.
    pub fn catalogue(toml: &str) -> Result<Self, CatalogueError> {
        Ok(Self::from_rows(rows(toml)?)?)
    }
}

/// The rows of a catalogue, version 1, valid always.
pub fn rows(toml: &str) -> Result<Vec<PriceRow>, CatalogueError> {
    let catalogue: Catalogue = toml::from_str(toml).map_err(|e| CatalogueError::Syntax(e.to_string().trim_end().to_owned()))?;
    let mut rows = Vec::new();
    for (name, provider) in &catalogue.providers {
        for (model, entry) in &provider.models {
            let row = entry.row(&catalogue, name, provider, model).map_err(|(path, message)| CatalogueError::Model {
                provider: name.to_string(),
                model: model.to_string(),
                path,
                message,
            })?;
            row.check()?;
            rows.push(row);
        }
    }
    Ok(rows)
}

type Problem = (String, String);

impl Model {
    fn row(&self, catalogue: &Catalogue, provider_name: &Text, provider: &Provider, model: &Text) -> Result<PriceRow, Problem> {
        let usual = bands("", &self.rates, &self.above, provider.comparator)?;
        let mut tiers = Tiers::from([(DEFAULT_TIER.into(), usual.clone())]);
        let shared = provider.tiers.iter().filter(|(name, _)| !self.tiers.contains_key(*name));
        for (name, tier) in self.tiers.iter().chain(shared) {
            let path = format!("tiers.{name}");
            let bands = match tier {
                Tier::Times(times) => scale(&usual, decimal(&path, times)?).ok_or((path, "the factor gives a rate that is not exact".to_owned()))?,
                Tier::Own(own) => bands(&path, &own.rates, &own.above, provider.comparator)?,
            };
            tiers.insert(name.clone(), bands);
        }
        let mut fees = BTreeMap::new();
        for (meter, fee) in provider.fees.iter().chain(&self.fees) {
            fees.insert(meter.clone(), Rate::per(decimal(&format!("fees.{meter}"), fee)?, 1_000));
        }
        let minimum = |(meter, text): (&Meter, &Text)| Ok((meter.clone(), Minimum(decimal(&format!("minimums.{meter}"), text)?)));
        let minimums = self.minimums.iter().map(minimum).collect::<Result<_, Problem>>()?;
        let windows = self.windows.iter().map(|hourly| hourly.window(&tiers)).collect::<Result<_, _>>()?;
        let tier_names = provider.tier_names.iter().filter(|(_, tier)| tiers.contains_key(*tier)).map(|(k, v)| (k.clone(), v.clone())).collect();
        let source = PriceSource {
            name: catalogue.name.clone(),
            url: self.source.clone().or(provider.source.clone()),
            date: Some(self.date.clone().unwrap_or_else(|| catalogue.date.clone())),
        };
        Ok(PriceRow {
            id: format!("{provider_name}/{model}").into(),
            provider: provider_name.clone(),
            model: model.clone(),
            aliases: self.aliases.clone(),
            version: 1,
            currency: provider.currency,
            valid_from: None,
            valid_to: None,
            source,
            tiers,
            tier_names,
            windows,
            derived: self.derived.clone().unwrap_or_else(|| provider.derived.clone()),
            multipliers: self.multipliers.clone().unwrap_or_else(|| provider.multipliers.clone()),
            fees,
            minimums,
            limits: self.limits.map(|(input, output)| Limits { max_input: Some(input), max_output: Some(output) }).unwrap_or_default(),
        })
    }
}

impl Hourly {
    fn window(&self, tiers: &Tiers) -> Result<Window, Problem> {
        let path = format!("windows.{}.times", self.name);
        let times = decimal(&path, &self.times)?;
        let scaled: Option<Tiers> = tiers.iter().map(|(tier, bands)| Some((tier.clone(), scale(bands, times)?))).collect();
        let tiers = scaled.ok_or((path, "the factor gives a rate that is not exact".to_owned()))?;
        Ok(Window { name: self.name.clone(), hours: self.hours.clone(), tiers })
    }
}

fn bands(path: &str, rates: &Rates, above: &BTreeMap<Text, Rates>, comparator: Comparator) -> Result<Vec<Band>, Problem> {
    let mut bands = vec![Band { above: None, rates: cell(&format!("{path}rates"), rates)? }];
    for (tokens, rates) in above {
        let path = format!("{path}above.{tokens}");
        let tokens = tokens.parse().map_err(|_| (path.clone(), "a threshold is a number of tokens".to_owned()))?;
        bands.push(Band { above: Some(Threshold { tokens, comparator }), rates: cell(&path, rates)? });
    }
    bands.sort_by_key(|band| band.above.map(|threshold| threshold.tokens));
    Ok(bands)
}

/// Tokens are quoted per million, everything else by the piece.
fn cell(path: &str, rates: &Rates) -> Result<BTreeMap<Meter, Rate>, Problem> {
    let rate = |meter: &Meter, value| if meter.unit() == "tokens" { Rate::per_million(value) } else { Rate::per(value, 1) };
    rates.iter().map(|(meter, text)| Ok((meter.clone(), rate(meter, decimal(&format!("{path}.{meter}"), text)?)))).collect()
}

fn scale(bands: &[Band], times: Decimal) -> Option<Vec<Band>> {
    let scaled = |rate: &Rate| Some(Rate { rate: exact::mul(rate.rate, times).ok()?.normalize(), per: rate.per });
    let band = |band: &Band| {
        Some(Band { above: band.above, rates: band.rates.iter().map(|(meter, rate)| Some((meter.clone(), scaled(rate)?))).collect::<Option<_>>()? })
    };
    bands.iter().map(band).collect()
}

fn decimal(path: &str, text: &str) -> Result<Decimal, Problem> {
    exact::parse(text).map_err(|_| (path.to_owned(), format!("{text:?} is not a decimal number such as \"0.15\"")))
}
