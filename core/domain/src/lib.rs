//! The words everyone shares: ids, money, meters and usage, costs and charges, events, time.
//!
//! No I/O and no async: everything here can be tested with values alone. The system clock and the
//! system's randomness are each read in one place ([`time::SystemClock`], [`ids::RandomIds`]).

pub mod account;
pub mod charge;
pub mod cost;
pub mod event;
pub mod exact;
pub mod ids;
pub mod meter;
pub mod money;
pub mod record;
pub mod secret;
pub mod time;

pub use account::{ApiKey, Customer, PlanDocument, RuleSheet};
pub use charge::{Charge, ChargeLine, ChargeStatus, RuleRef};
pub use cost::{Cost, CostLine, CostStatus, StatedCost};
pub use event::{EventStatus, UsageEvent};
pub use exact::Inexact;
pub use ids::{CustomerId, Digest, EventId, IdSource, KeyId, ModelName, PlanId, ProviderName};
pub use meter::{Meter, Source, Usage};
pub use money::{Currency, Money};
pub use record::{ChargeRecord, CostRecord, Record};
pub use rust_decimal::Decimal;
pub use secret::Secret;
pub use time::{Clock, Timestamp};

/// Shared text: cheap to clone onto a record.
pub type Text = std::sync::Arc<str>;
