//! The path of a call, one file per verb. Start at [`pipeline`].
//!
//! `call` (accept) → `authenticate` → `route` → `admit` → `adapt` → `upstream` → `meter` → `settle` (rate, commit) →
//! `respond`, with `stream` and `forward` for answers that are streamed and `ends` for calls that end early. `attempt`
//! says what is tried next, by `retry` and `health`. `resources` is about what calls leave at a provider for later ones.

mod adapt;
mod admit;
pub mod answer;
mod attempt;
pub mod authenticate;
pub mod call;
mod client_frames;
mod coding;
mod counting;
mod credential;
mod detach;
pub mod dialect;
pub mod directory;
mod ends;
mod forward;
pub mod gateway;
pub mod health;
mod idle;
pub mod json;
mod limits;
pub mod meter;
mod models;
mod name;
mod peek;
pub mod pipeline;
pub mod policy;
mod query;
mod receive;
mod record;
pub mod refusal;
pub mod resources;
pub mod respond;
mod retry;
pub mod route;
pub mod serve;
mod settle;
mod stream;
pub mod upstream;
mod weigh;

pub use dialect::{BadDialect, Dialects};
pub use directory::Directory;
pub use gateway::{Gateway, GatewayError, GatewayOptions, GatewayParts, NoObserver, Observer};
pub use health::{CircuitState, Health, HealthReport};
pub use policy::{BareNames, CircuitPolicy, RetryPolicy, RoutingPolicy};
pub use route::{Alias, Candidate, Routes, Strategy, Target, Wanted};
pub use serve::serve;
pub use upstream::{Provider, ProviderError, ProviderSetup, Timeouts};
