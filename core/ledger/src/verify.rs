//! Verification: the whole ledger recomputed from its journal.

use weighbridge_domain::{Currency, Decimal};

/// One thing that does not add up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// Where: a segment and byte, an event, an aggregate.
    pub place: String,
    /// What was found and what was expected.
    pub what: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

/// What all events come to in one currency.
#[derive(Clone, PartialEq, Debug)]
pub struct CurrencySums {
    /// The currency.
    pub currency: Currency,
    /// Cost of the events whose cost is known.
    pub cost: Decimal,
    /// Charge of the events whose charge is known.
    pub charge: Decimal,
}

/// What verification found.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct VerifyReport {
    /// Events read.
    pub events: u64,
    /// Segments read.
    pub segments: u64,
    /// Bytes read.
    pub bytes: u64,
    /// Holds that are open now, each of a call in progress.
    pub held: u64,
    /// Sums per currency, in the currency's order.
    pub sums: Vec<CurrencySums>,
    /// Everything that does not add up, in the order found; at most [`VerifyReport::MAX_PROBLEMS`].
    pub problems: Vec<Problem>,
    /// How many more problems there were.
    pub more_problems: u64,
}

impl VerifyReport {
    /// How many problems are described.
    pub const MAX_PROBLEMS: usize = 1_000;

    /// Whether everything adds up.
    pub fn is_clean(&self) -> bool {
        self.problems.is_empty()
    }
}
