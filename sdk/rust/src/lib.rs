//! Write a Weighbridge plugin in Rust: fill a trait, register the type, build for `wasm32-unknown-unknown`.
//!
//! | you write | trait | macro |
//! |---|---|---|
//! | a provider's adapter | [`Adapter`] | [`register_adapter!`] |
//! | a token counter | [`Counter`] | [`register_counter!`] |
//! | a pricing rule | [`PricingRule`] | [`register_pricing_rule!`] |
//!
//! The crate is a `cdylib`. On any other target than wasm the macros expand to nothing, so the logic is tested by a plain
//! `cargo test`. A guest has no clock, no randomness, no files and no network: it sees what it is given and returns a value.
//!
//! ```
//! use weighbridge_plugin::{Counter, PluginError, counter::{Count, CounterInfo}, register_counter};
//!
//! struct FourBytes;
//!
//! impl Counter for FourBytes {
//!     fn configure(_config: &str) -> Result<Self, PluginError> {
//!         Ok(Self)
//!     }
//!     fn info(&self) -> CounterInfo {
//!         CounterInfo { tokenizer: "four-bytes".into(), models: vec!["acme-*".into()], ..CounterInfo::default() }
//!     }
//!     fn count_texts(&self, _model: &str, texts: &[String]) -> Result<Vec<Count>, PluginError> {
//!         Ok(texts.iter().map(|text| Count { tokens: text.len().div_ceil(4) as u64, exact: false }).collect())
//!     }
//! }
//!
//! register_counter!(FourBytes);
//! # fn main() {}
//! ```

mod decimal;
mod error;
mod slot;

pub mod adapter;
#[doc(hidden)]
#[allow(missing_docs)]
pub mod bindings;
pub mod counter;
pub mod exact;
pub mod facts;
pub mod log;
pub mod meter;
pub mod pricing;

pub use adapter::Adapter;
pub use counter::Counter;
pub use error::{ErrorKind, PluginError};
pub use pricing::PricingRule;
pub use rust_decimal::Decimal;
#[doc(hidden)]
pub use slot::Slot;

/// What most plugins need of their own results.
pub type Result<T, E = PluginError> = std::result::Result<T, E>;
