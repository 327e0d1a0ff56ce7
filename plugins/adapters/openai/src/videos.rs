//! Films: `openai.videos`. The answer says that one is begun; the object that says it is done says how long it is, and what its
//! price depends on: its size.

use weighbridge_plugin::{
    adapter::{Fact, Framing, Plan, Quantity, UsageReading},
    facts::Facts,
};

use crate::{
    config::{Config, Dialect},
    plan::{Rules, passing},
    reading,
};

/// The meter of a film's length.
const SECONDS: &str = "video_seconds";

/// The plan for films: nothing is read of a request but the model.
pub fn plan(config: &Config) -> Plan {
    let mut rules = Rules::body();
    [("seconds", "/seconds"), ("size", "/size"), ("status", "/status")].into_iter().for_each(|(name, pointer)| rules.add(name, pointer));
    rules.names(config);
    rules.also(config);
    Plan { body_facts: rules.list, framing: Framing::None, ..passing(config, Dialect::Videos, &["/model"]) }
}

/// Facts to quantities. Only what is done has a length that is paid for: while a film is made, its object tells the length
/// that was asked for, and of one that failed as well.
pub fn read_usage(config: &Config, facts: &[Fact]) -> UsageReading {
    let mut facts = Facts::new(facts);
    let mut reading = reading::begin(&mut facts);
    let done = facts.text("status").as_deref() == Some("completed");
    // The API gives the number as a text.
    let seconds = facts.text("seconds").and_then(|text| weighbridge_plugin::exact::parse(&text)).or_else(|| facts.number("seconds"));
    if done {
        match seconds.filter(|seconds| !seconds.is_sign_negative()) {
            Some(seconds) => reading.quantities.push(Quantity::new(SECONDS, seconds)),
            None => facts.doubt("video_length_unknown").unwrap_or_default(),
        }
    }
    reading.dimensions.extend(facts.text("size").map(|size| ("size".to_owned(), size)));
    reading::finish(config, facts, reading)
}
