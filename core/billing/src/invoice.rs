//! What an invoice is. For now every invoice is a draft; closing one, with a number of its own, adds states.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};
use weighbridge_domain::{Currency, CustomerId, Decimal, Meter, ModelName, ProviderName, exact::as_decimal};

use crate::{period::Period, rounding::Rounding};

/// Where an invoice stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum InvoiceState {
    /// A preview: it follows the books and has no number.
    Draft,
}

impl InvoiceState {
    /// The word on the invoice.
    pub fn as_str(self) -> &'static str {
        match self {
            InvoiceState::Draft => "draft",
        }
    }
}

/// What one customer owes for one period.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Invoice {
    /// `preview-<customer>-<period>` for a draft.
    pub id: String,
    /// Where it stands.
    pub state: InvoiceState,
    /// To whom.
    pub customer: BillTo,
    /// For what time.
    pub period: Period,
    /// Of every amount.
    pub currency: Currency,
    /// How each line was rounded.
    pub rounding: Rounding,
    /// By provider, model and meter.
    pub lines: Vec<InvoiceLine>,
    /// The sum of the rounded lines: what is owed.
    #[serde(serialize_with = "as_written")]
    pub total: Decimal,
    /// The sum before rounding, for comparing with the records.
    #[serde(with = "as_decimal")]
    pub total_exact: Decimal,
    /// How many calls it covers.
    pub events: u64,
    /// What a reader must know: what is not on it, and why.
    pub notices: Vec<Notice>,
}

/// To whom an invoice goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BillTo {
    /// The customer.
    pub id: CustomerId,
    /// Its name.
    pub name: String,
    /// Address lines, as the operator gave them.
    pub bill_to: Option<BTreeMap<String, String>>,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct InvoiceLine {
    /// Who served it.
    pub provider: ProviderName,
    /// The routed model.
    pub model: ModelName,
    /// What was measured; absent for charges that are not about one meter.
    pub meter: Option<Meter>,
    /// For people.
    pub description: String,
    /// How much, in `unit`.
    #[serde(with = "as_decimal")]
    pub quantity: Decimal,
    /// The unit of the quantity.
    pub unit: String,
    /// The charge before rounding.
    #[serde(with = "as_decimal")]
    pub amount_exact: Decimal,
    /// The charge, rounded.
    #[serde(serialize_with = "as_written")]
    pub amount: Decimal,
}

/// Something that a reader must know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// A stable word: `no_usage`, `unrated_events`, `unpriced_events`, `other_currency`.
    pub code: &'static str,
    /// How many events it is about.
    pub events: u64,
    /// For people.
    pub message: String,
}

/// Rounded amounts keep their trailing zeros: `1.20`.
fn as_written<S: Serializer>(value: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}
