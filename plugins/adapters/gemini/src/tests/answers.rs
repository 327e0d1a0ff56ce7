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
fn text_thinking_pictures_and_usage() {
    let body = r#"{"responseId":"R1","modelVersion":"gemini-3-pro","candidates":[{"index":0,"finishReason":"STOP","content":{"role":"model","parts":[
        {"text":"Hm.","thought":true},{"text":"It is \"so\""},{"text":".","thoughtSignature":"S"},{"inlineData":{"mimeType":"image/png","data":"iVBO"}}]}}],
        "usageMetadata":{"promptTokenCount":120,"cachedContentTokenCount":100,"toolUsePromptTokenCount":3,"candidatesTokenCount":5,"thoughtsTokenCount":4,"totalTokenCount":132}}"#;
    let expected = json!({
        "id": "chatcmpl-R1", "object": "chat.completion", "created": 0, "model": "gemini-3-pro",
        "choices": [{"index": 0, "finish_reason": "stop", "logprobs": null,
            "message": {"role": "assistant", "content": "It is \"so\".", "refusal": null, "reasoning_content": "Hm.",
                "images": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBO"}}]}}],
        "usage": {"prompt_tokens": 123, "completion_tokens": 9, "total_tokens": 132,
            "prompt_tokens_details": {"cached_tokens": 100}, "completion_tokens_details": {"reasoning_tokens": 4}},
    });
    assert_eq!(answered(200, body), (200, expected));
}

#[test]
fn tool_calls_and_several_answers() {
    let body = r#"{"responseId":"R1","modelVersion":"m","candidates":[
        {"finishReason":"STOP","content":{"parts":[{"functionCall":{"name":"get","args":{"z": 1, "a": 2}},"thoughtSignature":"S"},{"functionCall":{"id":"own","name":"now"}}]}},
        {"index":1,"finishReason":"MAX_TOKENS","content":{"parts":[{"text":"Or"}]}}]}"#;
    let (_, answer) = answered(200, body);
    assert_eq!(
        answer["choices"],
        json!([
            {"index": 0, "finish_reason": "tool_calls", "logprobs": null, "message": {"role": "assistant", "content": null, "refusal": null, "tool_calls": [
                {"id": "call_R1_0_0", "type": "function", "function": {"name": "get", "arguments": "{\"z\": 1, \"a\": 2}"}, "extra_content": {"google": {"thought_signature": "S"}}},
                {"id": "own", "type": "function", "function": {"name": "now", "arguments": "{}"}}]}},
            {"index": 1, "finish_reason": "length", "logprobs": null, "message": {"role": "assistant", "content": "Or", "refusal": null}},
        ])
    );
}

#[test]
fn reasons_to_stop() {
    for (theirs, ours) in [
        ("STOP", "stop"),
        ("OTHER", "stop"),
        ("MAX_TOKENS", "length"),
        ("SAFETY", "content_filter"),
        ("RECITATION", "content_filter"),
        ("IMAGE_SAFETY", "content_filter"),
    ] {
        let (_, answer) = answered(200, &format!(r#"{{"candidates":[{{"finishReason":"{theirs}"}}]}}"#));
        assert_eq!((&answer["choices"][0]["finish_reason"], &answer["choices"][0]["message"]["content"]), (&json!(ours), &json!("")));
    }
    let (_, blocked) = answered(200, r#"{"promptFeedback":{"blockReason":"SAFETY"},"usageMetadata":{"promptTokenCount":4}}"#);
    assert_eq!((&blocked["choices"][0]["finish_reason"], &blocked["usage"]["prompt_tokens"]), (&json!("content_filter"), &json!(4)));
}

#[test]
fn errors() {
    for (status, theirs, ours) in [
        (400, "INVALID_ARGUMENT", "invalid_request_error"),
        (401, "UNAUTHENTICATED", "authentication_error"),
        (403, "PERMISSION_DENIED", "permission_error"),
        (404, "NOT_FOUND", "invalid_request_error"),
        (429, "RESOURCE_EXHAUSTED", "rate_limit_error"),
        (503, "UNAVAILABLE", "server_error"),
    ] {
        let body = format!(r#"{{"error":{{"code":{status},"message":"why","status":"{theirs}"}}}}"#);
        let expected = (status, json!({"error": {"message": "why", "type": ours, "param": null, "code": theirs}}));
        assert_eq!(answered(status, &body), expected);
        assert_eq!(answered(status, &format!("[{body}]")), expected);
    }
    assert_eq!(
        answered(502, "<html>Bad Gateway</html>").1,
        json!({"error": {"message": "<html>Bad Gateway</html>", "type": "server_error", "param": null, "code": "INTERNAL"}})
    );
    let (status, garbage) = answered(200, r#"{"candidates":7}"#);
    assert_eq!(status, 502);
    assert_eq!(
        garbage["error"]["message"],
        json!("the provider's answer cannot be translated: invalid type: integer `7`, expected a sequence at line 1 column 15")
    );
}
