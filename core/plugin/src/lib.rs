//! The four sockets that plugins fill, as traits; the manifest; errors with blame.
//!
//! No wasmtime here: the gateway, pricing and billing know only these traits. `core/wasm` fills them with sandboxed
//! components, tests fill them with plain structs. The contract that guests compile against is `sdk/wit/v0_1_0`;
//! the types here say the same in Rust.

pub mod adapter;
pub mod counter;
pub mod dialect;
pub mod error;
pub mod exporter;
pub mod manifest;
pub mod pricing;

pub use adapter::Adapter;
pub use counter::Counter;
pub use dialect::{BodyKind, DialectFacts};
pub use error::{Blame, Failure, PluginError, PluginIdentity};
pub use exporter::Exporter;
pub use manifest::{Kind, Manifest, ProviderFacts};
pub use pricing::PricingRule;
