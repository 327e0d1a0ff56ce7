//! The adapter as the host drives it.

mod corpus;
mod requests;
mod usage;

use weighbridge_plugin::{
    Adapter,
    adapter::{Event, Plan, UsageReading},
};
use weighbridge_plugin_testkit::evaluate;

use crate::Cohere;

/// The adapter.
pub fn adapter() -> Cohere {
    Cohere::configure("{}").unwrap_or_else(|error| panic!("{}", error.message))
}

/// The plan for a dialect.
pub fn plan(dialect: &str) -> Plan {
    adapter().plans().into_iter().find(|plan| plan.dialect == dialect).expect("a plan")
}

/// What a whole answer used, in one line.
pub fn read(dialect: &str, body: &str) -> String {
    line(&adapter().read_usage(dialect, &evaluate::body_facts(&plan(dialect), body.as_bytes())).expect("a reading"))
}

/// What a stream used, in one line.
pub fn read_events(dialect: &str, events: &[Event]) -> String {
    line(&adapter().read_usage(dialect, &evaluate::event_facts(&plan(dialect), events)).expect("a reading"))
}

/// Quantities and doubts in one line.
fn line(reading: &UsageReading) -> String {
    let quantities = reading.quantities.iter().map(|quantity| format!("{}={}", quantity.meter, quantity.value));
    quantities.chain(reading.doubts.iter().cloned()).collect::<Vec<_>>().join(" ")
}
