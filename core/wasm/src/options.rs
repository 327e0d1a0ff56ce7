//! What an operator may set: limits per kind of plugin, where compiled plugins are kept.

use std::path::PathBuf;
use std::sync::Arc;

use weighbridge_domain::{Clock, time::SystemClock};
use weighbridge_plugin_api::Kind;

/// What one kind of plugin may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Linear memory of one instance, in MiB.
    pub memory_mib: u64,
    /// CPU time of one call, in milliseconds. (Wall time has a cap of its own, far above: a machine under load that does not
    /// let the thread run must not fail a customer's call.)
    pub deadline_ms: u64,
}

/// How the host runs plugins.
#[derive(Clone)]
pub struct HostOptions {
    /// Where compiled plugins are kept between starts; `None`: compiled again at each start. Whoever can write here can run
    /// code in the host: it belongs into the data folder, with the data folder's permissions.
    pub cache_dir: Option<PathBuf>,
    /// Limits of adapters.
    pub adapter: Limits,
    /// Limits of counters.
    pub counter: Limits,
    /// Limits of pricing rules.
    pub pricing: Limits,
    /// CPU time that an instance may take to be configured, in milliseconds; once for each instance, off the path of most calls.
    pub configure_ms: u64,
    /// Instances that exist at most, over all plugins.
    pub instances: u32,
    /// For the circuit breaker and the log's rate limit.
    pub clock: Arc<dyn Clock>,
}

impl Default for HostOptions {
    fn default() -> Self {
        Self {
            cache_dir: None,
            adapter: Limits { memory_mib: 16, deadline_ms: 5 },
            counter: Limits { memory_mib: 64, deadline_ms: 20 },
            pricing: Limits { memory_mib: 16, deadline_ms: 10 },
            configure_ms: 1_000,
            instances: 512,
            clock: Arc::new(SystemClock),
        }
    }
}

impl HostOptions {
    pub(crate) fn limits(&self, kind: Kind) -> Limits {
        match kind {
            Kind::Adapter => self.adapter,
            Kind::Counter => self.counter,
            Kind::Pricing | Kind::Exporter => self.pricing,
        }
    }
    pub(crate) fn largest_memory_mib(&self) -> u64 {
        self.adapter.memory_mib.max(self.counter.memory_mib).max(self.pricing.memory_mib)
    }
}

impl std::fmt::Debug for HostOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HostOptions").field("cache_dir", &self.cache_dir).field("instances", &self.instances).finish_non_exhaustive()
    }
}
