//! Responses.

use serde_json::{Value, json};
use weighbridge_plugin::{Adapter, adapter::Event};
use weighbridge_plugin_testkit::sse;

use super::{ALL, STREAM, answer, answered, data, live, request, translated};
use crate::tests::adapter;

const DIALECT: &str = "openai.responses";

#[test]
fn a_plain_request() {
    let body = r#"{"model":"theirs","input":"Hi","instructions":"Be brief.","max_output_tokens":64,"temperature":0.5,"top_p":0.9,"reasoning":{"effort":"low","summary":"auto"},
        "parallel_tool_calls":true,"safety_identifier":"ada","store":true,"include":["reasoning.encrypted_content"],"text":{"format":{"type":"json_schema","name":"n","schema":{"type":"object"},"strict":true}},
        "metadata":{"k":"v"},"truncation":"disabled","background":false,"service_tier":"auto","prompt_cache_key":"p"}"#;
    let expected = json!({"model": "ours", "max_completion_tokens": 64, "temperature": 0.5, "top_p": 0.9, "reasoning_effort": "low", "user": "ada", "service_tier": "auto",
        "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}, "strict": true}},
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]});
    assert_eq!(translated(DIALECT, body), expected);
}

#[test]
fn items_and_tools() {
    let body = r#"{"input":[{"role":"developer","content":"D"},
        {"type":"message","role":"user","content":[{"type":"input_text","text":"see"},{"type":"input_image","image_url":"data:image/png;base64,AA","detail":"low"}]},
        {"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"e"},
        {"type":"message","id":"msg_1","status":"completed","role":"assistant","content":[{"type":"output_text","text":"ok","annotations":[],"logprobs":[]}]},
        {"type":"function_call","id":"fc_1","status":"completed","call_id":"c1","name":"f","arguments":"{}"},
        {"type":"function_call","call_id":"c2","name":"g","arguments":"{\"a\":1}"},
        {"type":"function_call_output","call_id":"c1","output":"one"},
        {"type":"function_call_output","call_id":"c2","output":[{"type":"input_text","text":"two"},{"type":"input_image","image_url":"https://example.org/a.png"}]},
        {"role":"user","content":"go on"}],
        "tools":[{"type":"function","name":"f","description":"d","parameters":{"type":"object"},"strict":false}],"tool_choice":{"type":"function","name":"f"},"parallel_tool_calls":false}"#;
    let chat = translated(DIALECT, body);
    assert_eq!(
        chat["messages"],
        json!([
            {"role": "system", "content": "D"},
            {"role": "user", "content": [{"type": "text", "text": "see"}, {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA", "detail": "low"}}]},
            {"role": "assistant", "content": "ok", "tool_calls": [
                {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}},
                {"id": "c2", "type": "function", "function": {"name": "g", "arguments": "{\"a\":1}"}}]},
            {"role": "tool", "tool_call_id": "c1", "content": "one"},
            {"role": "tool", "tool_call_id": "c2", "content": "two"},
            {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}]},
            {"role": "user", "content": "go on"},
        ])
    );
    assert_eq!(chat["tools"], json!([{"type": "function", "function": {"name": "f", "description": "d", "parameters": {"type": "object"}, "strict": false}}]));
    assert_eq!((&chat["tool_choice"], &chat["parallel_tool_calls"]), (&json!({"type": "function", "function": {"name": "f"}}), &json!(false)));
}

const BODY: &str = r#"{"id":"chatcmpl-1","created":5,"model":"m-1","service_tier":"default","choices":[{"index":0,"finish_reason":"tool_calls","message":{"role":"assistant","content":"Hm",
    "tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\": 1}"}}]}}],
    "usage":{"prompt_tokens":100,"completion_tokens":9,"total_tokens":109,"prompt_tokens_details":{"cached_tokens":60}}}"#;

fn asked(streamed: bool) -> (String, Vec<u8>) {
    let adapter = adapter(ALL);
    let body = r#"{"input":"x","metadata":{"k":"v"},"max_output_tokens":9,"temperature":0.50}"#;
    let state = adapter.prepare(request(DIALECT, streamed, "", body)).expect("a request").state;
    let (status, kind, body) = answered(&adapter, &state, 200, BODY.as_bytes());
    assert_eq!(status, 200);
    (kind, body)
}

#[test]
fn a_whole_answer() {
    let (kind, body) = asked(false);
    let expected = json!({"id": "resp_1", "object": "response", "created_at": 5, "status": "completed", "background": false, "error": null, "incomplete_details": null,
        "instructions": null, "previous_response_id": null, "store": false, "model": "m-1", "tools": [], "truncation": "disabled", "max_output_tokens": 9,
        "metadata": {"k": "v"}, "parallel_tool_calls": true, "reasoning": {"effort": null, "summary": null}, "temperature": 0.5, "text": {"format": {"type": "text"}},
        "tool_choice": "auto", "top_p": null, "user": null, "service_tier": "default",
        "output": [
            {"id": "msg_1_0", "type": "message", "status": "completed", "role": "assistant", "content": [{"type": "output_text", "text": "Hm", "annotations": [], "logprobs": []}]},
            {"id": "fc_1_1", "type": "function_call", "status": "completed", "call_id": "c1", "name": "f", "arguments": "{\"a\": 1}"}],
        "usage": {"input_tokens": 100, "input_tokens_details": {"cached_tokens": 60}, "output_tokens": 9, "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 109}});
    assert_eq!((kind.as_str(), serde_json::from_slice::<Value>(&body).expect("JSON")), ("application/json", expected));
}

#[test]
fn a_whole_answer_as_a_stream_ends_with_the_same_response() {
    let (kind, body) = asked(true);
    let told = sse::events(&body);
    let last = data(&told).pop().expect("an event");
    assert_eq!((kind.as_str(), last["type"].as_str()), ("text/event-stream", Some("response.completed")));
    assert_eq!(last["response"], serde_json::from_slice::<Value>(&asked(false).1).expect("JSON"));
    assert_eq!(told.first().and_then(|event| event.name.as_deref()), Some("response.created"));
}

fn names(told: &[Event]) -> Vec<&str> {
    told.iter().filter_map(|event| event.name.as_deref()).collect()
}

#[test]
fn a_stream() {
    let told = live(DIALECT, &[&STREAM[..], &["[DONE]"]].concat());
    assert_eq!(
        names(&told),
        [
            "response.created",
            "response.in_progress",
            "response.output_item.added",
            "response.content_part.added",
            "response.reasoning_text.delta",
            "response.reasoning_text.done",
            "response.content_part.done",
            "response.output_item.done",
            "response.output_item.added",
            "response.content_part.added",
            "response.output_text.delta",
            "response.output_text.delta",
            "response.output_text.done",
            "response.content_part.done",
            "response.output_item.done",
            "response.output_item.added",
            "response.function_call_arguments.delta",
            "response.output_item.added",
            "response.function_call_arguments.done",
            "response.output_item.done",
            "response.function_call_arguments.done",
            "response.output_item.done",
            "response.completed",
        ]
    );
    let said = data(&told);
    assert!(said.iter().enumerate().all(|(number, event)| event["sequence_number"] == number && event["type"].as_str() == told[number].name.as_deref()));
    assert_eq!(
        said[10],
        json!({"type": "response.output_text.delta", "sequence_number": 10, "item_id": "msg_7_1", "output_index": 1, "content_index": 0, "delta": "I ", "logprobs": []})
    );
    assert_eq!(
        said[12],
        json!({"type": "response.output_text.done", "sequence_number": 12, "item_id": "msg_7_1", "output_index": 1, "content_index": 0, "text": "I look", "logprobs": []})
    );
    assert_eq!(
        said[18],
        json!({"type": "response.function_call_arguments.done", "sequence_number": 18, "item_id": "fc_7_2", "output_index": 2, "name": "look", "arguments": "{\"at\":1}"})
    );
    let response = &said[22]["response"];
    let items: Vec<&Value> = said.iter().filter(|event| event["type"] == "response.output_item.done").map(|event| &event["item"]).collect();
    assert_eq!(response["output"].as_array().expect("a list").iter().collect::<Vec<_>>(), items);
    assert_eq!((&response["usage"]["output_tokens_details"], &response["output"][3]["arguments"]), (&json!({"reasoning_tokens": 10}), &json!("{}")));
}

#[test]
fn answers_that_are_cut_off_are_incomplete() {
    for (finish, reason) in [("length", "max_output_tokens"), ("content_filter", "content_filter")] {
        let (_, said) = answer(DIALECT, 200, &format!(r#"{{"id":"1","model":"m","choices":[{{"message":{{"content":"x"}},"finish_reason":"{finish}"}}]}}"#));
        assert_eq!(
            (&said["status"], &said["incomplete_details"], &said["output"][0]["status"], &said["usage"]),
            (&json!("incomplete"), &json!({"reason": reason}), &json!("incomplete"), &Value::Null)
        );
    }
    let refused = answer(DIALECT, 200, r#"{"id":"1","model":"m","choices":[{"message":{"content":null,"refusal":"No."},"finish_reason":"stop"}]}"#).1;
    assert_eq!(refused["output"][0]["content"], json!([{"type": "refusal", "refusal": "No."}]));
}

#[test]
fn errors() {
    assert_eq!(
        answer(DIALECT, 429, r#"{"error":{"message":"slow","type":"requests","code":"rate_limit_exceeded"}}"#),
        (429, json!({"error": {"message": "slow", "type": "rate_limit_error", "param": null, "code": "rate_limit_exceeded"}}))
    );
    assert_eq!(answer(DIALECT, 500, "oops").1, json!({"error": {"message": "oops", "type": "server_error", "param": null, "code": null}}));
    assert_eq!(answer(DIALECT, 200, "[]").0, 502);
}
