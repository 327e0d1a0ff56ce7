//! Periods and invoices, read from the ledger.
//!
//! [`preview()`] asks the ledger for a period's aggregates and [`draft()`] turns them into an invoice: a pure function, so that an
//! invoice is the same for ever for the same books. Money is rounded here and nowhere else, once per line.

pub mod draft;
pub mod invoice;
pub mod period;
pub mod preview;
pub mod render;
pub mod rounding;

pub use draft::{DraftError, draft};
pub use invoice::{Invoice, InvoiceLine, InvoiceState, Notice};
pub use period::{BadPeriod, Period};
pub use preview::{PreviewError, preview};
pub use rounding::Rounding;
