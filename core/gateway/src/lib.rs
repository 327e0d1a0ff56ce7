//! The path of a call, one file per verb. Start at [`pipeline`].
//!
//! `call` (accept) → `authenticate` → `route` → `admit` → `adapt` → `upstream` → `meter` → `settle` (rate, commit) →
//! `respond`, with `stream` and `forward` for answers that are streamed and `ends` for calls that end early.

mod adapt;
mod admit;
pub mod answer;
pub mod authenticate;
pub mod call;
mod detach;
pub mod dialect;
pub mod directory;
mod ends;
mod forward;
pub mod gateway;
mod idle;
pub mod json;
mod limits;
pub mod meter;
mod models;
pub mod pipeline;
mod query;
mod receive;
pub mod refusal;
pub mod respond;
pub mod route;
pub mod serve;
mod settle;
mod stream;
pub mod upstream;
mod weigh;

pub use dialect::{BadDialect, Dialects};
pub use directory::Directory;
pub use gateway::{Gateway, GatewayOptions, GatewayParts, NoObserver, Observer};
pub use route::{Candidate, Routes, Target};
pub use serve::serve;
pub use upstream::{Provider, ProviderError, ProviderSetup, Timeouts};
