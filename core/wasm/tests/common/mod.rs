//! A host for tests, with a clock moved by hand, and a call to make.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, reason = "for tests; an example includes it too")]

use std::sync::{Arc, LazyLock};

use weighbridge_domain::{CostLine, Currency, CustomerId, EventId, Meter, ModelName, ProviderName, Source, Timestamp, Usage, time::ManualClock};
use weighbridge_plugin_api::pricing::{PricingRule, PricingRules, RatedUsage, Rating, RatingInput};
use weighbridge_plugin_api::{Kind, Manifest, PluginError};
use weighbridge_wasm::{HostOptions, PluginHost};

/// A manifest.
pub fn manifest(name: &str, kind: &str) -> Manifest {
    Manifest::parse(&format!("name = \"{name}\"\nversion = \"1.0.0\"\nkind = \"{kind}\"\ncontract = \"0.1.0\"\ndescription = \"for tests\"\n")).unwrap()
}

/// A host with the hostile rule installed.
pub fn host(options: HostOptions) -> PluginHost {
    let host = PluginHost::new(options).unwrap();
    host.install(manifest("hostile", "pricing"), weighbridge_hostile::PRICING).unwrap();
    host
}

/// One host, with every plugin there is, for the tests that need nothing special of it: compiling takes a while.
pub fn shared() -> &'static PluginHost {
    static HOST: LazyLock<PluginHost> = LazyLock::new(|| {
        let host = host(HostOptions::default());
        host.install(manifest("hostile", "adapter"), weighbridge_hostile::ADAPTER).unwrap();
        for plugin in weighbridge_bundle::first_party() {
            install(&host, plugin);
        }
        host
    });
    &HOST
}

/// Installs a plugin of the program.
pub fn install(host: &PluginHost, plugin: &weighbridge_bundle::Bundled) {
    let manifest = Manifest::parse(plugin.manifest).unwrap();
    match (plugin.wasm, plugin.digest) {
        (Some(wasm), Some(digest)) => drop(host.install_embedded(manifest, wasm, weighbridge_domain::Digest(digest))),
        _ if manifest.native.is_some() => drop(host.install_native(manifest, weighbridge_domain::Digest::of(b""))),
        _ => drop(host.install_data(manifest).unwrap()),
    }
}

/// A clock at some moment of 2026.
pub fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at(Timestamp::from_micros(1_790_000_000_000_000)))
}

/// A call that consumed something, and what it cost.
pub struct Call {
    customer: CustomerId,
    provider: ProviderName,
    model: ModelName,
    usage: Usage,
    cost: Vec<CostLine>,
}

impl Call {
    /// Five meters of a model.
    pub fn of(model: &str) -> Self {
        let meters = [Meter::INPUT, Meter::CACHE_READ, Meter::CACHE_WRITE_5M, Meter::OUTPUT, Meter::REASONING];
        let mut usage = Usage::new();
        let mut cost = Vec::new();
        for (at, meter) in meters.into_iter().enumerate() {
            let quantity = (100 * (at as i64 + 1)).into();
            usage.insert(meter.clone(), quantity, Source::Reported).unwrap();
            let rate = (at as i64 + 1).into();
            let amount = weighbridge_domain::exact::div_power_of_ten(quantity * rate, 1_000_000.into()).unwrap();
            cost.push(CostLine { meter, quantity, rate, per: 1_000_000.into(), amount, price_id: "p".into(), price_version: 1, note: None });
        }
        Self { customer: "acme".into(), provider: "acme-ai".into(), model: model.into(), usage, cost }
    }
    /// As a rule sees it.
    pub fn input(&self) -> RatingInput<'_> {
        let usage = RatedUsage {
            id: EventId::from_bytes([7; 16]),
            customer: &self.customer,
            occurred_at: Timestamp::from_micros(1_790_000_000_000_000),
            provider: &self.provider,
            model: &self.model,
            usage: &self.usage,
            dimensions: Vec::new(),
        };
        RatingInput { usage, currency: Currency::USD, cost: &self.cost, so_far: &[], aggregates: &[] }
    }
}

/// Rates a call of this model.
pub fn rate(rule: &dyn PricingRule, model: &str) -> Result<Rating, PluginError> {
    rule.rate(&Call::of(model).input())
}

/// The hostile rule, with a sheet of its own so that tests do not share its circuit.
pub fn hostile_rule(host: &PluginHost, sheet: &str) -> Arc<dyn PricingRule> {
    host.load("hostile", sheet).unwrap()
}

/// Whether a plugin is there.
pub fn has(host: &PluginHost, kind: Kind, name: &str) -> bool {
    host.list().iter().any(|plugin| plugin.manifest.kind == kind && plugin.manifest.name == name)
}
