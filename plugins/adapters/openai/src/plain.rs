//! Dialects that a provider declares and whose answers report no tokens: pages, for example.

use weighbridge_plugin::{
    adapter::{Fact, Framing, Plan, UsageReading},
    facts::Facts,
};

use crate::{
    config::{Config, Dialect},
    plan::{Rules, passing},
    pointers::Pointer,
    reading,
};

/// A plan that reads the model and the meters that are named.
pub fn plan(config: &Config, meters: &[Pointer]) -> Plan {
    let mut rules = Rules::body();
    rules.named(meters);
    rules.names(config);
    rules.also(config);
    Plan { body_facts: rules.list, framing: Framing::None, ..passing(config, Dialect::Plain, &["/model"]) }
}

/// Facts to quantities.
pub fn read_usage(config: &Config, meters: &[Pointer], facts: &[Fact]) -> UsageReading {
    let mut facts = Facts::new(facts);
    let mut reading = reading::begin(&mut facts);
    reading::meters(meters, &mut facts, &mut reading);
    reading::finish(config, facts, reading)
}
