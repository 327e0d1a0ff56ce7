//! What an operator can configure: the sections and keys of `weighbridge.toml`, with their defaults.
//!
//! Read in layers (see [`load`]): defaults, then the file, then `WEIGHBRIDGE_SECTION__KEY`, then flags. An unknown key
//! or a wrong type is refused with the file, the key and what was expected; [`providers`] and [`check`] do the same for what
//! only makes sense together, such as a target that names a provider nobody configured.

use std::{collections::BTreeMap, fmt, net::SocketAddr, path::PathBuf};

use serde::{Deserialize, Deserializer};
use weighbridge_domain::{Currency, RuleSheet, account::UnpricedPolicy};

pub mod check;
pub mod environment;
pub mod error;
pub mod load;
pub mod providers;
pub mod routing;
#[cfg(test)]
mod tests;

pub use environment::Environment;
pub use error::{ConfigError, Problem};
pub use load::{Flags, Loaded, load};
pub use routing::{BareNames, Routing, Strategy};

/// The whole configuration.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where it listens.
    pub server: Server,
    /// Where the books are.
    pub store: Store,
    /// The books' manners.
    pub ledger: Ledger,
    /// The admin API.
    pub admin: Admin,
    /// Sizes and patience.
    pub limits: Limits,
    /// Tries, and patience with providers.
    pub routing: Routing,
    /// Batches and jobs that go on after their answer.
    pub jobs: Jobs,
    /// What is logged.
    pub log: Log,
    /// Providers by name.
    pub providers: BTreeMap<String, Provider>,
    /// What clients may ask for by another name.
    pub models: Vec<Model>,
    /// Plugins beyond the built-in ones, and the configuration of those.
    pub plugins: Vec<Plugin>,
    /// Plans by id.
    pub plans: BTreeMap<String, Plan>,
}

/// `[server]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Server {
    /// The data plane.
    #[serde(deserialize_with = "address")]
    pub listen: SocketAddr,
    /// Admin API, metrics and status page.
    #[serde(deserialize_with = "address")]
    pub admin_listen: SocketAddr,
}
impl Default for Server {
    fn default() -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], 4000)), admin_listen: SocketAddr::from(([127, 0, 0, 1], 4001)) }
    }
}

/// `[store]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Store {
    /// Which engine keeps the queryable state.
    pub engine: Engine,
    /// The data folder.
    pub path: PathBuf,
    /// For engines that are reached over the network.
    pub url: Option<String>,
}
impl Default for Store {
    fn default() -> Self {
        Self { engine: Engine::Sled, path: PathBuf::from("./weighbridge-data"), url: None }
    }
}

/// A storage engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// Embedded, in the data folder.
    Sled,
    /// Shared by a fleet; not in this version.
    Postgres,
}

/// `[ledger]`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Ledger {
    /// Whether an answer waits until its record is on the disk.
    pub hold: HoldPolicy,
}

/// Whether an answer waits for its record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HoldPolicy {
    /// It leaves after the record is on the disk.
    #[default]
    Durable,
    /// It does not wait: a power cut may lose the last milliseconds of records.
    Relaxed,
}

/// `[admin]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Admin {
    /// The environment variable with the admin token. Unset: `admin-token` in the data folder is used, and made if missing.
    pub token_env: String,
}
impl Default for Admin {
    fn default() -> Self {
        Self { token_env: "WEIGHBRIDGE_ADMIN_TOKEN".into() }
    }
}

/// `[limits]`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// A larger request body is refused with 413.
    pub max_body_bytes: u64,
    /// How long a request's body may take.
    pub body_timeout_ms: u64,
    /// To reach a provider.
    pub connect_timeout_ms: u64,
    /// From the request to the first byte of the answer.
    pub first_byte_timeout_ms: u64,
    /// Between two reads of an answer.
    pub idle_timeout_ms: u64,
    /// How long calls in flight may take to end after a stop was asked for.
    pub shutdown_grace_ms: u64,
}
impl Default for Limits {
    fn default() -> Self {
        Self {
            max_body_bytes: 32 * 1024 * 1024,
            body_timeout_ms: 60_000,
            connect_timeout_ms: 10_000,
            first_byte_timeout_ms: 600_000,
            idle_timeout_ms: 300_000,
            shutdown_grace_ms: 30_000,
        }
    }
}

/// `[jobs]`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Jobs {
    /// How often a provider is asked about what it is still at work on, and what nobody has fetched yet.
    pub poll_ms: u64,
    /// What was started longer ago and cannot be brought onto the books is given up: it is on record as unknown.
    pub give_up_after_ms: u64,
}
impl Default for Jobs {
    fn default() -> Self {
        Self { poll_ms: 60_000, give_up_after_ms: 72 * 3_600_000 }
    }
}

/// `[log]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// `error`, `warn`, `info`, `debug`, `trace`, or a filter such as `info,weighbridge_ledger=debug`. `RUST_LOG` wins.
    pub level: String,
    /// How a line looks.
    pub format: LogFormat,
}
impl Default for Log {
    fn default() -> Self {
        Self { level: "info".into(), format: LogFormat::Text }
    }
}

/// How a log line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

/// `[providers.<name>]`
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// The adapter's name.
    pub plugin: String,
    /// Absent: the adapter's usual one.
    #[serde(default)]
    pub base_url: Option<String>,
    /// The environment variable of the key. Absent: the adapter's usual one, where `base_url` is the usual one too. Empty: no key.
    #[serde(default)]
    pub api_key_env: Option<String>,
    /// The provider's name in the price book. Absent: what the adapter says.
    #[serde(default)]
    pub price_book: Option<String>,
    /// Handed to the adapter.
    #[serde(default)]
    pub config: BTreeMap<String, toml::Value>,
}

/// `[[models]]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// What clients ask for.
    pub name: String,
    /// In which order the targets are tried.
    #[serde(default)]
    pub strategy: Strategy,
    /// Further tries of the same target; absent: as `[routing]` says.
    #[serde(default)]
    pub retries: Option<u32>,
    /// Where it goes.
    pub targets: Vec<Target>,
}

/// A target of a model.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// The provider's name in `[providers]`.
    pub provider: String,
    /// The model as the provider knows it.
    pub model: String,
    /// Its share among the targets that are no fallbacks.
    #[serde(default = "one")]
    pub weight: u32,
    /// Only when the others failed.
    #[serde(default)]
    pub fallback: bool,
}

/// `[[plugins]]`
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plugin {
    /// A component's file (`plugin.toml` lies beside it), or the name of a built-in.
    pub path: String,
    /// What it may reach.
    #[serde(default)]
    pub grant: Grant,
    /// Handed to it.
    #[serde(default)]
    pub config: BTreeMap<String, toml::Value>,
}

/// What a plugin may reach. Nothing by default.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Grant {
    /// Origins such as `https://api.example.com`.
    pub http: Vec<String>,
}

/// `[plans.<id>]`
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// For people.
    #[serde(default)]
    pub name: Option<String>,
    /// The currency it charges in.
    #[serde(default)]
    pub currency: Currency,
    /// The rules, in order.
    pub rules: Vec<RuleSheet>,
    /// What to do with a model without a price.
    #[serde(default)]
    pub unpriced: UnpricedPolicy,
}

fn one() -> u32 {
    1
}

fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SocketAddr, D::Error> {
    struct AddressVisitor;
    impl serde::de::Visitor<'_> for AddressVisitor {
        type Value = SocketAddr;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an address and a port such as \"127.0.0.1:4000\"")
        }
        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<SocketAddr, E> {
            text.parse().map_err(|_| E::invalid_value(serde::de::Unexpected::Str(text), &self))
        }
    }
    deserializer.deserialize_any(AddressVisitor)
}
