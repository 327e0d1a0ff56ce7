//! Converse: one shape of request and answer for all models.

use serde::Deserialize;
use weighbridge_plugin::{
    adapter::{EventFilter, Fact, FactRule, Plan, UsageReading},
    facts::Facts,
};

use crate::{
    plan::{CONVERSE, passing, rules, strings},
    tokens::{Tokens, Ttl},
};

/// The plan: usage stands in the answer, or in the `metadata` event that ends a stream.
pub fn plan() -> Plan {
    let metadata = EventFilter::named(["metadata"]);
    Plan {
        body_facts: rules(&FACTS, "", None),
        event_facts: rules(&FACTS, "", Some(&metadata)),
        body_text: strings(&[
            "/output/message/content/*/text",
            "/output/message/content/*/reasoningContent/reasoningText/text",
            "/output/message/content/*/citationsContent/content/*/text",
            "/output/message/content/*/toolUse/name",
            "/output/message/content/*/toolUse/input/*",
        ]),
        event_text: event_text(),
        prompt_text: strings(&[
            "/system/*/text",
            "/messages/*/content/*/text",
            "/messages/*/content/*/reasoningContent/reasoningText/text",
            "/messages/*/content/*/document/source/text",
            "/messages/*/content/*/toolUse/name",
            "/messages/*/content/*/toolUse/input/*",
            "/messages/*/content/*/toolResult/content/*/text",
            "/messages/*/content/*/toolResult/content/*/json/*",
            "/messages/*/content/*/guardContent/text/text",
            "/toolConfig/tools/*/toolSpec/name",
            "/toolConfig/tools/*/toolSpec/description",
            "/toolConfig/tools/*/toolSpec/inputSchema/json/properties/*/description",
        ]),
        terminal: Some(metadata),
        ..passing(CONVERSE)
    }
}

/// The same in a whole answer and in the metadata event.
const FACTS: [(&str, &str); 9] = [
    ("input", "/usage/inputTokens"),
    ("cache_read", "/usage/cacheReadInputTokens"),
    ("cache_write", "/usage/cacheWriteInputTokens"),
    ("cache_details", "/usage/cacheDetails"),
    ("output", "/usage/outputTokens"),
    ("total", "/usage/totalTokens"),
    ("service_tier", "/serviceTier/type"),
    ("latency", "/performanceConfig/latency"),
    ("routed_model", "/trace/promptRouter/invokedModelId"),
];

fn event_text() -> Vec<FactRule> {
    let delta = EventFilter::named(["contentBlockDelta"]);
    let texts = [("text", "/text"), ("text", "/reasoningContent/text"), ("text", "/toolUse/input")];
    let mut rules = rules(&texts, "/delta", Some(&delta));
    rules.push(FactRule::event("text", "/start/toolUse/name", Some(EventFilter::named(["contentBlockStart"]))));
    rules
}

/// Cache writes of one time to live.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct CacheDetail {
    ttl: String,
    input_tokens: u64,
}

/// Facts to quantities.
pub fn read_usage(facts: &[Fact]) -> UsageReading {
    let mut facts = Facts::new(facts);
    let tokens = Tokens {
        input: facts.count("input"),
        cache_read: facts.count("cache_read"),
        cache_write: facts.count("cache_write"),
        ttl: ttl(&mut facts),
        output: facts.count("output"),
        thinking: None,
    };
    let mut reading = UsageReading {
        // An answer names its model only where a router chose it, by its ARN.
        served_model: facts.text("routed_model").and_then(|arn| Some(arn.rsplit('/').next()?.to_owned())),
        service_tier: facts.text("service_tier"),
        dimensions: latency(&facts),
        ..UsageReading::default()
    };
    if tokens.is_reported() {
        reading.quantities = tokens.leaves(&mut facts);
        let parts = [tokens.input, tokens.cache_read, tokens.cache_write, tokens.output];
        let sum: u64 = parts.into_iter().flatten().sum();
        if facts.count("total").is_some_and(|total| total != sum) {
            let _: Option<()> = facts.doubt("total_disagrees");
        }
    }
    reading.doubts = facts.doubts;
    reading
}

/// Latency-optimised inference has prices of its own.
pub fn latency(facts: &Facts<'_>) -> Vec<(String, String)> {
    let latency = facts.text("latency").filter(|latency| latency != "standard");
    latency.map(|latency| ("speed".to_owned(), latency)).into_iter().collect()
}

fn ttl(facts: &mut Facts<'_>) -> Option<Ttl> {
    let Ok(details) = serde_json::from_str::<Vec<CacheDetail>>(facts.json("cache_details")?) else {
        return facts.doubt("unreadable_cache_details");
    };
    let mut ttl = None::<Ttl>;
    for detail in details {
        let told = ttl.get_or_insert_default();
        match detail.ttl.as_str() {
            "5m" => told.five_minutes = told.five_minutes.saturating_add(detail.input_tokens),
            "1h" => told.one_hour = told.one_hour.saturating_add(detail.input_tokens),
            _ => facts.doubt("unknown_cache_ttl").unwrap_or_default(),
        }
    }
    ttl
}
