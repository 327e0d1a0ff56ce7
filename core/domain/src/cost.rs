//! Cost: what the provider charges us, line by line, with the price row each line came from.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{
    Meter, Text,
    exact::{as_decimal, as_optional_decimal},
    money::Currency,
};

/// How sure the cost is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CostStatus {
    /// Every quantity was reported and has a rate.
    Priced,
    /// A quantity has no rate, or the usage is unknown. Never zero: the amount is absent.
    Unpriced,
    /// Priced, from quantities that were counted rather than reported.
    Estimated,
}

impl CostStatus {
    /// The word in a record.
    pub fn as_str(self) -> &'static str {
        match self {
            CostStatus::Priced => "priced",
            CostStatus::Unpriced => "unpriced",
            CostStatus::Estimated => "estimated",
        }
    }
}

/// One meter at one rate: `amount = quantity × rate ÷ per`, exact.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct CostLine {
    /// What was measured.
    pub meter: Meter,
    /// How much of it.
    #[serde(with = "as_decimal")]
    pub quantity: Decimal,
    /// The rate in the vendor's unit.
    #[serde(with = "as_decimal")]
    pub rate: Decimal,
    /// What the rate is quoted per: 1000000, 1000, 1.
    #[serde(with = "as_decimal")]
    pub per: Decimal,
    /// The exact amount.
    #[serde(with = "as_decimal")]
    pub amount: Decimal,
    /// The price row.
    pub price_id: Text,
    /// Its version at the time.
    pub price_version: u32,
    /// What is unusual about this line (a fallback to the input rate, a long-context band), for `explain`.
    pub note: Option<Text>,
}

/// What the provider itself says it charges. Kept beside our own reckoning, never instead of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct StatedCost {
    /// How much.
    #[serde(with = "as_decimal")]
    pub amount: Decimal,
    /// In which currency.
    pub currency: Currency,
}

/// The cost of one event.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Cost {
    /// The currency of every line.
    pub currency: Currency,
    /// The sum of the lines; absent when unpriced.
    #[serde(with = "as_optional_decimal")]
    pub amount: Option<Decimal>,
    /// How sure it is.
    pub status: CostStatus,
    /// The lines that could be priced.
    pub lines: Vec<CostLine>,
}

impl Cost {
    /// Nothing could be priced.
    pub fn unpriced(currency: Currency) -> Self {
        Self { currency, amount: None, status: CostStatus::Unpriced, lines: Vec::new() }
    }
    /// Nothing was consumed: a known zero, unlike [`Cost::unpriced`].
    pub fn nothing(currency: Currency) -> Self {
        Self { currency, amount: Some(Decimal::ZERO), status: CostStatus::Priced, lines: Vec::new() }
    }
}
