//! The adapter as the host drives it.

mod corpus;
mod requests;
mod usage;

use weighbridge_plugin::{
    Adapter,
    adapter::{Plan, UsageReading},
};
use weighbridge_plugin_testkit::{aws, evaluate};

use crate::Bedrock;

/// The adapter with its defaults.
pub fn adapter() -> Bedrock {
    Bedrock::configure("{}").unwrap_or_else(|error| panic!("{}", error.message))
}

/// The plan for a dialect.
pub fn plan(dialect: &str) -> Plan {
    adapter().plans().into_iter().find(|plan| plan.dialect == dialect).expect("a plan")
}

/// What a whole answer used, with these headers, to this request.
pub fn read_with(dialect: &str, body: &str, headers: &[(&str, &str)], request: &str) -> UsageReading {
    let plan = plan(dialect);
    let headers: Vec<(String, String)> = headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    let mut facts = evaluate::body_facts(&plan, body.as_bytes());
    facts.extend(evaluate::header_facts(&plan, &headers));
    facts.extend(evaluate::request_facts(&plan, request.as_bytes()));
    adapter().read_usage(dialect, &facts).expect("a reading")
}

/// What a whole answer used.
pub fn read(dialect: &str, body: &str) -> UsageReading {
    read_with(dialect, body, &[], "{}")
}

/// What a stream of these events used.
pub fn read_stream(dialect: &str, events: &[(&str, &str)]) -> UsageReading {
    let stream: Vec<u8> = events.iter().flat_map(|(name, data)| aws::message_of(&[(":event-type", name)], data.as_bytes())).collect();
    adapter().read_usage(dialect, &evaluate::event_facts(&plan(dialect), &aws::events(&stream))).expect("a reading")
}

/// Quantities, what was counted in brackets, and doubts, in one line.
pub fn line(reading: &UsageReading) -> String {
    let quantities = reading.quantities.iter().map(|quantity| format!("{}={}", quantity.meter, quantity.value));
    let counted = reading.counted.iter().map(|quantity| format!("({}={})", quantity.meter, quantity.value));
    quantities.chain(counted).chain(reading.doubts.iter().cloned()).collect::<Vec<_>>().join(" ")
}
