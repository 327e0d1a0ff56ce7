//! The quirks of providers, each through its own manifest.

use weighbridge_plugin::{
    Adapter,
    adapter::{Auth, Billing, BodyPlan, ClientRequest, Edit, UpstreamRequest, UsageReading},
};
use weighbridge_plugin_testkit::{corpus::cases, evaluate};

use super::{corpus::provider, line, plan};

fn read(name: &str, dialect: &str, body: &str) -> UsageReading {
    let adapter = provider(name);
    adapter.read_usage(dialect, &evaluate::body_facts(&plan(&adapter, dialect), body.as_bytes())).expect("a reading")
}

fn stated(reading: &UsageReading) -> Option<String> {
    reading.stated_cost.as_ref().map(|cost| format!("{} {}", cost.amount, cost.currency))
}

fn prepared(name: &str, dialect: &str, streamed: bool) -> UpstreamRequest {
    let request = ClientRequest {
        dialect: dialect.into(),
        model: "asked".into(),
        upstream_model: "our gpt".into(),
        streamed,
        query: String::new(),
        headers: vec![],
        fields: vec![],
        body: None,
        attrs: vec![],
    };
    provider(name).prepare(request).expect("a request")
}

#[test]
fn every_manifest_on_this_component_is_accepted() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut accepted = 0;
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let manifest = std::fs::read_to_string(entry.path().join("plugin.toml")).unwrap_or_default();
        if manifest.contains("component = \"openai\"") {
            let name = entry.file_name().into_string().expect("a name");
            assert!(manifest.starts_with(&format!("name = \"{name}\"")), "{name}");
            let plans = provider(&name).plans();
            assert!(!plans.is_empty(), "{name}");
            // A body that ends may have been cut off, and where its connection was just closed, nothing else tells.
            for plan in plans.iter().filter(|plan| plan.billing == Billing::Metered && !(plan.event_facts.is_empty() && plan.event_text.is_empty())) {
                assert!(plan.terminal.is_some() || !plan.finish.is_empty(), "{name}: {} does not say where its streams end", plan.dialect);
            }
            accepted += 1;
        }
    }
    assert!(accepted > 30, "only {accepted}");
}

#[test]
fn where_no_event_ends_a_stream_a_choice_says_why_it_ends() {
    for name in ["gpustack", "perplexity", "writer"] {
        let plan = plan(&provider(name), "openai.chat");
        assert!(plan.terminal.is_none(), "{name}");
        let finished = |events: &[_]| evaluate::event_facts(&plan, events).iter().any(|fact| plan.finish.contains(&fact.name));
        for case in cases(&format!("{name}.chat.s.")) {
            let events = case.events().expect("a stream");
            // At most a report and a marker follow, and a choice of its own for each answer that was asked for.
            let first = (0..=events.len()).find(|count| finished(&events[..*count]));
            assert!(first.is_some_and(|first| first + 8 > events.len()), "{}: {first:?} of {}", case.id, events.len());
        }
    }
    let plan = plan(&provider("openai"), "openai.chat");
    assert!(plan.terminal.is_some() && plan.finish.is_empty());
}

#[test]
fn rule_18_a_deployment_is_no_model() {
    let sent = prepared("azure", "openai.chat", false);
    assert_eq!(sent.path_and_query, "/openai/deployments/our%20gpt/chat/completions?api-version=2025-04-01-preview");
    assert_eq!(prepared("azure", "openai.responses", false).path_and_query, "/openai/responses?api-version=2025-04-01-preview");
    assert!(provider("azure").plans().iter().all(|plan| plan.auth == Auth::Header("api-key".into())));
    let reading = read("azure", "openai.chat", r#"{"model":"gpt-4o-2024-08-06","usage":{"prompt_tokens":1,"completion_tokens":2}}"#);
    assert_eq!(reading.served_model.as_deref(), Some("gpt-4o-2024-08-06"));
    let unnamed = read("azure", "openai.chat", r#"{"model":"","usage":{"prompt_tokens":1,"completion_tokens":2}}"#);
    assert_eq!(unnamed.served_model, None, "an empty name is none");
}

#[test]
fn rule_23_who_reports_unasked_is_not_asked() {
    for (name, asked) in [("groq", true), ("deepseek", true), ("mistral", false), ("perplexity", false), ("databricks", false)] {
        assert_eq!(prepared(name, "openai.chat", true).hide, asked, "{name}");
    }
    let fim = prepared("mistral", "mistral.fim", true);
    assert_eq!((fim.path_and_query.as_str(), fim.body), ("/fim/completions", BodyPlan::Edits(vec![Edit::set("/model", "\"our gpt\"")])));
}

#[test]
fn rule_38_with_a_key_of_ones_own_the_upstreams_cost_is_added() {
    let usage = |byok: &str| {
        let usage = format!(r#""cost":0.0001,"is_byok":{byok},"cost_details":{{"upstream_inference_cost":7.5e-06}}"#);
        stated(&read("openrouter", "openai.chat", &format!(r#"{{"usage":{{"prompt_tokens":1,"completion_tokens":2,{usage}}}}}"#)))
    };
    assert_eq!([usage("false"), usage("true"), usage("null")], [Some("0.0001 USD".into()), Some("0.0001075 USD".into()), Some("0.0001 USD".into())]);
}

#[test]
fn a_stated_cost_is_exact_in_its_unit() {
    let ticks = read("xai", "openai.responses", r#"{"usage":{"input_tokens":1,"output_tokens":2,"cost_in_usd_ticks":161508501}}"#);
    assert_eq!(stated(&ticks).as_deref(), Some("0.0161508501 USD"));
    assert_eq!(stated(&read("venice", "openai.chat", r#"{"cost":{"usd":0.00012753125}}"#)).as_deref(), Some("0.00012753125 USD"));
    let none = read("perplexity", "openai.chat", r#"{"usage":{"prompt_tokens":1,"completion_tokens":2,"cost":{"total_cost":-1}}}"#);
    assert_eq!((stated(&none), none.doubts.len()), (None, 1), "a negative cost is doubted");
}

#[test]
fn tools_that_the_answer_sums_up_are_not_counted_twice() {
    let details = r#""server_side_tool_usage_details":{"web_search_calls":3,"x_search_calls":1,"code_interpreter_calls":0}"#;
    let body = format!(r#"{{"output":[{{"type":"web_search_call"}},{{"type":"web_search_call"}}],"usage":{{"input_tokens":1,"output_tokens":2,{details}}}}}"#);
    assert_eq!(line(&read("xai", "openai.responses", &body)), "input=1 output=2 web_searches=3 x_searches=1");
}

#[test]
fn perplexity_bills_citations_searches_and_reasoning_beside() {
    let usage = r#"{"prompt_tokens":33,"completion_tokens":7163,"total_tokens":7196,"citation_tokens":19028,"num_search_queries":18,"reasoning_tokens":73997,"search_context_size":"low"}"#;
    let reading = read("perplexity", "openai.chat", &format!(r#"{{"usage":{usage}}}"#));
    assert_eq!(line(&reading), "input=33 output=7163 reasoning=73997 citation_tokens=19028 web_searches=18");
    assert_eq!(reading.dimensions, [("search_context_size".to_owned(), "low".to_owned())]);
}

#[test]
fn mistral_has_audio_beside_the_prompt_and_pages() {
    let usage = r#"{"prompt_audio_seconds":3,"prompt_tokens":3,"total_tokens":389,"completion_tokens":11,"prompt_tokens_details":{"audio_tokens":375}}"#;
    let expected = "input=3 input_audio=375 output=11 audio_seconds=3";
    assert_eq!(line(&read("mistral", "openai.transcriptions", &format!(r#"{{"usage":{usage}}}"#))), expected);
    assert_eq!(line(&read("mistral", "openai.chat", &format!(r#"{{"usage":{usage}}}"#))), expected);
    assert_eq!(line(&read("mistral", "mistral.ocr", r#"{"usage_info":{"pages_processed":29}}"#)), "pages=29");
    let unsure = r#"{"usage":{"prompt_tokens":70,"completion_tokens":1,"num_cached_tokens":69}}"#;
    assert_eq!(line(&read("mistral", "openai.chat", unsure)), "input=1 cache_read=69 output=1 cached_unsure");
}

#[test]
fn usage_inside_the_last_choice_is_found() {
    let body = r#"{"choices":[{"usage":{"prompt_tokens":9,"completion_tokens":4,"total_tokens":13,"cached_tokens":5}}]}"#;
    assert_eq!(line(&read("moonshotai", "openai.chat", body)), "input=4 cache_read=5 output=4");
}
