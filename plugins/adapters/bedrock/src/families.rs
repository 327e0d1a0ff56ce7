//! The plan for InvokeModel: where each family of models keeps its usage and its text.
//!
//! Which family it is, an answer does not say; its members do, and no two families have the same.

use weighbridge_plugin::adapter::{Combine, EventFilter, FactRule, Plan};

use crate::plan::{INVOKE, passing, rules, strings};

/// The plan.
pub fn plan() -> Plan {
    Plan {
        body_facts: body_facts(),
        event_facts: event_facts(),
        header_facts: rules(&HEADERS, "", None),
        request_facts: rules(&REQUEST, "", None),
        body_text: strings(&BODY_TEXT),
        event_text: EVENT_TEXT.iter().map(|(member, pointer)| FactRule::event("text", *pointer, Some(EventFilter::containing([*member])))).collect(),
        prompt_text: strings(&PROMPT_TEXT),
        // The metrics stand in the last chunk of every family.
        terminal: Some(EventFilter::containing([r#""amazon-bedrock-invocationMetrics":"#])),
        ..passing(INVOKE)
    }
}

/// Messages, below `usage`.
const MESSAGES: [(&str, &str); 7] = [
    ("input", "/input_tokens"),
    ("cache_read", "/cache_read_input_tokens"),
    ("cache_write", "/cache_creation_input_tokens"),
    // As a whole: its members belong together (metering rule 10).
    ("cache_creation", "/cache_creation"),
    ("thinking", "/output_tokens_details/thinking_tokens"),
    ("service_tier", "/service_tier"),
    ("speed", "/speed"),
];

/// Nova, below `usage`: as Converse has it, under older names.
const NOVA: [(&str, &str); 6] = [
    ("input", "/inputTokens"),
    ("cache_read", "/cacheReadInputTokenCount"),
    ("cache_read", "/cacheReadInputTokens"),
    ("cache_write", "/cacheWriteInputTokenCount"),
    ("cache_write", "/cacheWriteInputTokens"),
    ("output", "/outputTokens"),
];

/// Chat completions (AI21, DeepSeek, Mistral, OpenAI, Qwen and others), below `usage`: the cached part is inside the prompt.
const CHAT: [(&str, &str); 4] = [
    ("prompt", "/prompt_tokens"),
    ("cached", "/prompt_tokens_details/cached_tokens"),
    ("completion", "/completion_tokens"),
    ("reasoning", "/completion_tokens_details/reasoning_tokens"),
];

/// Llama and Titan, in a whole answer and in a chunk.
const FLAT: [(&str, &str); 4] =
    [("input", "/prompt_token_count"), ("output", "/generation_token_count"), ("input", "/inputTextTokenCount"), ("output", "/totalOutputTextTokenCount")];

/// Bedrock's own counting: on the last chunk of a stream.
const METRICS: [(&str, &str); 4] = [
    ("counted_input", "/inputTokenCount"),
    ("counted_cache_read", "/cacheReadInputTokenCount"),
    ("counted_cache_write", "/cacheWriteInputTokenCount"),
    ("counted_output", "/outputTokenCount"),
];

/// The same in the headers of a whole answer, and what they say of its price.
const HEADERS: [(&str, &str); 6] = [
    ("counted_input", "x-amzn-bedrock-input-token-count"),
    ("counted_cache_read", "x-amzn-bedrock-cache-read-input-token-count"),
    ("counted_cache_write", "x-amzn-bedrock-cache-write-input-token-count"),
    ("counted_output", "x-amzn-bedrock-output-token-count"),
    ("service_tier", "x-amzn-bedrock-service-tier"),
    ("latency", "x-amzn-bedrock-performanceconfig-latency"),
];

/// What an answer without usage does not repeat.
const REQUEST: [(&str, &str); 3] = [("documents", "/documents"), ("task", "/taskType"), ("images", "/imageGenerationConfig/numberOfImages")];

/// Generated text in a whole answer, by family.
const BODY_TEXT: [&str; 14] = [
    "/content/*/text",
    "/content/*/thinking",
    "/content/*/name",
    "/content/*/input/*",
    "/completion",
    "/output/message/content/*/text",
    "/output/message/content/*/toolUse/input/*",
    "/generation",
    "/results/*/outputText",
    "/outputs/*/text",
    "/text",
    "/completions/*/data/text",
    "/choices/*/message/content",
    "/choices/*/message/tool_calls/*/function/arguments",
];

/// Generated text in a chunk: the member that it must hold, and the pointer.
const EVENT_TEXT: [(&str, &str); 13] = [
    ("\"text_delta\"", "/delta/text"),
    ("\"thinking_delta\"", "/delta/thinking"),
    ("\"input_json_delta\"", "/delta/partial_json"),
    ("\"tool_use\"", "/content_block/name"),
    ("\"completion\"", "/completion"),
    ("\"contentBlockDelta\"", "/contentBlockDelta/delta/text"),
    ("\"contentBlockDelta\"", "/contentBlockDelta/delta/toolUse/input"),
    ("\"generation\"", "/generation"),
    ("\"outputText\"", "/outputText"),
    ("\"outputs\"", "/outputs/*/text"),
    ("\"text-generation\"", "/text"),
    ("\"choices\"", "/choices/*/delta/content"),
    ("\"choices\"", "/choices/*/delta/tool_calls/*/function/arguments"),
];

/// The prompt's text, by family.
const PROMPT_TEXT: [&str; 14] = [
    "/system",
    "/system/*/text",
    "/messages/*/content",
    "/messages/*/content/*/text",
    "/messages/*/content/*/content",
    "/messages/*/content/*/content/*/text",
    "/tools/*/description",
    "/prompt",
    "/inputText",
    "/message",
    "/chat_history/*/message",
    "/texts/*",
    "/query",
    "/documents/*",
];

fn body_facts() -> Vec<FactRule> {
    let mut facts = rules(&MESSAGES, "/usage", None);
    facts.extend(rules(&[("output", "/output_tokens")], "/usage", None));
    facts.extend(rules(&NOVA, "/usage", None));
    facts.extend(rules(&CHAT, "/usage", None));
    facts.extend(rules(&FLAT, "", None));
    facts.push(FactRule { combine: Combine::Sum, ..FactRule::body("output", "/results/*/tokenCount") });
    facts.push(FactRule { combine: Combine::All, ..FactRule::body("ranked", "/results/*/relevance_score") });
    facts.extend(rules(&[("model", "/model"), ("seeds", "/seeds")], "", None));
    facts
}

/// Of messages the last present value of each field over the two events that report usage, the later event first (metering rule
/// 22). The output of `message_start` is not read: it is what was there at the start, not what was used.
fn event_facts() -> Vec<FactRule> {
    let holding = |members: &[&str]| EventFilter::containing(members.iter().map(|member| format!("\"{member}\"")));
    let (start, delta) = (holding(&["message_start"]), holding(&["message_delta"]));
    let mut facts = rules(&MESSAGES, "/usage", Some(&delta));
    facts.extend(rules(&[("output", "/output_tokens")], "/usage", Some(&delta)));
    facts.extend(rules(&MESSAGES, "/message/usage", Some(&start)));
    facts.extend(rules(&[("model", "/message/model")], "", Some(&start)));
    facts.extend(rules(&NOVA, "/metadata/usage", Some(&holding(&["metadata"]))));
    let chat = holding(&["prompt_tokens"]);
    facts.extend(rules(&CHAT, "/usage", Some(&chat)));
    facts.extend(rules(&[("model", "/model"), ("service_tier", "/service_tier")], "", Some(&chat)));
    facts.extend(rules(&FLAT, "", Some(&holding(&["generation_token_count", "inputTextTokenCount"]))));
    facts.extend(rules(&METRICS, "/amazon-bedrock-invocationMetrics", Some(&holding(&["amazon-bedrock-invocationMetrics"]))));
    facts
}
