//! The adapter as the host drives it: configured from its manifest, plans evaluated over answers, facts turned into usage.

mod bedrock_mantle;
mod corpus;
mod providers;
mod requests;
mod translated;
mod units;
mod usage;

use weighbridge_plugin::{
    Adapter,
    adapter::{Plan, UsageReading},
};
use weighbridge_plugin_testkit::{evaluate, sse};

use crate::OpenAi;

/// The adapter with this `[config]`.
pub fn adapter(config: &str) -> OpenAi {
    let config: toml::Table = config.parse().expect("TOML");
    OpenAi::configure(&serde_json::to_string(&config).expect("JSON")).unwrap_or_else(|error| panic!("{}", error.message))
}

/// The plan for a dialect.
pub fn plan(adapter: &OpenAi, dialect: &str) -> Plan {
    adapter.plans().into_iter().find(|plan| plan.dialect == dialect).expect("a plan")
}

/// What a whole answer used.
pub fn read(config: &str, dialect: &str, body: &str) -> UsageReading {
    let adapter = adapter(config);
    adapter.read_usage(dialect, &evaluate::body_facts(&plan(&adapter, dialect), body.as_bytes())).expect("a reading")
}

/// What a stream used.
pub fn read_stream(config: &str, dialect: &str, stream: &str) -> UsageReading {
    let adapter = adapter(config);
    adapter.read_usage(dialect, &evaluate::event_facts(&plan(&adapter, dialect), &sse::events(stream.as_bytes()))).expect("a reading")
}

/// Quantities and doubts in one line.
pub fn line(reading: &UsageReading) -> String {
    let quantities: Vec<String> = reading.quantities.iter().map(|quantity| format!("{}={}", quantity.meter, quantity.value)).collect();
    format!("{} {}", quantities.join(" "), reading.doubts.join(" ")).trim().to_owned()
}
