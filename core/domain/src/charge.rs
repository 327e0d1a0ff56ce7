//! Charge: what the customer pays, line by line, with the rule, its digest and its sheet.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{
    Digest, Meter, PlanId, Text,
    exact::{as_decimal, as_optional_decimal},
    money::Currency,
};

/// Where a charge stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChargeStatus {
    /// The plan's rules gave these lines.
    Rated,
    /// Not yet: the cost is unknown or a rule failed. Never zero: the amount is absent, and it can be rated later.
    Unrated,
    /// By the plan's policy the customer pays nothing for this event.
    Free,
}

impl ChargeStatus {
    /// The word in a record.
    pub fn as_str(self) -> &'static str {
        match self {
            ChargeStatus::Rated => "rated",
            ChargeStatus::Unrated => "unrated",
            ChargeStatus::Free => "free",
        }
    }
}

/// A rule of the chain, by what it was at the time.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RuleRef {
    /// Its name, such as `cost-plus`.
    pub rule: Text,
    /// The component that computed it.
    pub plugin_digest: Digest,
    /// The sheet it was loaded with.
    pub sheet_digest: Digest,
}

/// One line of a charge.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ChargeLine {
    /// Which of [`Charge::rules`] wrote it.
    pub rule: u8,
    /// What it is for; absent for a line that is not about one meter.
    pub meter: Option<Meter>,
    /// For people: `input tokens at cost + 30 %`.
    pub description: Text,
    /// How much, in `unit`.
    #[serde(with = "as_decimal")]
    pub quantity: Decimal,
    /// The unit of the quantity: `tokens`, `calls`.
    pub unit: Text,
    /// Price of one unit, for reading; the amount is exact by itself.
    #[serde(with = "as_decimal")]
    pub unit_price: Decimal,
    /// The exact amount; negative only for a credit.
    #[serde(with = "as_decimal")]
    pub amount: Decimal,
}

/// The charge for one event.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Charge {
    /// The currency of every line.
    pub currency: Currency,
    /// The sum of the lines; absent when unrated.
    #[serde(with = "as_optional_decimal")]
    pub amount: Option<Decimal>,
    /// Where it stands.
    pub status: ChargeStatus,
    /// The customer's plan at the time.
    pub plan: Option<PlanId>,
    /// The plan's version at the time.
    pub plan_version: u32,
    /// The rules that took part, in their order.
    pub rules: Vec<RuleRef>,
    /// The lines.
    pub lines: Vec<ChargeLine>,
    /// Why it is unrated or free, for people.
    pub reason: Option<Text>,
}

impl Charge {
    /// Not rated, and why.
    pub fn unrated(currency: Currency, plan: Option<PlanId>, plan_version: u32, reason: impl Into<Text>) -> Self {
        Self { currency, amount: None, status: ChargeStatus::Unrated, plan, plan_version, rules: Vec::new(), lines: Vec::new(), reason: Some(reason.into()) }
    }
    /// Free of charge, and why.
    pub fn free(currency: Currency, plan: Option<PlanId>, plan_version: u32, reason: impl Into<Text>) -> Self {
        Self {
            currency,
            amount: Some(Decimal::ZERO),
            status: ChargeStatus::Free,
            plan,
            plan_version,
            rules: Vec::new(),
            lines: Vec::new(),
            reason: Some(reason.into()),
        }
    }
}
