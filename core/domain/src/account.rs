//! What an operator writes down: customers, keys and plans. Kept in the ledger as documents, by id.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Currency, CustomerId, KeyId, PlanId, Timestamp};

/// Someone who is billed.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Customer {
    /// The operator's own id.
    pub id: CustomerId,
    /// For people and invoices.
    pub name: String,
    /// The plan; absent: the default plan.
    #[serde(default)]
    pub plan: Option<PlanId>,
    /// The currency of the invoice.
    #[serde(default)]
    pub currency: Currency,
    /// Ids elsewhere, such as `stripe: "cus_…"`.
    #[serde(default)]
    pub external_ids: BTreeMap<String, String>,
    /// Address lines for the invoice, as given.
    #[serde(default)]
    pub bill_to: Option<BTreeMap<String, String>>,
    /// When it was created.
    pub created_at: Timestamp,
    /// An archived customer's calls are refused; its records stay.
    #[serde(default)]
    pub archived: bool,
}

/// An API key. The secret itself is never stored: only its SHA-256.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiKey {
    /// The public id.
    pub id: KeyId,
    /// For people.
    pub name: String,
    /// SHA-256 of the secret, in hexadecimal.
    pub secret_sha256: String,
    /// The first characters of the secret, to recognise it by.
    pub prefix: String,
    /// Whom it bills. Absent: the call must name a customer, and `may_bill_others` must be set.
    #[serde(default)]
    pub customer: Option<CustomerId>,
    /// May name another customer in a header.
    #[serde(default)]
    pub may_bill_others: bool,
    /// May create the customer it names, on first use.
    #[serde(default)]
    pub may_create_customers: bool,
    /// The models it may ask for, `*` as a wildcard at the end; absent: all.
    #[serde(default)]
    pub models: Option<Vec<String>>,
    /// Requests a minute; absent: no limit.
    #[serde(default)]
    pub rpm: Option<u32>,
    /// Tokens a minute; absent: no limit.
    #[serde(default)]
    pub tpm: Option<u64>,
    /// Refused from this time on.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
    /// When it was created.
    pub created_at: Timestamp,
    /// An archived key is refused.
    #[serde(default)]
    pub archived: bool,
}

/// One rule of a plan: the plugin's name and its sheet, as the operator wrote it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct RuleSheet {
    /// A pricing plugin's name, such as `cost-plus`.
    pub rule: String,
    /// Everything else: handed to the rule, which checks it.
    #[serde(flatten)]
    pub sheet: BTreeMap<String, SheetValue>,
}

/// A sheet's value: what TOML and JSON have in common, without floats (write decimals as strings).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum SheetValue {
    /// true, false
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// Text, and every decimal.
    Text(String),
    /// A list.
    List(Vec<SheetValue>),
    /// A table.
    Table(BTreeMap<String, SheetValue>),
}

/// What to do with a call whose model has no price.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnpricedPolicy {
    /// Let it through; the record is `unpriced` and can be rated later.
    #[default]
    Allow,
    /// Refuse it with `unpriced_model`.
    Block,
}

/// A plan: a chain of rules, applied in order; each sees the lines of the one before.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanDocument {
    /// Its id.
    pub id: PlanId,
    /// For people.
    #[serde(default)]
    pub name: Option<String>,
    /// Raised by one at every change; records name it.
    #[serde(default)]
    pub version: u32,
    /// The currency it charges in.
    #[serde(default)]
    pub currency: Currency,
    /// The chain.
    pub rules: Vec<RuleSheet>,
    /// What to do with a model without a price.
    #[serde(default)]
    pub unpriced: UnpricedPolicy,
    /// When it was created.
    pub created_at: Timestamp,
    /// An archived plan takes no new customers; those who have it keep it.
    #[serde(default)]
    pub archived: bool,
}
