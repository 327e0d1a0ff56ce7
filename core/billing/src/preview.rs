//! The draft of a period, straight from the books.

use weighbridge_domain::Customer;
use weighbridge_ledger::{AggregateQuery, Ledger, LedgerError};

use crate::{
    draft::{DraftError, draft},
    invoice::Invoice,
    period::Period,
    rounding::Rounding,
};

/// Why there is no preview.
#[derive(Debug, thiserror::Error)]
pub enum PreviewError {
    /// The books could not be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// They could be read, but not added up.
    #[error(transparent)]
    Draft(#[from] DraftError),
}

/// What the customer would be invoiced for this period, by what is in the books now. Blocking.
pub fn preview(ledger: &Ledger, customer: &Customer, period: &Period, rounding: Rounding) -> Result<Invoice, PreviewError> {
    let query = AggregateQuery { customer: Some(customer.id.clone()), from_day: Some(period.from_day()), to_day: Some(period.to_day()) };
    Ok(draft(customer, period, &ledger.aggregates(&query)?, rounding)?)
}
