//! Everything that runs, in one place, for the admin API: the office, the gateway, what is configured, the metrics.

use std::sync::Arc;

use arc_swap::ArcSwap;
use weighbridge_gateway::{CircuitState, Gateway, Provider, Routes};
use weighbridge_wasm::PluginHost;

use crate::{
    config::{Loaded, providers::Resolved},
    metrics::Metrics,
    office::Office,
};

/// A running Weighbridge.
pub struct App {
    /// Customers, keys, plans, prices.
    pub office: Office,
    /// The path of a call.
    pub gateway: Arc<Gateway>,
    /// Providers and aliases, swapped by a reload.
    pub routes: Arc<ArcSwap<Routes>>,
    /// The plugins.
    pub plugins: PluginHost,
    /// What is configured now.
    pub settings: ArcSwap<Settings>,
    /// What is measured.
    pub metrics: Arc<Metrics>,
    /// Documents that could not be read at the start, one line each.
    pub troubles: Vec<String>,
}

/// The configuration and what followed from it.
pub struct Settings {
    /// As it was read.
    pub loaded: Loaded,
    /// The providers that are on, by name.
    pub providers: Vec<Resolved>,
}

impl App {
    /// The providers by name, and whether each is called as usual.
    pub fn providers_up(&self) -> Vec<(String, bool)> {
        let now = self.office.now();
        let up = |provider: &Provider| provider.health.report(now).state == CircuitState::Closed;
        let mut providers: Vec<_> = self.routes.load().providers.iter().map(|(name, provider)| (name.clone(), up(provider))).collect();
        providers.sort();
        providers
    }
    /// Runs a read of the books off the async workers.
    pub async fn blocking<T: Send + 'static, E: Send + 'static>(self: &Arc<Self>, work: impl FnOnce(&App) -> Result<T, E> + Send + 'static) -> Result<T, E> {
        let app = self.clone();
        match tokio::task::spawn_blocking(move || work(&app)).await {
            Ok(result) => result,
            Err(stopped) => std::panic::resume_unwind(stopped.into_panic()),
        }
    }
}
