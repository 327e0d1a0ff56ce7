//! Responses: `openai.responses`.
//!
//! Usage stands in the answer, or in the event that ends a stream, whichever of the four it is (metering rule 26). Built-in tools
//! cost by the call: they are counted in the answer's `output` (rule 30), of which only kinds and containers are read.

use std::borrow::Cow;

use weighbridge_plugin::{
    adapter::{Combine, EventFilter, Fact, FactRule, Plan, Quantity, UsageReading},
    facts::Facts,
};

use crate::{
    config::{Config, Dialect},
    plan::{Rules, event_texts, passing, strings},
    reading,
    tokens::{Counts, split_cache_writes},
};

/// The facts by name; `/response` is put before each in a stream.
const FACTS: [(&str, &str); 13] = [
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
    ("image_input", "/tool_usage/image_gen/input_tokens"),
    ("image_output", "/tool_usage/image_gen/output_tokens"),
    ("image_model", "/tools/*/model"),
];

/// Of the items of the answer: their kinds, what the searches among them did, and the containers that code ran in.
const ITEMS: [(&str, &str); 4] = [
    ("kinds", "/output/*/type"),
    ("actions", "/output/*/action/type"),
    ("containers", "/output/*/container_id"),
    ("shells", "/output/*/environment/container_id"),
];

/// The events that end a stream.
const ENDS: [&str; 5] = ["response.completed", "response.incomplete", "response.failed", "response.cancelled", "error"];

/// How those say their kind, where they have no name.
const KINDS: [&str; 8] = [
    r#""type":"response.completed""#,
    r#""type": "response.completed""#,
    r#""type":"response.incomplete""#,
    r#""type": "response.incomplete""#,
    r#""type":"response.failed""#,
    r#""type": "response.failed""#,
    r#""type":"response.cancelled""#,
    r#""type": "response.cancelled""#,
];

/// The plan for responses.
pub fn plan(config: &Config) -> Plan {
    let mut body = Rules::body();
    FACTS.iter().for_each(|(name, pointer)| body.add(name, pointer));
    body.also(config);
    let mut events = Rules::events(EventFilter::containing([r#""input_tokens""#, r#""service_tier""#])).within("/response");
    FACTS.iter().for_each(|(name, pointer)| events.add(name, pointer));
    events.also(config);
    // Each item once: of the last event, not of those before it that show the answer so far.
    let items = |prefix: &str, ends: Option<&EventFilter>| {
        let rule = |(name, pointer)| FactRule { name, pointer: format!("{prefix}{pointer}"), events: ends.cloned(), combine: Combine::All };
        ITEMS.map(|(name, pointer)| rule((name.to_owned(), pointer)))
    };
    body.list.extend(items("", None));
    events.list.extend(items("/response", Some(&EventFilter::containing(KINDS))));
    // In clear text: reasoning summaries, tool calls and answers, each once, as deltas.
    let texts = [
        "response.output_text.delta",
        "response.refusal.delta",
        "response.reasoning_text.delta",
        "response.function_call_arguments.delta",
        "response.custom_tool_call_input.delta",
    ];
    let end = if config.response_done.is_empty() { EventFilter::named(ENDS) } else { EventFilter::containing(config.response_done.iter().map(String::as_str)) };
    Plan {
        body_facts: body.list,
        event_facts: events.list,
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
        terminal: Some(end),
        failure: Some(EventFilter::named(["response.failed", "error"])),
        ..passing(config, Dialect::Responses, &["/model"])
    }
}

/// Facts to quantities.
pub fn read_usage(config: &Config, facts: &[Fact]) -> UsageReading {
    let mut facts = Facts::new(facts);
    let mut reading = reading::begin(&mut facts);
    let counts = Counts::read(&mut facts);
    if counts.is_reported() {
        counts.leaves(config, &mut facts, &mut reading.quantities);
        let parts = ["cache_write_12h", "cache_write_30m"].map(|name| (name, name));
        split_cache_writes(parts.into_iter(), &mut facts, &mut reading.quantities);
        calls(&mut facts, &mut reading.quantities);
        images(&mut facts, &mut reading);
    }
    reading::finish(config, facts, reading)
}

/// Calls that cost by the call: searches (not pages opened within one), file searches, and code sessions by container.
fn calls(facts: &mut Facts<'_>, quantities: &mut Vec<Quantity>) {
    let kinds = list(facts, "kinds");
    let count = |wanted: &str| kinds.iter().filter(|kind| **kind == wanted).count();
    let searches = count("web_search_call");
    let opened =
        if searches > 0 { list(facts, "actions").iter().filter(|action| matches!(&***action, "open_page" | "find_in_page" | "find")).count() } else { 0 };
    let calls = [("web_searches", searches.saturating_sub(opened)), ("file_searches", count("file_search_call")), ("code_sessions", sessions(facts, &kinds))];
    quantities.extend(calls.into_iter().filter(|(_, count)| *count > 0).map(|(meter, count)| Quantity::new(meter, count as u64)));
}

/// Containers that code or a shell ran in; a provider that names none bills each call.
fn sessions(facts: &Facts<'_>, kinds: &[Cow<'_, str>]) -> usize {
    let code = kinds.iter().filter(|kind| **kind == "code_interpreter_call").count();
    if code == 0 && !kinds.iter().any(|kind| *kind == "shell_call") {
        return 0;
    }
    let mut containers = list(facts, "containers");
    let unnamed = code.saturating_sub(containers.len());
    containers.extend(list(facts, "shells"));
    containers.sort_unstable();
    containers.dedup();
    containers.len() + unnamed
}

/// Images that a tool made: by a model of its own, at that model's price. Answers that do not report its tokens are doubted.
fn images(facts: &mut Facts<'_>, reading: &mut UsageReading) {
    let made = list(facts, "kinds").iter().filter(|kind| **kind == "image_generation_call").count() as u64;
    if made == 0 {
        return;
    }
    let tokens = [("input", facts.count("image_input")), ("output_image", facts.count("image_output"))];
    let tokens: Vec<Quantity> = tokens.into_iter().filter_map(|(meter, count)| Some(Quantity::new(meter, count.filter(|count| *count > 0)?))).collect();
    if tokens.is_empty() {
        let _: Option<()> = facts.doubt("image_tokens_not_reported");
        reading.quantities.push(Quantity::new("image_generations", made));
    } else {
        reading.extra.push((facts.text("image_model").unwrap_or_else(|| "image_generation".into()), tokens));
    }
}

/// The strings of a fact that has all of its values.
fn list<'a>(facts: &Facts<'a>, name: &str) -> Vec<Cow<'a, str>> {
    facts.json(name).and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default()
}
