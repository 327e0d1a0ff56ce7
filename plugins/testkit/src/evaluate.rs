//! Evaluates a plan: facts and texts by pointer, events by filter.

use serde_json::Value;
use weighbridge_plugin::adapter::{Combine, Event, EventFilter, Fact, FactRule, Plan};

/// The facts of a whole answer; none where it is not JSON.
pub fn body_facts(plan: &Plan, body: &[u8]) -> Vec<Fact> {
    facts(&plan.body_facts, body)
}

/// The facts of the client's request; none where it is not JSON.
pub fn request_facts(plan: &Plan, request: &[u8]) -> Vec<Fact> {
    facts(&plan.request_facts, request)
}

/// The facts of an answer's headers, given by their names in lower case. A number stays one, anything else is a string.
pub fn header_facts(plan: &Plan, headers: &[(String, String)]) -> Vec<Fact> {
    let fact = |rule: &FactRule| {
        let (_, value) = headers.iter().find(|(name, _)| *name == rule.pointer)?;
        let json = if value.parse::<serde_json::Number>().is_ok() { value.clone() } else { Value::from(value.as_str()).to_string() };
        Some(Fact { name: rule.name.clone(), json })
    };
    plan.header_facts.iter().filter_map(fact).collect()
}

fn facts(rules: &[FactRule], body: &[u8]) -> Vec<Fact> {
    let Ok(body) = serde_json::from_slice::<Value>(body) else { return Vec::new() };
    rules.iter().filter_map(|rule| fact(rule, present(&body, &rule.pointer))).collect()
}

/// The facts of a stream.
pub fn event_facts(plan: &Plan, events: &[Event]) -> Vec<Fact> {
    plan.event_facts.iter().filter_map(|rule| event_fact(rule, events)).collect()
}

fn event_fact(rule: &FactRule, events: &[Event]) -> Option<Fact> {
    let passing = events.iter().filter(|event| rule.events.as_ref().is_none_or(|filter| passes(filter, event)));
    let values = passing.filter_map(|event| Some(present(&serde_json::from_slice(&event.data).ok()?, &rule.pointer)));
    fact(rule, values.flatten().collect())
}

fn fact(rule: &FactRule, values: Vec<Value>) -> Option<Fact> {
    let value = match rule.combine {
        Combine::First => values.first()?.clone(),
        Combine::Last => values.last()?.clone(),
        Combine::Max => values.iter().max_by_key(|value| value.as_u64())?.clone(),
        Combine::All if values.is_empty() => return None,
        Combine::All => Value::Array(values),
        Combine::Sum if values.is_empty() => return None,
        Combine::Sum => values.iter().filter_map(Value::as_u64).sum::<u64>().into(),
    };
    Some(Fact { name: rule.name.clone(), json: value.to_string() })
}

/// What is there and not null, `*` standing for every element or member.
fn present(body: &Value, pointer: &str) -> Vec<Value> {
    let segments: Vec<&str> = pointer.split('/').skip(1).collect();
    let mut found = Vec::new();
    collect(body, &segments, &mut |value| found.push(value.clone()));
    found.retain(|value| !value.is_null());
    found
}

/// Whether an event passes a filter.
pub fn passes(filter: &EventFilter, event: &Event) -> bool {
    let data = String::from_utf8_lossy(&event.data);
    let named = filter.names.is_empty() || event.name.as_ref().is_some_and(|name| filter.names.contains(name));
    named && (filter.contains.is_empty() || filter.contains.iter().any(|text| data.contains(text)))
}

/// Whether an event is the one that ends a stream: a marker that begins with a quote may stand anywhere, any other begins it.
pub fn ends(filter: &EventFilter, event: &Event) -> bool {
    let marks = |marker: &String| {
        let data = String::from_utf8_lossy(&event.data);
        if marker.starts_with('"') { data.contains(marker.as_str()) } else { data.trim_start().starts_with(marker.as_str()) }
    };
    let named = filter.names.is_empty() || event.name.as_ref().is_some_and(|name| filter.names.contains(name));
    named && (filter.contains.is_empty() || filter.contains.iter().any(marks))
}

/// The strings at text pointers, `*` standing for every element or member.
pub fn texts<'a>(pointers: impl IntoIterator<Item = &'a str>, body: &[u8]) -> Vec<String> {
    let Ok(body) = serde_json::from_slice::<Value>(body) else { return Vec::new() };
    let mut texts = Vec::new();
    for pointer in pointers {
        let segments: Vec<&str> = pointer.split('/').skip(1).collect();
        collect(&body, &segments, &mut |value| texts.extend(value.as_str().map(String::from)));
    }
    texts
}

fn collect(value: &Value, segments: &[&str], found: &mut dyn FnMut(&Value)) {
    let Some((first, rest)) = segments.split_first() else { return found(value) };
    match (value, *first) {
        (Value::Array(list), "*") => list.iter().for_each(|value| collect(value, rest, found)),
        (Value::Object(members), "*") => members.values().for_each(|value| collect(value, rest, found)),
        (value, name) => {
            if let Some(value) = value.pointer(&format!("/{name}")) {
                collect(value, rest, found);
            }
        }
    }
}
