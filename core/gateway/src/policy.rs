//! What an operator may set about retries, circuits and bare names: `[routing]`.

use std::time::Duration;

/// How calls are routed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RoutingPolicy {
    /// Tries of the same candidate.
    pub retry: RetryPolicy,
    /// When a provider is left alone.
    pub circuit: CircuitPolicy,
    /// Which of several sellers of a bare model name.
    pub bare_names: BareNames,
}

/// When the same candidate is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Further tries of one candidate, after the first.
    pub retries: u32,
    /// Before the first of them; doubled for each further one.
    pub back_off: Duration,
    /// The longest pause. A provider that asks for a longer one is not tried again.
    pub longest_back_off: Duration,
    /// No try begins later than this after the call came in.
    pub give_up_after: Duration,
    /// Try again also where the request was sent and no answer came: the provider may have done the work.
    pub retry_sent: bool,
    /// Retries of one provider in a window, as a share of its calls …
    pub budget_percent: u32,
    /// … and so many beside that.
    pub budget_floor: u32,
    /// The window of the budget.
    pub window: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            retries: 1,
            back_off: Duration::from_millis(200),
            longest_back_off: Duration::from_secs(2),
            give_up_after: Duration::from_secs(60),
            retry_sent: false,
            budget_percent: 20,
            budget_floor: 3,
            window: Duration::from_secs(10),
        }
    }
}

/// When a provider is left alone, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CircuitPolicy {
    /// After so many failures in a row; 0: never.
    pub failures: u32,
    /// Or when this share of at least twenty tries in a window failed.
    pub share_percent: u32,
    /// The window of the share.
    pub window: Duration,
    /// For how long at first; doubled after each probe that fails.
    pub open: Duration,
    /// For how long at most.
    pub longest_open: Duration,
}

impl Default for CircuitPolicy {
    fn default() -> Self {
        Self { failures: 5, share_percent: 50, window: Duration::from_secs(10), open: Duration::from_secs(5), longest_open: Duration::from_secs(60) }
    }
}

/// Which provider serves a model that several sell, when the client names the model alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BareNames {
    /// The first by name, and no other.
    #[default]
    First,
    /// All of them are candidates, the cheapest first.
    Cheapest,
}
