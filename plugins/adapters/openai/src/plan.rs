//! Parts that the plans of several dialects have in common.

use weighbridge_plugin::adapter::{Auth, Combine, EventFilter, FactRule, Framing, Plan, View};

use crate::config::{Config, Dialect, UsagePointers};

/// The usage facts by name, as `tokens` reads them.
pub fn usage_rules(usage: &UsagePointers) -> Vec<(&'static str, &[String])> {
    vec![
        ("input", &usage.input),
        ("cached", &usage.cached),
        ("cache_miss", &usage.cache_miss),
        ("cache_write", &usage.cache_write),
        ("input_audio", &usage.input_audio),
        ("input_image", &usage.input_image),
        ("input_video", &usage.input_video),
        ("output", &usage.output),
        ("reasoning", &usage.reasoning),
        ("output_audio", &usage.output_audio),
        ("output_image", &usage.output_image),
        ("total", &usage.total),
    ]
}

/// All facts of an answer: usage, other meters, tier and model. A name may stand several times: the first that is there counts.
pub fn facts(config: &Config, events: Option<EventFilter>) -> Vec<FactRule> {
    let rule = |name: &str, pointer: &String| FactRule { name: name.into(), pointer: pointer.clone(), events: events.clone(), combine: Combine::Last };
    let mut rules: Vec<FactRule> = Vec::new();
    for (name, pointers) in usage_rules(&config.usage) {
        rules.extend(pointers.iter().map(|pointer| rule(name, pointer)));
    }
    rules.extend(config.meters.iter().map(|(meter, pointer)| rule(&meter_fact(meter), pointer)));
    rules.extend(names(config, events.as_ref(), Combine::Last));
    rules
}

/// The tier and the model.
pub fn names(config: &Config, events: Option<&EventFilter>, combine: Combine) -> Vec<FactRule> {
    let named = [("service_tier", &config.service_tier), ("model", &config.model)];
    let rules = named.into_iter().flat_map(|(name, pointers)| pointers.iter().map(move |pointer| (name, pointer)));
    rules.map(|(name, pointer)| FactRule { name: name.into(), pointer: pointer.clone(), events: events.cloned(), combine }).collect()
}

/// The fact of an own meter.
pub fn meter_fact(meter: &str) -> String {
    format!("meter.{meter}")
}

/// Events that hold a usage report. Its own member names are looked for, not `usage`: while a stream that was asked for usage
/// runs, every chunk says `"usage":null`.
pub fn usage_events(config: &Config) -> EventFilter {
    let members = config.usage.input.iter().chain(&config.usage.output).chain(&config.usage.total);
    let mut contains: Vec<String> = members.filter_map(|pointer| Some(format!("\"{}\"", pointer.rsplit('/').next()?))).collect();
    contains.sort();
    contains.dedup();
    EventFilter::containing(contains)
}

/// Events that report a failure in the middle of a stream: a member `error` that is an object or a text. Inside a string the
/// quotes are escaped, so generated text does not look like it.
pub fn failure_events() -> EventFilter {
    EventFilter::containing([r#""error":{"#, r#""error": {"#, r#""error":""#, r#""error": ""#])
}

/// The event that ends a stream.
pub fn done() -> EventFilter {
    EventFilter::containing(["[DONE]"])
}

/// A plan with what all dialects share: bodies and streams pass untouched, the guest sees these request fields.
pub fn passing(config: &Config, dialect: Dialect, fields: &[&str]) -> Plan {
    Plan {
        dialect: dialect.as_str().into(),
        auth: config.auth().unwrap_or(Auth::Bearer),
        request_view: View::Fields(fields.iter().map(|field| (*field).into()).collect()),
        framing: Framing::Sse,
        ..Plan::default()
    }
}

/// Text rules: the member that an event must hold, and the pointer.
pub fn event_texts<'a>(pointers: impl IntoIterator<Item = (&'a str, String)>) -> Vec<FactRule> {
    let rule =
        |(member, pointer)| FactRule { name: "text".into(), pointer, events: Some(EventFilter::containing([format!("\"{member}\"")])), combine: Combine::Last };
    pointers.into_iter().map(rule).collect()
}

/// Pointers as strings.
pub fn strings(pointers: &[&str]) -> Vec<String> {
    pointers.iter().map(|pointer| (*pointer).into()).collect()
}
