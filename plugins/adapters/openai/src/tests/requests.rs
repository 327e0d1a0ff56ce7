//! What goes upstream, what is hidden, and which settings are refused.

use weighbridge_plugin::{
    Adapter,
    adapter::{Attr, Auth, BodyPlan, ClientRequest, Edit, Field, UpstreamRequest},
};
use weighbridge_plugin_testkit::{evaluate, sse};

use super::{adapter, plan};
use crate::{OpenAi, config::Config};

fn request(upstream_model: &str, streamed: bool, stream_options: Option<&str>) -> ClientRequest {
    ClientRequest {
        dialect: "openai.chat".into(),
        model: "gpt-4o".into(),
        upstream_model: upstream_model.into(),
        streamed,
        query: String::new(),
        headers: vec![],
        fields: vec![Field { pointer: "/stream_options".into(), json: stream_options.map(Into::into) }],
        body: None,
        attrs: vec![],
    }
}

fn prepared(upstream_model: &str, streamed: bool, stream_options: Option<&str>) -> UpstreamRequest {
    adapter("").prepare(request(upstream_model, streamed, stream_options)).expect("a request")
}

#[test]
fn a_request_that_needs_nothing_passes_byte_for_byte() {
    for plain in [prepared("gpt-4o", false, None), prepared("gpt-4o", true, Some(r#"{"include_usage": true}"#))] {
        assert_eq!((plain.body, plain.hide, plain.method.as_str(), plain.path_and_query.as_str()), (BodyPlan::Unchanged, false, "POST", "/chat/completions"));
    }
}

#[test]
fn the_model_is_renamed_only_where_it_differs() {
    assert_eq!(prepared("gpt-4o-2024-08-06", false, None).body, BodyPlan::Edits(vec![Edit::set("/model", "\"gpt-4o-2024-08-06\"")]));
}

#[test]
fn rule_23_a_stream_is_asked_for_its_usage_and_the_chunk_is_hidden() {
    for (written, edit) in [
        (None, Edit::set("/stream_options", r#"{"include_usage":true}"#)),
        (Some("null"), Edit::set("/stream_options", r#"{"include_usage":true}"#)),
        (Some(r#"{"include_obfuscation":false}"#), Edit::set("/stream_options/include_usage", "true")),
        (Some(r#"{"include_usage":false}"#), Edit::set("/stream_options/include_usage", "true")),
    ] {
        let asking = prepared("gpt-4o", true, written);
        assert_eq!((asking.body, asking.hide), (BodyPlan::Edits(vec![edit]), true), "{written:?}");
    }
    let silent = adapter("ask_for_usage = false").prepare(request("gpt-4o", true, None)).expect("a request");
    assert_eq!((silent.body, silent.hide), (BodyPlan::Unchanged, false));
    let attrs = vec![Attr { key: "usage".into(), value: "unasked".into() }];
    let refused_before = adapter("").prepare(ClientRequest { attrs, ..request("gpt-4o", true, Some(r#"{"include_obfuscation":false}"#)) }).expect("a request");
    assert_eq!((refused_before.body, refused_before.hide), (BodyPlan::Unchanged, false), "the provider has refused the question");
    let wrong = adapter("").prepare(request("gpt-4o", true, Some("7"))).expect_err("a refusal");
    assert_eq!(wrong.message, "stream_options is 7; it must be an object, as {\"include_usage\": true} is");
}

#[test]
fn only_the_usage_chunk_is_hidden() {
    let hide = plan(&adapter(""), "openai.chat").hide.expect("a rule");
    let hidden = |data: &str| {
        let event = &sse::events(format!("data: {data}\n\n").as_bytes())[0];
        let value: serde_json::Value = serde_json::from_slice(&event.data).expect("JSON");
        evaluate::passes(&hide.events, event) && value.pointer(&hide.pointer).is_some_and(|value| serde_json::to_string(value).expect("JSON") == hide.equals)
    };
    assert!(hidden(r#"{"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2}}"#));
    assert!(!hidden(r#"{"choices":[],"prompt_filter_results":[{}],"usage":null}"#), "an empty chunk about filters is the client's");
    assert!(!hidden(r#"{"choices":[{"delta":{}}],"usage":{"prompt_tokens":1,"completion_tokens":2}}"#));
}

#[test]
fn generated_text_is_not_taken_for_a_failure() {
    let failure = plan(&adapter(""), "openai.chat").failure.expect("a filter");
    let fails = |data: &str| evaluate::passes(&failure, &sse::events(format!("data: {data}\n\n").as_bytes())[0]);
    assert!(fails(r#"{"error": {"message":"The server had an error"}}"#));
    assert!(!fails(r#"{"choices":[{"delta":{"content":"{\"error\": {\"message\""}}]}"#));
    assert!(!fails(r#"{"error":null,"choices":[]}"#));
}

#[test]
fn the_text_to_be_counted_is_found() {
    let plan = plan(&adapter(""), "openai.chat");
    let body = r#"{"choices":[{"message":{"content":"a","refusal":null,"reasoning_content":"b","tool_calls":[{"function":{"name":"f","arguments":"{}"}}]}}]}"#;
    assert_eq!(evaluate::texts(plan.body_text.iter().map(String::as_str), body.as_bytes()), ["a", "f", "{}", "b"]);
    let request = r#"{"messages":[{"role":"user","content":"p"},{"role":"user","content":[{"type":"text","text":"q"}]}]}"#;
    assert_eq!(evaluate::texts(plan.prompt_text.iter().map(String::as_str), request.as_bytes()), ["p", "q"]);
}

#[test]
fn another_provider_may_have_other_paths_headers_and_credentials() {
    let other =
        adapter("auth = \"header:api-key\"\npaths = { chat = \"/deployments/{model}/chat\" }\nheaders = { \"x-title\" = \"w\" }\ndialects = [\"openai.chat\"]");
    assert_eq!(
        other.plans().iter().map(|plan| (plan.dialect.as_str(), plan.auth.clone())).collect::<Vec<_>>(),
        ["openai.chat", "anthropic.messages", "gemini.generate_content"].map(|dialect| (dialect, Auth::Header("api-key".into())))
    );
    let sent = other.prepare(request("my model/1", false, None)).expect("a request");
    assert_eq!((sent.path_and_query.as_str(), sent.headers[0].name.as_str()), ("/deployments/my%20model%2F1/chat", "x-title"));
}

#[test]
fn the_manifest_writes_out_the_defaults() {
    let manifest: toml::Table = include_str!("../../plugin.toml").parse().expect("TOML");
    let config = serde_json::to_string(&manifest["config"]).expect("JSON");
    assert_eq!(Config::parse(&config).map_err(|error| error.message), Ok(Config::default()));
}

#[test]
fn wrong_settings_are_refused_by_name() {
    for (config, message) in [
        (r#"{"auth":"basic"}"#, "auth is \"basic\"; it may be \"bearer\", \"none\", \"header:NAME\" or \"query:NAME\""),
        (
            r#"{"usage":{"input":["usage.prompt_tokens"]}}"#,
            "\"usage.prompt_tokens\" is not a JSON pointer: it must begin with \"/\", as \"/usage/prompt_tokens\" does",
        ),
        (r#"{"costs":[{"pointer":"/usage/cost","per":1024}]}"#, "costs: /usage/cost is divided by 1024; per must be a power of ten, as 10000000000 is"),
        (
            r#"{"reasoning":"outside"}"#,
            "the settings of an OpenAI-speaking provider: unknown variant `outside`, expected one of `inside`, `beside`, `auto` at line 1 column 22",
        ),
    ] {
        assert_eq!(OpenAi::configure(config).err().map(|error| error.message).as_deref(), Some(message));
    }
}
