//! A price row: what one provider charges for one model, from when to when, and who says so.
//!
//! A row is immutable. A new price is a new version of the row with its own `valid_from`; the old one stays, and records
//! name the id and version they were priced by (metering rule 43). Rates are kept in the vendor's own unit and divided last.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use weighbridge_domain::{Currency, Decimal, Meter, Text, Timestamp, exact::as_decimal};

use crate::hours::Hours;

/// The tier that is served unless something else was agreed. Providers also call it `standard`.
pub const DEFAULT_TIER: &str = "default";

/// One version of one model's price at one provider.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceRow {
    /// `provider/model`; shared by all versions of the row.
    pub id: Text,
    /// The provider's name in the price book.
    pub provider: Text,
    /// The model's own name.
    pub model: Text,
    /// Its other names: dated snapshots, `-latest` (metering rule 18).
    #[serde(default)]
    pub aliases: Vec<Text>,
    /// 1 for the first; raised by one at every change.
    pub version: u32,
    /// The currency of every rate.
    #[serde(default)]
    pub currency: Currency,
    /// Holds from this time on; absent: always did.
    #[serde(default)]
    pub valid_from: Option<Timestamp>,
    /// Holds up to this time, exclusive; absent: until a newer version begins.
    #[serde(default)]
    pub valid_to: Option<Timestamp>,
    /// Who says so.
    pub source: PriceSource,
    /// The rates, by the served tier.
    pub tiers: Tiers,
    /// What the provider's answers call its tiers, where the row calls them otherwise: `on_demand` = `default`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tier_names: BTreeMap<Text, Text>,
    /// Hours at which other rates hold (metering rule 21). The first window that holds the call's start wins.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub windows: Vec<Window>,
    /// Rates that are a multiple of another rate of the same cell: `cache_write_1h` = 2 × `input`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub derived: BTreeMap<Meter, Derived>,
    /// What multiplies every rate (not the fees) when a fact of the call holds (metering rule 19).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub multipliers: Vec<Multiplier>,
    /// Per-call fees: the same in every tier and context band, never multiplied.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fees: BTreeMap<Meter, Rate>,
    /// The least that is billed of a meter in a request that used any of it (metering rule 32): `audio_seconds` = 10.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub minimums: BTreeMap<Meter, Minimum>,
    /// The model's own limits.
    #[serde(default)]
    pub limits: Limits,
}

/// The rates of each service tier: its context bands, the one without a threshold first, then by rising threshold.
pub type Tiers = BTreeMap<Text, Vec<Band>>;

/// Where a price was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceSource {
    /// Of the catalogue or file.
    pub name: Text,
    /// The provider's own page, if the source names it.
    #[serde(default)]
    pub url: Option<Text>,
    /// As of this day, `2026-11-23`.
    #[serde(default)]
    pub date: Option<Text>,
}

/// The rates of one context band.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Band {
    /// From which `input_total` on; absent for the first band.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub above: Option<Threshold>,
    /// The rate of each meter.
    pub rates: BTreeMap<Meter, Rate>,
}

/// Where a context band begins. It reprices the whole request, output included (metering rule 14).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Threshold {
    /// In tokens of `input_total`.
    pub tokens: u64,
    /// Whether the threshold itself is in the band.
    #[serde(default)]
    pub comparator: Comparator,
}

/// How `input_total` is compared with a threshold (metering rule 15).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Comparator {
    /// Strictly greater.
    #[default]
    Gt,
    /// Greater or equal.
    Ge,
}

impl Threshold {
    /// Whether so much input is in the band.
    pub fn holds(&self, input_total: Decimal) -> bool {
        let tokens = Decimal::from(self.tokens);
        match self.comparator {
            Comparator::Gt => input_total > tokens,
            Comparator::Ge => input_total >= tokens,
        }
    }
}

/// A price in the vendor's unit: `rate` per `per` units of the meter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// In the row's currency. An explicit 0 is a price.
    #[serde(with = "as_decimal")]
    pub rate: Decimal,
    /// 1, 1000, 1000000.
    #[serde(with = "as_decimal", default = "per_million")]
    pub per: Decimal,
}

fn per_million() -> Decimal {
    Decimal::from(1_000_000)
}

impl Rate {
    /// So much for a million tokens.
    pub fn per_million(rate: Decimal) -> Self {
        Self { rate, per: per_million() }
    }
    /// So much for each `per`.
    pub fn per(rate: Decimal, per: u32) -> Self {
        Self { rate, per: per.into() }
    }
}

/// A least quantity, in the meter's unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Minimum(#[serde(with = "as_decimal")] pub Decimal);

/// A rate that is a multiple of another one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Derived {
    /// The other rate's meter.
    pub of: Meter,
    /// The factor.
    #[serde(with = "as_decimal")]
    pub times: Decimal,
}

/// What makes every rate dearer or cheaper.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Multiplier {
    /// The fact: `inference_geo`, `speed`.
    pub when: Text,
    /// Its value: `us`, `fast`.
    pub is: Text,
    /// The factor.
    #[serde(with = "as_decimal")]
    pub times: Decimal,
}

/// Hours with their own rates, complete: nothing is taken from the row's usual tiers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// For people: `off-peak`.
    pub name: Text,
    /// When.
    pub hours: Vec<Hours>,
    /// The rates.
    pub tiers: Tiers,
}

/// What a model takes and gives at most, in tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Input.
    #[serde(default)]
    pub max_input: Option<u64>,
    /// Output.
    #[serde(default)]
    pub max_output: Option<u64>,
}

impl PriceRow {
    /// The name of this version's document in the ledger: `acme/swift-2@3`.
    pub fn document_id(&self) -> Text {
        format!("{}@{}", self.id, self.version).into()
    }
    /// Whether it holds at this time, newer versions aside.
    pub fn holds_at(&self, at: Timestamp) -> bool {
        self.valid_from.is_none_or(|from| from <= at) && self.valid_to.is_none_or(|to| at < to)
    }
    /// Its tiers at this time of day.
    pub fn tiers_at(&self, at: Timestamp) -> (&Tiers, Option<&Window>) {
        let window = self.windows.iter().find(|window| window.hours.iter().any(|hours| hours.hold(at)));
        (window.map_or(&self.tiers, |window| &window.tiers), window)
    }
    /// What is charged, apart from who says so and from when: two rows with the same facts are the same price.
    pub fn same_price(&self, other: &PriceRow) -> bool {
        self.currency == other.currency
            && self.tiers == other.tiers
            && self.tier_names == other.tier_names
            && self.windows == other.windows
            && self.derived == other.derived
            && self.multipliers.len() == other.multipliers.len()
            && self.multipliers.iter().all(|multiplier| other.multipliers.contains(multiplier))
            && self.fees == other.fees
            && self.minimums == other.minimums
    }
}
