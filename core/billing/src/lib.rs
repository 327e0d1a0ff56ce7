//! Periods and invoices, read from the ledger.
