//! Metrics in the OpenMetrics text format: what happened on the path of a call, and how the ledger is. No customer label.

use std::sync::atomic::AtomicU64;

use prometheus_client::{
    encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};
use weighbridge_domain::{Meter, Text, UsageEvent};
use weighbridge_gateway::Observer;
use weighbridge_ledger::Stats;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallLabels {
    status: &'static str,
    dialect: Shared<Text>,
    provider: Shared<Text>,
}

/// A label that is shared with the record: told on the path of every call, so nothing is copied.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Shared<T>(T);

impl EncodeLabelValue for Shared<Text> {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), std::fmt::Error> {
        EncodeLabelValue::encode(&&*self.0, encoder)
    }
}
impl EncodeLabelValue for Shared<Meter> {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), std::fmt::Error> {
        EncodeLabelValue::encode(&self.0.as_str(), encoder)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RefusalLabels {
    code: String,
    dialect: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct MeterLabels {
    meter: Shared<Meter>,
    source: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StandingLabels {
    what: &'static str,
    status: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ProviderLabels {
    provider: String,
}

/// Everything that is measured.
pub struct Metrics {
    registry: Registry,
    calls: Family<CallLabels, Counter>,
    refusals: Family<RefusalLabels, Counter>,
    quantities: Family<MeterLabels, Counter>,
    standing: Family<StandingLabels, Counter>,
    duration: Histogram,
    in_flight: Gauge,
    providers_up: Family<ProviderLabels, Gauge>,
    ledger: LedgerGauges,
}

#[derive(Default)]
struct LedgerGauges {
    events: Gauge<u64, AtomicU64>,
    held: Gauge<u64, AtomicU64>,
    backlog: Gauge<u64, AtomicU64>,
    segments: Gauge<u64, AtomicU64>,
    journal_bytes: Gauge<u64, AtomicU64>,
    store_bytes: Gauge<u64, AtomicU64>,
    free_bytes: Gauge<u64, AtomicU64>,
    commits: Gauge<u64, AtomicU64>,
    write_failures: Gauge<u64, AtomicU64>,
    available: Gauge<u64, AtomicU64>,
}

/// Upper bounds in seconds: from an answer out of a cache to a long reasoning stream.
const DURATION_BUCKETS: [f64; 12] = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0];

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("weighbridge");
        let duration = Histogram::new(DURATION_BUCKETS);
        let (calls, refusals, quantities, standing) = (Family::default(), Family::default(), Family::default(), Family::default());
        let (in_flight, providers_up, ledger) = (Gauge::default(), Family::default(), LedgerGauges::default());
        registry.register("calls", "Attempts that were settled, by how they ended", Family::clone(&calls));
        registry.register("refusals", "Calls that the gateway refused, by the refusal's code", Family::clone(&refusals));
        registry.register("quantities", "What was metered, in each meter's unit, by who says so", Family::clone(&quantities));
        registry.register("records", "Records by the standing of their cost and charge", Family::clone(&standing));
        registry.register("call_duration_seconds", "From an attempt's begin to its settlement", duration.clone());
        registry.register("calls_in_flight", "Calls that have not settled", in_flight.clone());
        registry.register("provider_up", "1 while the provider is called as usual, 0 while it is left alone after failures", Family::clone(&providers_up));
        let mut gauge = |name: &str, help: &str, gauge: &Gauge<u64, AtomicU64>| registry.register(name, help, gauge.clone());
        gauge("ledger_events", "Durable events", &ledger.events);
        gauge("ledger_held", "Open reservations", &ledger.held);
        gauge("ledger_backlog_events", "Durable events that are not yet in the queryable store", &ledger.backlog);
        gauge("ledger_segments", "Journal segments", &ledger.segments);
        gauge("ledger_journal_bytes", "Bytes in the journal", &ledger.journal_bytes);
        gauge("ledger_store_bytes", "Bytes of the queryable store on disk", &ledger.store_bytes);
        gauge("ledger_free_bytes", "Bytes that the file system has left", &ledger.free_bytes);
        gauge("ledger_commits", "Group commits since the start", &ledger.commits);
        gauge("ledger_write_failures", "Write failures since the start", &ledger.write_failures);
        gauge("ledger_available", "1 while new reservations are taken", &ledger.available);
        Self { registry, calls, refusals, quantities, standing, duration, in_flight, providers_up, ledger }
    }
}

impl Metrics {
    /// The text that `/metrics` answers with.
    pub fn render(&self, stats: &Stats, calls_in_flight: usize, providers_up: &[(String, bool)]) -> String {
        // A reload may have taken providers away.
        self.providers_up.clear();
        for (provider, up) in providers_up {
            self.providers_up.get_or_create(&ProviderLabels { provider: provider.clone() }).set(i64::from(*up));
        }
        let ledger = &self.ledger;
        ledger.events.set(stats.events);
        ledger.held.set(stats.held);
        ledger.backlog.set(stats.backlog_events);
        ledger.segments.set(stats.segments);
        ledger.journal_bytes.set(stats.journal_bytes);
        ledger.store_bytes.set(stats.store_bytes);
        ledger.free_bytes.set(stats.free_bytes);
        ledger.commits.set(stats.commits);
        ledger.write_failures.set(stats.write_failures);
        ledger.available.set(u64::from(stats.unavailable.is_none()));
        self.in_flight.set(i64::try_from(calls_in_flight).unwrap_or(i64::MAX));
        let mut text = String::new();
        // Writing into a String does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

impl Observer for Metrics {
    fn settled(&self, event: &UsageEvent) {
        let labels = CallLabels { status: event.status.as_str(), dialect: Shared(event.dialect.clone()), provider: Shared(event.provider.text().clone()) };
        self.calls.get_or_create(&labels).inc();
        for quantity in event.usage.iter() {
            let labels = MeterLabels { meter: Shared(quantity.meter.clone()), source: quantity.source.as_str() };
            self.quantities.get_or_create(&labels).inc_by(u64::try_from(quantity.value.trunc()).unwrap_or(0));
        }
        self.standing.get_or_create(&StandingLabels { what: "cost", status: event.cost.status.as_str() }).inc();
        self.standing.get_or_create(&StandingLabels { what: "charge", status: event.charge.status.as_str() }).inc();
        self.duration.observe(std::time::Duration::from_millis(event.duration_ms.into()).as_secs_f64());
    }
    fn refused(&self, dialect: &str, code: &str) {
        self.refusals.get_or_create(&RefusalLabels { code: code.to_owned(), dialect: dialect.to_owned() }).inc();
    }
}
