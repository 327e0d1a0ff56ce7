//! Questions to the books and the shape of the answers.

use weighbridge_domain::{Currency, CustomerId, Decimal, Meter, ModelName, ProviderName, Text, Timestamp, UsageEvent};

/// An event and its place in commit order.
#[derive(Clone, PartialEq, Debug)]
pub struct StoredEvent {
    /// 1, 2, 3, … without gaps.
    pub seq: u64,
    /// The event.
    pub event: UsageEvent,
}

/// Which events; everything absent means all. Answers come in commit order.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct EventQuery {
    /// Of this customer.
    pub customer: Option<CustomerId>,
    /// Of this session.
    pub session: Option<Text>,
    /// Of this workflow.
    pub workflow: Option<Text>,
    /// Begun at or after this time.
    pub from: Option<Timestamp>,
    /// Begun before this time.
    pub to: Option<Timestamp>,
    /// At most so many on a page; absent: [`EventQuery::DEFAULT_LIMIT`]. For a walk ([`crate::Ledger::for_each_event`]) absent means all.
    pub limit: Option<usize>,
    /// Where the page before ended.
    pub cursor: Option<String>,
}

impl EventQuery {
    /// A page's length when nothing else is asked for.
    pub const DEFAULT_LIMIT: usize = 100;
}

/// One page of events.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct EventPage {
    /// In commit order.
    pub events: Vec<StoredEvent>,
    /// Where the next page begins; absent at the end.
    pub next_cursor: Option<String>,
}

/// Which aggregates; everything absent means all.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AggregateQuery {
    /// Of this customer.
    pub customer: Option<CustomerId>,
    /// From this UTC day on ([`Timestamp::day`]).
    pub from_day: Option<i32>,
    /// Before this UTC day.
    pub to_day: Option<i32>,
}

/// Sums over the events of one customer, UTC day of `started_at`, currency, provider, routed model, and meter.
///
/// Sums over rows equal sums over events exactly. An event whose cost and charge are in two currencies is counted
/// under its cost's; only its charge is under the other.
#[derive(Clone, PartialEq, Debug)]
pub struct AggregateRow {
    /// Who is billed.
    pub customer: CustomerId,
    /// Days since the epoch, UTC.
    pub day: i32,
    /// The currency of `cost` and `charge`.
    pub currency: Currency,
    /// Who served it, as configured.
    pub provider: ProviderName,
    /// The model that was asked for upstream.
    pub model: ModelName,
    /// The meter; absent on the per-event row, which alone counts events and holds what belongs to no meter.
    pub meter: Option<Meter>,
    /// Consumed, in the meter's unit.
    pub quantity: Decimal,
    /// What the provider charges us, over events whose cost is known.
    pub cost: Decimal,
    /// What the customer pays, over events whose charge is known.
    pub charge: Decimal,
    /// How many events (per-event row).
    pub events: u64,
    /// How many of them have no cost amount (per-event row).
    pub unpriced: u64,
    /// How many of them have no charge amount (per-event row).
    pub unrated: u64,
}
