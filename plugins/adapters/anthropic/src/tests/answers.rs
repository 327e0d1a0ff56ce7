//! Whole answers and errors, in OpenAI's shape.

use serde_json::{Value, json};
use weighbridge_plugin::{
    Adapter,
    adapter::{BodyPlan, UpstreamResponse},
};

use super::adapter;

fn answered(status: u16, body: &str) -> (u16, Value) {
    let response = adapter().read_response(&[], UpstreamResponse { status, fields: vec![], body: Some(body.as_bytes().to_vec()) }).expect("an answer");
    let BodyPlan::Replace(body) = response.body else { panic!("not replaced") };
    (response.status, serde_json::from_slice(&body).expect("JSON"))
}

#[test]
fn text_thinking_and_usage() {
    let body = r#"{"id":"msg_01A","type":"message","role":"assistant","model":"claude-opus-4-8","content":[{"type":"thinking","thinking":"Hm.","signature":"s"},
        {"type":"text","text":"It is \"so\""},{"type":"text","text":"."}],"stop_reason":"end_turn","stop_sequence":null,
        "usage":{"input_tokens":3,"cache_read_input_tokens":100,"cache_creation_input_tokens":20,"output_tokens":9,"output_tokens_details":{"thinking_tokens":4},"service_tier":"standard"}}"#;
    let expected = json!({
        "id": "chatcmpl-01A", "object": "chat.completion", "created": 0, "model": "claude-opus-4-8", "service_tier": "default",
        "choices": [{"index": 0, "finish_reason": "stop", "logprobs": null,
            "message": {"role": "assistant", "content": "It is \"so\".", "refusal": null, "reasoning_content": "Hm."}}],
        "usage": {"prompt_tokens": 123, "completion_tokens": 9, "total_tokens": 132,
            "prompt_tokens_details": {"cached_tokens": 100, "cache_write_tokens": 20}, "completion_tokens_details": {"reasoning_tokens": 4}},
    });
    assert_eq!(answered(200, body), (200, expected));
}

#[test]
fn tool_calls() {
    let body = r#"{"id":"msg_1","model":"m","content":[{"type":"tool_use","id":"toolu_1","name":"get","input":{"z": 1, "a": 2}},{"type":"tool_use","id":"toolu_2","name":"now","input":{}}],
        "stop_reason":"tool_use","usage":{"input_tokens":1,"output_tokens":2}}"#;
    let (_, answer) = answered(200, body);
    assert_eq!(
        answer["choices"][0],
        json!({"index": 0, "finish_reason": "tool_calls", "logprobs": null, "message": {"role": "assistant", "content": null, "refusal": null, "tool_calls": [
            {"id": "toolu_1", "type": "function", "function": {"name": "get", "arguments": "{\"z\": 1, \"a\": 2}"}},
            {"id": "toolu_2", "type": "function", "function": {"name": "now", "arguments": "{}"}}]}})
    );
}

#[test]
fn reasons_to_stop() {
    for (theirs, ours) in [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("pause_turn", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("tool_use", "tool_calls"),
        ("refusal", "content_filter"),
    ] {
        let (_, answer) = answered(200, &format!(r#"{{"id":"msg_1","model":"m","content":[],"stop_reason":"{theirs}","usage":{{}}}}"#));
        assert_eq!((&answer["choices"][0]["finish_reason"], &answer["choices"][0]["message"]["content"]), (&json!(ours), &json!("")));
    }
}

#[test]
fn errors() {
    let said = |kind: &str| format!(r#"{{"type":"error","error":{{"type":"{kind}","message":"why"}},"request_id":"req_1"}}"#);
    for (status, theirs, expected, ours) in [
        (400, "invalid_request_error", 400, "invalid_request_error"),
        (401, "authentication_error", 401, "authentication_error"),
        (404, "not_found_error", 404, "invalid_request_error"),
        (429, "rate_limit_error", 429, "rate_limit_error"),
        (500, "api_error", 500, "server_error"),
        (529, "overloaded_error", 503, "server_error"),
    ] {
        assert_eq!(answered(status, &said(theirs)), (expected, json!({"error": {"message": "why", "type": ours, "param": null, "code": theirs}})));
    }
    assert_eq!(
        answered(502, "<html>Bad Gateway</html>").1,
        json!({"error": {"message": "<html>Bad Gateway</html>", "type": "server_error", "param": null, "code": "api_error"}})
    );
    let (status, garbage) = answered(200, "{}");
    assert_eq!(
        (status, &garbage["error"]["message"]),
        (502, &json!("the provider's answer is not a message that can be translated: missing field `id` at line 1 column 2"))
    );
}
