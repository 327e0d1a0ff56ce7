//! Requests: Anthropic's own as they are, OpenAI's translated.

use serde_json::json;
use weighbridge_plugin::{
    Adapter,
    adapter::{BodyPlan, Edit, Header},
};

use super::{adapter, prepare, request, translated};
use crate::config::Config;

#[test]
fn the_manifest_writes_out_the_defaults() {
    let manifest: toml::Table = include_str!("../../plugin.toml").parse().expect("TOML");
    assert_eq!(Config::parse(&serde_json::to_string(&manifest["config"]).expect("JSON")).map_err(|error| error.message), Ok(Config::default()));
}

#[test]
fn its_own_dialect_passes_byte_for_byte() {
    let mut plain = request("anthropic.messages", "claude", true, "");
    let sent = adapter().prepare(plain.clone()).expect("a request");
    assert_eq!(
        (sent.body, sent.path_and_query.as_str(), sent.headers),
        (BodyPlan::Unchanged, "/v1/messages", vec![Header::new("anthropic-version", "2023-06-01")])
    );
    plain.headers = vec![Header::new("anthropic-version", "2024-01-01")];
    plain.upstream_model = "claude-opus-4-8".into();
    let sent = adapter().prepare(plain).expect("a request");
    assert_eq!((sent.body, sent.headers), (BodyPlan::Edits(vec![Edit::set("/model", "\"claude-opus-4-8\"")]), vec![]));
}

#[test]
fn a_plain_chat_is_translated() {
    let body = r#"{"model":"claude","stream":true,"stream_options":{"include_usage":true},"max_tokens":7,"max_completion_tokens":9,"temperature":0.7,"top_p":0.9,
        "stop":"END","user":"u-1","n":1,"logprobs":false,"metadata":{"a":"b"},"seed":null,
        "messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Hi"},{"role":"developer","content":[{"type":"text","text":"Be kind."}]},
        {"role":"assistant","content":"Hello"},{"role":"user","content":[{"type":"text","text":"And?"}]}]}"#;
    assert_eq!(
        translated("claude-opus-4-8", body),
        json!({
            "model": "claude-opus-4-8", "max_tokens": 9, "temperature": 0.7, "top_p": 0.9, "stop_sequences": ["END"], "metadata": {"user_id": "u-1"}, "stream": true,
            "system": [{"type": "text", "text": "Be brief."}, {"type": "text", "text": "Be kind."}],
            "messages": [
                {"role": "user", "content": [{"type": "text", "text": "Hi"}]},
                {"role": "assistant", "content": [{"type": "text", "text": "Hello"}]},
                {"role": "user", "content": [{"type": "text", "text": "And?"}]},
            ],
        })
    );
}

#[test]
fn tools_calls_and_results_are_translated() {
    let body = r#"{"messages":[{"role":"user","content":"Weather?"},
        {"role":"assistant","content":null,"annotations":[],"audio":null,"tool_calls":[
            {"id":"c1","type":"function","function":{"name":"get","arguments":"{\"z\":1,\"a\":[2, 3]}"}},{"id":"c2","type":"function","function":{"name":"now","arguments":""}}]},
        {"role":"tool","tool_call_id":"c1","content":"rain"},{"role":"tool","tool_call_id":"c2","name":"now","content":[{"type":"text","text":"noon"}]},
        {"role":"user","content":"So?"}],
        "tools":[{"type":"function","function":{"name":"get","description":"d","strict":true,"parameters":{"type":"object","properties":{"z":{"type":"integer"},"a":{}}}}},
            {"type":"function","function":{"name":"now"}}],
        "tool_choice":{"type":"function","function":{"name":"get"}},"parallel_tool_calls":false}"#;
    let sent = translated("claude-opus-4-8", body);
    assert_eq!(
        sent["messages"],
        json!([
            {"role": "user", "content": [{"type": "text", "text": "Weather?"}]},
            {"role": "assistant", "content": [{"type": "tool_use", "id": "c1", "name": "get", "input": {"z": 1, "a": [2, 3]}}, {"type": "tool_use", "id": "c2", "name": "now", "input": {}}]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "c1", "content": [{"type": "text", "text": "rain"}]},
                {"type": "tool_result", "tool_use_id": "c2", "content": [{"type": "text", "text": "noon"}]}]},
            {"role": "user", "content": [{"type": "text", "text": "So?"}]},
        ])
    );
    assert_eq!(sent["tool_choice"], json!({"type": "tool", "name": "get", "disable_parallel_tool_use": true}));
    assert_eq!(
        sent["tools"][0],
        json!({"name": "get", "description": "d", "strict": true, "input_schema": {"type": "object", "properties": {"z": {"type": "integer"}, "a": {}}}})
    );
    assert_eq!(sent["tools"][1], json!({"name": "now", "input_schema": {"type": "object", "properties": {}}}));
    // As the client wrote them: the order of members matters to a model.
    let BodyPlan::Replace(bytes) = prepare("claude-opus-4-8", body).expect("a request").body else { panic!("not replaced") };
    let text = String::from_utf8(bytes).expect("UTF-8");
    assert!(text.contains(r#""input":{"z":1,"a":[2, 3]}"#) && text.contains(r#""properties":{"z":{"type":"integer"},"a":{}}"#), "{text}");
}

#[test]
fn the_choice_of_tools_is_translated() {
    let choice =
        |rest: &str| translated("m", &format!(r#"{{"messages":[],"tools":[{{"type":"function","function":{{"name":"f"}}}}]{rest}}}"#))["tool_choice"].clone();
    assert_eq!(choice(""), json!(null));
    assert_eq!(choice(r#","tool_choice":"auto""#), json!({"type": "auto"}));
    assert_eq!(choice(r#","tool_choice":"required""#), json!({"type": "any"}));
    assert_eq!(choice(r#","tool_choice":"none","parallel_tool_calls":false"#), json!({"type": "none"}));
    assert_eq!(choice(r#","parallel_tool_calls":false"#), json!({"type": "auto", "disable_parallel_tool_use": true}));
    assert_eq!(choice(r#","parallel_tool_calls":true"#), json!(null));
}

#[test]
fn images_and_documents_are_translated() {
    let content = |part: &str| translated("m", &format!(r#"{{"messages":[{{"role":"user","content":[{part}]}}]}}"#))["messages"][0]["content"][0].clone();
    assert_eq!(
        content(r#"{"type":"image_url","image_url":{"url":"data:image\/png;base64,iVBO\/w==","detail":"high"}}"#),
        json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBO/w=="}})
    );
    assert_eq!(
        content(r#"{"type":"image_url","image_url":{"url":"https://example.org/a.png"},"cache_control":{"type":"ephemeral"}}"#),
        json!({"type": "image", "source": {"type": "url", "url": "https://example.org/a.png"}, "cache_control": {"type": "ephemeral"}})
    );
    assert_eq!(
        content(r#"{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,JVBE"}}"#),
        json!({"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBE"}, "title": "a.pdf"})
    );
}

#[test]
fn structured_output_is_translated() {
    let body = r#"{"messages":[],"response_format":{"type":"json_schema","json_schema":{"name":"n","strict":true,"schema":{"type":"object"}}}}"#;
    assert_eq!(translated("m", body)["output_config"], json!({"format": {"type": "json_schema", "schema": {"type": "object"}}}));
    assert_eq!(translated("m", r#"{"messages":[],"response_format":{"type":"text"}}"#).get("output_config"), None);
}

#[test]
fn reasoning_is_by_effort_or_by_budget_as_the_model_takes_it() {
    let sent = |model: &str, rest: &str| translated(model, &format!(r#"{{"messages":[{{"role":"user","content":"x"}}],{rest}}}"#));
    let new = sent("claude-opus-4-8", r#""reasoning_effort":"minimal""#);
    assert_eq!((&new["thinking"], &new["output_config"], &new["max_tokens"]), (&json!({"type": "adaptive"}), &json!({"effort": "low"}), &json!(8192)));
    let old = sent("claude-sonnet-4-5-20250929", r#""reasoning_effort":"medium""#);
    assert_eq!((&old["thinking"], old.get("output_config"), &old["max_tokens"]), (&json!({"type": "enabled", "budget_tokens": 8192}), None, &json!(16384)));
    let tight = sent("claude-haiku-4-5", r#""reasoning_effort":"high","max_completion_tokens":5000"#);
    assert_eq!((&tight["thinking"]["budget_tokens"], &tight["max_tokens"]), (&json!(2500), &json!(5000)));
    assert_eq!(sent("claude-opus-4-8", r#""reasoning_effort":"none""#)["thinking"], json!({"type": "disabled"}));
    assert_eq!(sent("claude-opus-4-8", r#""thinking":{"type":"adaptive"}"#)["thinking"], json!({"type": "adaptive"}));
}
