//! The plans: what the host reads and pumps by itself.
//!
//! The facts of generateContent are the same for Google's own dialect and for the translated one. Their names are not those of
//! any other wire, so that one plan can hold the facts of two (`vertex` serves models of several makers).

use weighbridge_plugin::adapter::{Auth, Billing, Combine, EventFilter, FactRule, Framing, Plan, View};

/// generateContent and streamGenerateContent.
pub const GENERATE: &str = "gemini.generate_content";
/// countTokens.
pub const COUNT: &str = "gemini.count_tokens";
/// embedContent.
pub const EMBED: &str = "gemini.embed_content";
/// batchEmbedContents.
pub const BATCH_EMBED: &str = "gemini.batch_embed_contents";
/// The Interactions API.
pub const INTERACTIONS: &str = "gemini.interactions";
/// What is kept for later prompts.
pub const CACHES: &str = "gemini.cached_contents";
/// OpenAI's chat completions, translated.
pub const CHAT: &str = "openai.chat";

/// Where the models' names stand in a request's body, beside the path.
pub const MODELS: [&str; 2] = ["/model", "/generateContentRequest/model"];

fn google(dialect: &str) -> Plan {
    let request_headers = vec![crate::prepare::FIELD_MASK.into()];
    Plan { dialect: dialect.into(), auth: Auth::Header("x-goog-api-key".into()), request_headers, ..Plan::default() }
}

/// Bodies and events pass untouched. Without `alt=sse` a stream is one JSON array: `prepare` says so then.
pub fn generate() -> Plan {
    Plan {
        framing: Framing::Sse,
        body_facts: facts(Source::Body),
        event_facts: facts(Source::Events),
        body_text: strings(&[
            "/candidates/*/content/parts/*/text",
            "/candidates/*/content/parts/*/functionCall/name",
            "/candidates/*/content/parts/*/functionCall/args/*",
        ]),
        event_text: ["text", "functionCall/name", "functionCall/args/*", "functionCall/partialArgs/*/stringValue"]
            .map(|member| FactRule::event("text", format!("/candidates/*/content/parts/*/{member}"), None))
            .into(),
        prompt_text: prompt(&["contents/*/", "systemInstruction/", "system_instruction/"]),
        finish: strings(&FINISH),
        failure: Some(failure()),
        ..google(GENERATE)
    }
}

/// Counting costs nothing.
pub fn count() -> Plan {
    // Output, which such an answer cannot have: the host flags a report of it.
    let output: Vec<FactRule> =
        ["candidatesTokenCount", "thoughtsTokenCount"].map(|member| FactRule::body("output", format!("/usageMetadata/{member}"))).into();
    Plan { billing: Billing::Free, request_view: View::Fields(strings(&MODELS)), body_facts: output.clone(), event_facts: output, ..google(COUNT) }
}

/// What is kept for later prompts costs by the hour, which the host measures (metering rule 13).
pub fn caches() -> Plan {
    Plan { dialect: CACHES.into(), ..count() }
}

/// One embedding.
pub fn embed() -> Plan {
    Plan { request_view: View::Fields(strings(&MODELS[..1])), body_facts: facts(Source::Body), prompt_text: prompt(&["content/"]), ..google(EMBED) }
}

/// Several embeddings. The guest sees the requests, as each names its model.
pub fn batch_embed() -> Plan {
    Plan {
        request_view: View::Fields(strings(&["/requests"])),
        body_facts: facts(Source::Body),
        prompt_text: prompt(&["requests/*/content/"]),
        ..google(BATCH_EMBED)
    }
}

/// The Interactions API: other names, and a stream with named events.
pub fn interactions() -> Plan {
    let done = EventFilter::containing([r#""usage""#]);
    Plan {
        request_view: View::Fields(strings(&["/background"])),
        framing: Framing::Sse,
        body_facts: interaction_facts("", None),
        event_facts: interaction_facts("/interaction", Some(done)),
        body_text: strings(&["/steps/*/content/*/text", "/outputs/*/text"]),
        event_text: vec![FactRule::event("text", "/delta/text", None)],
        prompt_text: strings(&["/input", "/input/*/text", "/input/*/content", "/input/*/content/*/text", "/system_instruction"]),
        terminal: Some(EventFilter { names: vec!["done".into()], contains: vec!["[DONE]".into()] }),
        failure: Some(EventFilter::named(["error"])),
        ..google(INTERACTIONS)
    }
}

/// OpenAI's chat completions: the guest sees all of it.
pub fn chat() -> Plan {
    Plan {
        dialect: CHAT.into(),
        request_view: View::Full,
        response_view: View::Full,
        error_view: View::Full,
        stream_events: Some(EventFilter { names: Vec::new(), contains: Vec::new() }),
        prompt_text: strings(&[
            "/messages/*/content",
            "/messages/*/content/*/text",
            "/messages/*/tool_calls/*/function/name",
            "/messages/*/tool_calls/*/function/arguments",
            "/tools/*/function/name",
            "/tools/*/function/description",
            "/tools/*/function/parameters/properties/*/description",
        ]),
        ..generate()
    }
}

/// An error instead of an answer, in the midst of a stream: as it begins, in the spacings that Google's servers write.
fn failure() -> EventFilter {
    EventFilter::containing([r#"{"error":{"code":"#, r#"{"error": {"code":"#, "{\n  \"error\": {\n    \"code\":"])
}

#[derive(Clone, Copy, PartialEq)]
enum Source {
    Body,
    Events,
}

/// What is asked of usageMetadata: a fact's name, and its pointer.
const USAGE: [(&str, &str); 15] = [
    ("prompt", "/promptTokenCount"),
    ("cached", "/cachedContentTokenCount"),
    ("tool_prompt", "/toolUsePromptTokenCount"),
    ("candidates", "/candidatesTokenCount"),
    ("thoughts", "/thoughtsTokenCount"),
    ("total", "/totalTokenCount"),
    ("prompt_details", "/promptTokensDetails"),
    // As embeddings spell it.
    ("prompt_details", "/promptTokenDetails"),
    ("cached_details", "/cacheTokensDetails"),
    ("tool_details", "/toolUsePromptTokensDetails"),
    ("candidates_details", "/candidatesTokensDetails"),
    ("traffic_type", "/trafficType"),
    ("served_tier", "/serviceTier"),
    // Gateways that speak this wire state what they charge.
    ("stated_cost", "/pydantic_ai_gateway/cost_estimate"),
    // The whole of it too: a last report that is smaller than those before it stands for itself.
    ("usage_metadata", ""),
];

/// What shows which tools were used: whether it is there is what matters, so the first will do.
const TOOLS: [(&str, &str, &str); 5] = [
    ("web_source", "/candidates/*/groundingMetadata/groundingChunks/*/web/uri", "groundingChunks"),
    ("maps_source", "/candidates/*/groundingMetadata/groundingChunks/*/maps", r#""maps""#),
    ("file_source", "/candidates/*/groundingMetadata/groundingChunks/*/retrievedContext", "retrievedContext"),
    ("url_context", "/candidates/*/urlContextMetadata", "urlContextMetadata"),
    ("code", "/candidates/*/content/parts/*/executableCode/language", "executableCode"),
];

/// What says that an answer is finished, or that there will be none. No event ends a stream: some models say it in the last chunk,
/// some in every one from then on.
const FINISH: [&str; 2] = ["finish_reason", "block_reason"];

fn facts(source: Source) -> Vec<FactRule> {
    let only = |text: &str| (source == Source::Events).then(|| EventFilter::containing([text]));
    let rule = |name: &str, pointer: &str, text: &str, combine| FactRule { combine, ..FactRule::event(name, pointer, only(text)) };
    let mut rules: Vec<FactRule> =
        USAGE.iter().map(|(name, pointer)| rule(name, &format!("/usageMetadata{pointer}"), "usageMetadata", Combine::Last)).collect();
    rules.extend(TOOLS.iter().map(|(name, pointer, text)| rule(name, pointer, text, Combine::First)));
    let queries = if source == Source::Body { "queries" } else { "streamed_queries" };
    rules.push(rule(queries, "/candidates/*/groundingMetadata/webSearchQueries", "webSearchQueries", Combine::All));
    rules.push(rule("block_reason", "/promptFeedback/blockReason", "blockReason", Combine::Last));
    if source == Source::Events {
        rules.push(rule("finish_reason", "/candidates/*/finishReason", "finishReason", Combine::First));
    }
    rules.push(rule("model_version", "/modelVersion", "modelVersion", Combine::Last));
    rules
}

fn interaction_facts(place: &str, events: Option<EventFilter>) -> Vec<FactRule> {
    let usage = [
        ("prompt", "total_input_tokens"),
        ("cached", "total_cached_tokens"),
        ("tool_prompt", "total_tool_use_tokens"),
        ("candidates", "total_output_tokens"),
        ("thoughts", "total_thought_tokens"),
        ("total", "total_tokens"),
        ("prompt_details", "input_tokens_by_modality"),
        ("cached_details", "cached_tokens_by_modality"),
        ("tool_details", "tool_use_tokens_by_modality"),
        ("candidates_details", "output_tokens_by_modality"),
        ("tools", "grounding_tool_count"),
    ];
    let mut rules: Vec<FactRule> = usage.iter().map(|(name, pointer)| FactRule::event(*name, format!("{place}/usage/{pointer}"), events.clone())).collect();
    rules.extend(["model", "service_tier"].map(|name| {
        let fact = if name == "model" { "model_version" } else { "served_tier" };
        FactRule::event(fact, format!("{place}/{name}"), events.clone())
    }));
    rules
}

/// Where text stands in these contents, and in the tools.
fn prompt(places: &[&str]) -> Vec<String> {
    let parts = places.iter().flat_map(|place| {
        ["parts/*/text", "parts/*/functionCall/args/*", "parts/*/functionResponse/response/*", "parts/text"].map(|part| format!("/{place}{part}"))
    });
    let tools = ["name", "description", "parameters/properties/*/description"].map(|member| format!("/tools/*/functionDeclarations/*/{member}"));
    parts.chain(tools).collect()
}

fn strings(pointers: &[&str]) -> Vec<String> {
    pointers.iter().map(|pointer| (*pointer).into()).collect()
}
