//! Evaluates a plan: facts and texts by pointer, events by filter.

use serde_json::Value;
use weighbridge_plugin::adapter::{Combine, Event, EventFilter, Fact, FactRule, Plan};

/// The facts of a whole answer; none where it is not JSON.
pub fn body_facts(plan: &Plan, body: &[u8]) -> Vec<Fact> {
    let Ok(body) = serde_json::from_slice::<Value>(body) else { return Vec::new() };
    let rules = plan.body_facts.iter();
    rules.filter_map(|rule| Some(Fact { name: rule.name.clone(), json: present(&body, &rule.pointer)?.to_string() })).collect()
}

/// The facts of a stream.
pub fn event_facts(plan: &Plan, events: &[Event]) -> Vec<Fact> {
    plan.event_facts.iter().filter_map(|rule| event_fact(rule, events)).collect()
}

fn event_fact(rule: &FactRule, events: &[Event]) -> Option<Fact> {
    let passing = events.iter().filter(|event| rule.events.as_ref().is_none_or(|filter| passes(filter, event)));
    let values: Vec<Value> = passing.filter_map(|event| present(&serde_json::from_slice(&event.data).ok()?, &rule.pointer)).collect();
    let value = match rule.combine {
        Combine::First => values.first()?.clone(),
        Combine::Last => values.last()?.clone(),
        Combine::Max => values.iter().max_by_key(|value| value.as_u64())?.clone(),
        Combine::Sum if values.is_empty() => return None,
        Combine::Sum => values.iter().filter_map(Value::as_u64).sum::<u64>().into(),
    };
    Some(Fact { name: rule.name.clone(), json: value.to_string() })
}

fn present(body: &Value, pointer: &str) -> Option<Value> {
    body.pointer(pointer).filter(|value| !value.is_null()).cloned()
}

/// Whether an event passes a filter.
pub fn passes(filter: &EventFilter, event: &Event) -> bool {
    let data = String::from_utf8_lossy(&event.data);
    let named = filter.names.is_empty() || event.name.as_ref().is_some_and(|name| filter.names.contains(name));
    named && (filter.contains.is_empty() || filter.contains.iter().any(|text| data.contains(text)))
}

/// The strings at text pointers, `*` standing for every element or member.
pub fn texts<'a>(pointers: impl IntoIterator<Item = &'a str>, body: &[u8]) -> Vec<String> {
    let Ok(body) = serde_json::from_slice::<Value>(body) else { return Vec::new() };
    let mut texts = Vec::new();
    for pointer in pointers {
        let segments: Vec<&str> = pointer.split('/').skip(1).collect();
        collect(&body, &segments, &mut texts);
    }
    texts
}

fn collect(value: &Value, segments: &[&str], texts: &mut Vec<String>) {
    let Some((first, rest)) = segments.split_first() else {
        texts.extend(value.as_str().map(String::from));
        return;
    };
    match (value, *first) {
        (Value::Array(list), "*") => list.iter().for_each(|value| collect(value, rest, texts)),
        (Value::Object(members), "*") => members.values().for_each(|value| collect(value, rest, texts)),
        (value, name) => {
            if let Some(value) = value.pointer(&format!("/{name}")) {
                collect(value, rest, texts);
            }
        }
    }
}
