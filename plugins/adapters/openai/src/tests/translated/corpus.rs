//! Every recorded chat answer can be translated, and its client is told what is metered.

use serde_json::Value;
use weighbridge_plugin::{Adapter, adapter::UsageReading};
use weighbridge_plugin_testkit::{
    corpus::{Case, cases},
    sse,
};

use super::{ALL, answered, data, minimal, request, streamed};
use crate::{
    OpenAi,
    tests::{adapter, plan},
};

/// Input and output, as metered; `None`: not reported.
fn metered(reading: &UsageReading) -> Option<(u64, u64)> {
    let sum = |wanted: [&str; 2]| {
        let parts = reading.quantities.iter().filter(|part| wanted.iter().any(|meter| part.meter.starts_with(meter)));
        parts.map(|part| u64::try_from(part.value).expect("whole")).sum()
    };
    (!reading.quantities.is_empty()).then(|| (sum(["input", "cache"]), sum(["output", "reasoning"])))
}

/// The same, as the client reads it.
fn told(dialect: &str, answer: &Value) -> Option<(u64, u64)> {
    let number = |pointer: &str| answer.pointer(pointer).and_then(Value::as_u64).unwrap_or(0);
    match dialect {
        "anthropic.messages" => {
            let input = ["/usage/input_tokens", "/usage/cache_read_input_tokens", "/usage/cache_creation_input_tokens"].map(number);
            Some((input.iter().sum(), number("/usage/output_tokens")))
        }
        "openai.responses" => answer["usage"].is_object().then(|| (number("/usage/input_tokens"), number("/usage/output_tokens"))),
        _ => {
            let output = number("/usageMetadata/candidatesTokenCount") + number("/usageMetadata/thoughtsTokenCount");
            answer["usageMetadata"].is_object().then(|| (number("/usageMetadata/promptTokenCount"), output))
        }
    }
}

/// The last object that has usage in it, and whether the answer ended well.
fn translated(adapter: &OpenAi, dialect: &str, case: &Case) -> (Value, bool) {
    let state = adapter.prepare(request(dialect, case.streamed, "alt=sse", minimal(dialect))).expect("a request").state;
    if !case.streamed {
        // A whole answer is given as a stream to a client that asked for one: here it did not.
        let (status, _, body) = answered(adapter, &state, case.status as u16, &case.body);
        return (serde_json::from_slice(&body).unwrap_or_else(|error| panic!("{}: {error}", case.id)), status < 400);
    }
    let events = data(&streamed(adapter, state, &sse::events(&case.body), 3));
    let last = events.last().cloned().unwrap_or_default();
    match dialect {
        "anthropic.messages" => (events.iter().rev().nth(1).cloned().unwrap_or_default(), last["type"] == "message_stop"),
        "openai.responses" => (last["response"].clone(), last["type"] == "response.completed" || last["type"] == "response.incomplete"),
        _ => (last.clone(), last.get("error").is_none()),
    }
}

fn check(adapter: &OpenAi, dialect: &str, case: &Case) -> bool {
    let (answer, well) = translated(adapter, dialect, case);
    if !well {
        return false;
    }
    let reading = adapter.read_usage(dialect, &case.facts(&plan(adapter, dialect))).expect("a reading");
    // Anthropic's clients insist on numbers where nothing was reported.
    let expected = metered(&reading).or((dialect == "anthropic.messages").then_some((0, 0)));
    assert_eq!(told(dialect, &answer), expected, "{} as {dialect}: {answer}", case.id);
    true
}

/// Recorded under the name of a chat, but in a shape of the provider's own.
const OTHER_SHAPES: [&str; 4] = ["cohere.chat.", "ollama.api.chat.", "ollama-cloud.api.chat.", "cloudflare.chat.n."];

/// Where usage stands that does not stand where OpenAI has it.
fn settings(case: &Case) -> &'static str {
    match case.id.split('.').next() {
        Some("groq") => {
            "usage = { input = [\"/x_groq/usage/prompt_tokens\", \"/usage/prompt_tokens\"], \
             output = [\"/x_groq/usage/completion_tokens\", \"/usage/completion_tokens\"] }\n"
        }
        Some("deepseek") => "usage = { cached = [\"/usage/prompt_cache_hit_tokens\"], cache_miss = [\"/usage/prompt_cache_miss_tokens\"] }\n",
        _ => "",
    }
}

#[test]
fn rule_3_every_recorded_answer_can_be_translated_and_says_what_is_metered() {
    let cases = cases("");
    let is_chat = |case: &&Case| case.id.contains(".chat.") && !OTHER_SHAPES.iter().any(|other| case.id.starts_with(other));
    let mut well = 0;
    for case in cases.iter().filter(is_chat) {
        let adapter = adapter(&format!("{}{}", settings(case), ALL));
        for dialect in ["anthropic.messages", "openai.responses", "gemini.generate_content"] {
            if check(&adapter, dialect, case) {
                well += 1;
                continue;
            }
            let (answer, _) = translated(&adapter, dialect, case);
            let may_fail = case.status >= 400 || case.expected["status"] == "stream_error" || answer.to_string().contains("longer than what can be remembered");
            assert!(may_fail, "{} as {dialect}: {answer}", case.id);
        }
    }
    assert!(cases.is_empty() || well >= 700, "only {well} answers were translated");
}
