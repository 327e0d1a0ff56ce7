//! Responses: `openai.responses`.
//!
//! Usage stands in the answer, or in the event that ends a stream, whichever of the four it is (metering rule 26). Built-in tools
//! cost by the call: they are counted in the answer's `output` (rule 30).

use serde::Deserialize;
use weighbridge_plugin::{
    adapter::{Combine, EventFilter, Fact, FactRule, Plan, Quantity, UsageReading},
    facts::Facts,
};

use crate::{
    config::{Config, Dialect},
    plan::{event_texts, passing, strings},
    tokens::{Counts, service_tier},
};

/// The facts by name; `/response` is put before each in a stream.
const FACTS: [(&str, &str); 12] = [
    ("input", "/usage/input_tokens"),
    ("cached", "/usage/input_tokens_details/cached_tokens"),
    ("cache_write", "/usage/input_tokens_details/cache_write_tokens"),
    ("cache_write_30m", "/usage/input_tokens_details/cache_write_tokens_ttl_30m"),
    ("cache_write_12h", "/usage/input_tokens_details/cache_write_tokens_ttl_12h"),
    ("output", "/usage/output_tokens"),
    ("reasoning", "/usage/output_tokens_details/reasoning_tokens"),
    ("total", "/usage/total_tokens"),
    ("service_tier", "/service_tier"),
    ("model", "/model"),
    ("answer", "/output"),
    ("status", "/status"),
];

/// The events that end a stream.
const ENDS: [&str; 5] = ["response.completed", "response.incomplete", "response.failed", "response.cancelled", "error"];

/// The plan for responses.
pub fn plan(config: &Config) -> Plan {
    let rule = |prefix: &str, events: Option<EventFilter>| {
        let rule = move |&(name, pointer): &(&str, &str)| FactRule {
            name: name.into(),
            pointer: format!("{prefix}{pointer}"),
            events: events.clone(),
            combine: Combine::Last,
        };
        FACTS.iter().map(rule).collect()
    };
    // In clear text: reasoning summaries, tool calls and answers, each once, as deltas.
    let texts = [
        "response.output_text.delta",
        "response.refusal.delta",
        "response.reasoning_text.delta",
        "response.function_call_arguments.delta",
        "response.custom_tool_call_input.delta",
    ];
    Plan {
        body_facts: rule("", None),
        event_facts: rule("/response", Some(EventFilter::containing([r#""input_tokens""#, r#""service_tier""#]))),
        body_text: strings(&["/output/*/content/*/text", "/output/*/content/*/refusal", "/output/*/arguments", "/output/*/input", "/output/*/name"]),
        event_text: event_texts(texts.map(|text| (text, "/delta".to_owned()))),
        prompt_text: strings(&[
            "/input",
            "/input/*/content",
            "/input/*/content/*/text",
            "/input/*/output",
            "/input/*/arguments",
            "/instructions",
            "/tools/*/name",
            "/tools/*/description",
        ]),
        terminal: Some(EventFilter::named(ENDS)),
        failure: Some(EventFilter::named(["response.failed", "error"])),
        ..passing(config, Dialect::Responses, &["/model"])
    }
}

/// Facts to quantities.
pub fn read_usage(config: &Config, facts: &[Fact]) -> UsageReading {
    let mut facts = Facts::new(facts);
    let mut reading = UsageReading { served_model: facts.text("model"), ..UsageReading::default() };
    reading.service_tier = service_tier(&mut facts);
    let counts = Counts::read(&mut facts);
    if counts.input.is_some() || counts.output.is_some() {
        reading.quantities.extend(by_ttl(counts.input_leaves(&mut facts), &mut facts));
        reading.quantities.extend(counts.output_leaves(config.reasoning, &mut facts));
        reading.quantities.extend(facts.json("answer").map(calls).unwrap_or_default());
    }
    reading.doubts = facts.doubts;
    reading
}

/// Splits the cache writes by their time to live, where that is reported; what is left over has the default.
fn by_ttl(leaves: Vec<Quantity>, facts: &mut Facts<'_>) -> Vec<Quantity> {
    let known = ["cache_write_12h", "cache_write_30m"].map(|meter| (meter, facts.count(meter).unwrap_or(0)));
    leaves.into_iter().flat_map(|leaf| if leaf.meter == "cache_write" { split(leaf, known, facts) } else { vec![leaf] }).collect()
}

fn split(all: Quantity, known: [(&'static str, u64); 2], facts: &mut Facts<'_>) -> Vec<Quantity> {
    let mut left = u64::try_from(all.value).unwrap_or(0);
    let mut leaves = Vec::new();
    for (meter, reported) in known {
        let part = facts.at_most(reported, left, "cache_write_details_exceed_total");
        left -= part;
        leaves.push(Quantity::new(meter, part));
    }
    leaves.push(Quantity::new("cache_write", left));
    leaves.retain(|leaf| !leaf.value.is_zero());
    leaves
}

/// An item of the answer, as far as it may cost something.
#[derive(Deserialize)]
struct Item<'a> {
    #[serde(rename = "type", default, borrow)]
    kind: Option<std::borrow::Cow<'a, str>>,
    #[serde(default, borrow)]
    action: Option<Action<'a>>,
    #[serde(default, borrow)]
    container_id: Option<std::borrow::Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Action<'a> {
    #[serde(rename = "type", default, borrow)]
    kind: Option<std::borrow::Cow<'a, str>>,
}

/// Calls that cost by the call: searches (not pages opened within one), file searches, and code sessions by container.
fn calls(answer: &str) -> Vec<Quantity> {
    let Ok(items) = serde_json::from_str::<Vec<Item<'_>>>(answer) else { return Vec::new() };
    let count = |wanted: &str, also: fn(&Item<'_>) -> bool| items.iter().filter(|item| item.kind.as_deref() == Some(wanted) && also(item)).count() as u64;
    let searches = count("web_search_call", |item| item.action.as_ref().and_then(|action| action.kind.as_deref()).is_none_or(|kind| kind == "search"));
    let files = count("file_search_call", |_| true);
    let mut containers: Vec<_> = items.iter().filter(|item| item.kind.as_deref() == Some("code_interpreter_call")).map(|item| &item.container_id).collect();
    containers.sort();
    containers.dedup();
    let calls = [("web_searches", searches), ("file_searches", files), ("code_sessions", containers.len() as u64)];
    calls.into_iter().filter(|(_, count)| *count > 0).map(|(meter, count)| Quantity::new(meter, count)).collect()
}
