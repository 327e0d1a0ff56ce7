//! Anthropic's messages.

use serde_json::{Value, json};
use weighbridge_plugin::Adapter;

use super::{ALL, STREAM, answer, data, live, request, sent, translated};
use crate::tests::adapter;

const DIALECT: &str = "anthropic.messages";

#[test]
fn a_plain_request() {
    let body = r#"{"model":"theirs","max_tokens":64,"system":"Be brief.","messages":[{"role":"user","content":"Hi"}],"stop_sequences":["END"],
        "temperature":0.5,"top_p":0.90,"metadata":{"user_id":"ada"},"service_tier":"standard_only","thinking":{"type":"enabled","budget_tokens":4096}}"#;
    let expected = json!({"model": "ours", "max_completion_tokens": 64, "stop": ["END"], "temperature": 0.5, "top_p": 0.9, "user": "ada",
        "service_tier": "default", "reasoning_effort": "medium",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]});
    assert_eq!(translated(DIALECT, body), expected);
}

#[test]
fn tools_and_their_results() {
    let body = r#"{"max_tokens":9,"system":[{"type":"text","text":"A","cache_control":{"type":"ephemeral"}},{"type":"text","text":"B"}],"messages":[
        {"role":"user","content":[{"type":"text","text":"see"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}},
            {"type":"image","source":{"type":"url","url":"https://example.org/a.png"}}]},
        {"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"s"},{"type":"text","text":"ok"},{"type":"tool_use","id":"t1","name":"look","input":{"z": 1, "a":2}},
            {"type":"tool_use","id":"t2","name":"now","input":{}}]},
        {"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":[{"type":"text","text":"seen"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"BBBB"}}]},
            {"type":"tool_result","tool_use_id":"t2","content":"late","is_error":true},{"type":"text","text":"go on"}]}],
        "tools":[{"name":"look","description":"d","input_schema":{"type":"object"},"cache_control":{"type":"ephemeral"}},{"type":"custom","name":"now","input_schema":{"type":"object"}}],
        "tool_choice":{"type":"any","disable_parallel_tool_use":true}}"#;
    let chat = translated(DIALECT, body);
    assert_eq!(
        chat["messages"],
        json!([
            {"role": "system", "content": "A\nB"},
            {"role": "user", "content": [{"type": "text", "text": "see"}, {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
                {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}]},
            {"role": "assistant", "content": "ok", "tool_calls": [
                {"id": "t1", "type": "function", "function": {"name": "look", "arguments": "{\"z\": 1, \"a\":2}"}},
                {"id": "t2", "type": "function", "function": {"name": "now", "arguments": "{}"}}]},
            {"role": "tool", "tool_call_id": "t1", "content": "seen"},
            {"role": "tool", "tool_call_id": "t2", "content": "Error: late"},
            {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,BBBB"}}, {"type": "text", "text": "go on"}]},
        ])
    );
    assert_eq!((&chat["tool_choice"], &chat["parallel_tool_calls"]), (&json!("required"), &json!(false)));
    assert_eq!(chat["tools"][0], json!({"type": "function", "function": {"name": "look", "description": "d", "parameters": {"type": "object"}}}));
}

#[test]
fn choices_efforts_and_formats() {
    let with = |rest: &str| translated(DIALECT, &format!(r#"{{"max_tokens":1,"messages":[],"tools":[{{"name":"f","input_schema":{{}}}}],{rest}}}"#));
    for (choice, expected) in [
        (r#"{"type":"auto"}"#, json!("auto")),
        (r#"{"type":"none"}"#, json!("none")),
        (r#"{"type":"tool","name":"f"}"#, json!({"type": "function", "function": {"name": "f"}})),
    ] {
        assert_eq!(with(&format!("\"tool_choice\":{choice}"))["tool_choice"], expected);
    }
    for (thinking, expected) in [
        (r#""thinking":{"type":"enabled","budget_tokens":1024}"#, json!("low")),
        (r#""thinking":{"type":"enabled","budget_tokens":31999}"#, json!("high")),
        (r#""thinking":{"type":"disabled"}"#, Value::Null),
        (r#""thinking":{"type":"adaptive","display":"omitted"},"output_config":{"effort":"max"}"#, json!("xhigh")),
    ] {
        assert_eq!(with(thinking)["reasoning_effort"], expected, "{thinking}");
    }
    let format = with(r#""output_config":{"format":{"type":"json_schema","schema":{"type":"object"}}}"#);
    assert_eq!(format["response_format"], json!({"type": "json_schema", "json_schema": {"name": "answer", "schema": {"type": "object"}, "strict": true}}));
    let long = "x".repeat(65);
    assert_eq!(with(&format!(r#""metadata":{{"user_id":"{long}"}}"#))["user"], "user-7d70a52549704607");
}

#[test]
fn rule_23_a_stream_is_asked_for_its_usage() {
    let asked = |config: &str| sent(adapter(config).prepare(request(DIALECT, true, "", r#"{"max_tokens":9,"messages":[],"stream":true}"#)).expect("a request"));
    assert_eq!(asked(ALL), json!({"model": "ours", "max_completion_tokens": 9, "messages": [], "stream": true, "stream_options": {"include_usage": true}}));
    let silent = asked("ask_for_usage = false\n[translation]\nmax_tokens = \"max_tokens\"");
    assert_eq!(silent, json!({"model": "ours", "max_tokens": 9, "messages": [], "stream": true}));
}

#[test]
fn a_whole_answer() {
    let body = r#"{"id":"chatcmpl-1","model":"m-1","service_tier":"default","choices":[{"index":0,"finish_reason":"tool_calls","message":{"role":"assistant","reasoning_content":"Hm.",
        "content":"Say \"so\".","refusal":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\": 1}"}},{"id":"c2","type":"function","function":{"name":"g","arguments":""}}]}}],
        "usage":{"prompt_tokens":100,"completion_tokens":9,"total_tokens":109,"prompt_tokens_details":{"cached_tokens":60},"completion_tokens_details":{"reasoning_tokens":4}}}"#;
    let expected = json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "m-1", "stop_reason": "tool_use", "stop_sequence": null,
        "content": [{"type": "thinking", "thinking": "Hm.", "signature": ""}, {"type": "text", "text": "Say \"so\"."},
            {"type": "tool_use", "id": "c1", "name": "f", "input": {"a": 1}}, {"type": "tool_use", "id": "c2", "name": "g", "input": {}}],
        "usage": {"input_tokens": 40, "cache_read_input_tokens": 60, "output_tokens": 9, "output_tokens_details": {"thinking_tokens": 4}, "service_tier": "standard"}});
    assert_eq!(answer(DIALECT, 200, body), (200, expected));
}

#[test]
fn reasons_to_stop() {
    for (message, theirs, ours) in [
        (r#"{"content":"x"}"#, "stop", "end_turn"),
        (r#"{"content":"x"}"#, "length", "max_tokens"),
        (r#"{"content":"x"}"#, "content_filter", "refusal"),
        (r#"{"content":null,"refusal":"No."}"#, "stop", "refusal"),
        (r#"{"tool_calls":[{"id":"c","function":{"name":"f","arguments":"{}"}}]}"#, "stop", "tool_use"),
    ] {
        let (_, said) = answer(DIALECT, 200, &format!(r#"{{"id":"1","model":"m","choices":[{{"message":{message},"finish_reason":"{theirs}"}}]}}"#));
        assert_eq!((&said["stop_reason"], &said["usage"]), (&json!(ours), &json!({"input_tokens": 0, "output_tokens": 0})), "{message}");
    }
}

#[test]
fn calls_that_are_not_whole() {
    let ended = |finish: &str| {
        let call = r#"{"content":"x","tool_calls":[{"id":"c","function":{"name":"f","arguments":"{"}}]}"#;
        answer(DIALECT, 200, &format!(r#"{{"choices":[{{"message":{call},"finish_reason":"{finish}"}}]}}"#))
    };
    let (_, cut) = ended("length");
    assert_eq!((&cut["stop_reason"], &cut["content"]), (&json!("max_tokens"), &json!([{"type": "text", "text": "x"}])));
    assert_eq!(ended("tool_calls").1["error"]["message"], "the model called \"f\" with arguments that are not JSON");
}

#[test]
fn errors() {
    for (status, kind) in [
        (400, "invalid_request_error"),
        (401, "authentication_error"),
        (403, "permission_error"),
        (404, "not_found_error"),
        (413, "request_too_large"),
        (429, "rate_limit_error"),
        (500, "api_error"),
        (503, "overloaded_error"),
    ] {
        let said = answer(DIALECT, status, r#"{"error":{"message":"why","type":"t","param":null,"code":null}}"#);
        assert_eq!(said, (status, json!({"type": "error", "error": {"type": kind, "message": "why"}})));
    }
    for (body, message) in [
        ("<html>Bad Gateway</html>", "<html>Bad Gateway</html>"),
        (r#"{"error":"plain"}"#, "plain"),
        (r#"{"message":"top","type":"x"}"#, "top"),
        (r#"{"detail":"of it"}"#, "of it"),
    ] {
        assert_eq!(answer(DIALECT, 502, body).1["error"]["message"], message);
    }
    assert_eq!(
        answer(DIALECT, 200, "7").1["error"]["message"],
        "the provider's answer is not one that can be translated: invalid type: integer `7`, expected struct Answer at line 1 column 1"
    );
    assert_eq!(answer(DIALECT, 200, "{}"), (502, json!({"type": "error", "error": {"type": "api_error", "message": "the provider's answer holds no choice"}})));
}

#[test]
fn a_stream() {
    let told = live(DIALECT, &[&STREAM[..], &["[DONE]"]].concat());
    assert!(told.iter().zip(data(&told)).all(|(event, data)| event.name.as_deref() == data["type"].as_str()));
    let start = |index: u32, block: Value| json!({"type": "content_block_start", "index": index, "content_block": block});
    let delta = |index: u32, delta: Value| json!({"type": "content_block_delta", "index": index, "delta": delta});
    let stop = |index: u32| json!({"type": "content_block_stop", "index": index});
    let expected = [
        json!({"type": "message_start", "message": {"id": "msg_7", "type": "message", "role": "assistant", "model": "m-1", "content": [], "stop_reason": null,
            "stop_sequence": null, "usage": {"input_tokens": 0, "output_tokens": 0}}}),
        start(0, json!({"type": "thinking", "thinking": "", "signature": ""})),
        delta(0, json!({"type": "thinking_delta", "thinking": "Hm"})),
        stop(0),
        start(1, json!({"type": "text", "text": ""})),
        delta(1, json!({"type": "text_delta", "text": "I "})),
        delta(1, json!({"type": "text_delta", "text": "look"})),
        stop(1),
        start(2, json!({"type": "tool_use", "id": "call_a", "name": "look", "input": {}})),
        delta(2, json!({"type": "input_json_delta", "partial_json": "{\"at\":1}"})),
        stop(2),
        start(3, json!({"type": "tool_use", "id": "call_b", "name": "now", "input": {}})),
        stop(3),
        json!({"type": "message_delta", "delta": {"stop_reason": "tool_use", "stop_sequence": null},
            "usage": {"input_tokens": 40, "cache_read_input_tokens": 60, "output_tokens": 30, "output_tokens_details": {"thinking_tokens": 10}, "service_tier": "standard"}}),
        json!({"type": "message_stop"}),
    ];
    assert_eq!(data(&told), expected);
}
