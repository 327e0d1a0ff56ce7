//! Streams, translated chunk by chunk.

use serde_json::{Value, json};
use weighbridge_plugin::{
    Adapter,
    adapter::{Event, EventOut, StreamEnd},
};

use super::{adapter, prepare};

/// The data of a translated stream, its end included.
fn streamed(include_usage: bool, end: StreamEnd, data: &[&str]) -> Vec<String> {
    let request = format!(r#"{{"stream":true,"stream_options":{{"include_usage":{include_usage}}},"messages":[]}}"#);
    let mut state = prepare("m", &request).expect("a request").state;
    let mut told = Vec::new();
    for data in data {
        let step = adapter().on_events(&state, &[Event { name: None, data: data.as_bytes().to_vec() }]).expect("a step");
        state = step.state;
        assert!(state.len() <= 4096, "{} bytes", state.len());
        told.extend(step.events.into_iter().flat_map(|out| if let EventOut::Replace(events) = out { events } else { Vec::new() }));
    }
    told.extend(adapter().on_end(&state, end).expect("an end"));
    told.into_iter().map(|event| String::from_utf8(event.data).expect("UTF-8")).collect()
}

fn choices(told: &[String]) -> Vec<Value> {
    told.iter().filter_map(|data| serde_json::from_str::<Value>(data).ok()).map(|chunk| chunk["choices"][0].clone()).collect()
}

#[test]
fn text_and_thinking_with_usage() {
    let told = streamed(
        true,
        StreamEnd::UpstreamClosed,
        &[
            r#"{"candidates":[{"content":{"parts":[{"text":"Hm","thought":true}]}}],"usageMetadata":{"promptTokenCount":5,"totalTokenCount":5},"modelVersion":"g","responseId":"R"}"#,
            r#"{"candidates":[{"content":{"parts":[{"text":"Yes"}]}}],"usageMetadata":{"trafficType":"ON_DEMAND"}}"#,
            r#"{"candidates":[{"content":{"parts":[{"text":""}]},"finishReason":"MAX_TOKENS"}],"usageMetadata":{"promptTokenCount":5,"candidatesTokenCount":7,"thoughtsTokenCount":2,"totalTokenCount":14}}"#,
        ],
    );
    let chunk = |delta: Value, finish: Value| {
        json!({"id": "chatcmpl-R", "object": "chat.completion.chunk", "created": 0, "model": "g",
            "choices": [{"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish}]})
    };
    let chunks: Vec<Value> = told.iter().take(5).map(|data| serde_json::from_str(data).expect("JSON")).collect();
    assert_eq!(
        chunks,
        [
            chunk(json!({"role": "assistant", "content": ""}), json!(null)),
            chunk(json!({"reasoning_content": "Hm"}), json!(null)),
            chunk(json!({"content": "Yes"}), json!(null)),
            chunk(json!({}), json!("length")),
            json!({"id": "chatcmpl-R", "object": "chat.completion.chunk", "created": 0, "model": "g", "choices": [],
                "usage": {"prompt_tokens": 5, "completion_tokens": 9, "total_tokens": 14, "prompt_tokens_details": {"cached_tokens": 0},
                    "completion_tokens_details": {"reasoning_tokens": 2}}}),
        ]
    );
    assert_eq!(told[5..], ["[DONE]"]);
}

#[test]
fn tool_calls_are_counted_over_chunks_and_answers_kept_apart() {
    let told = streamed(
        false,
        StreamEnd::Complete,
        &[
            r#"{"candidates":[{"content":{"parts":[{"functionCall":{"name":"a","args":{"x":1}},"thoughtSignature":"S"}]}}],"responseId":"R"}"#,
            r#"{"candidates":[{"content":{"parts":[{"functionCall":{"name":"b","args":{}}}]},"finishReason":"STOP"},{"index":1,"content":{"parts":[{"text":"Or"}]},"finishReason":"STOP"}]}"#,
        ],
    );
    let call = |index: u32, name: &str, arguments: &str| json!({"index": index, "id": format!("call_R_0_{index}"), "type": "function", "function": {"name": name, "arguments": arguments}});
    let mut signed = call(0, "a", r#"{"x":1}"#);
    signed["extra_content"] = json!({"google": {"thought_signature": "S"}});
    let told_choices: Vec<(Value, Value, Value)> =
        choices(&told).into_iter().map(|choice| (choice["index"].clone(), choice["delta"].clone(), choice["finish_reason"].clone())).collect();
    let begun = || json!({"role": "assistant", "content": ""});
    assert_eq!(
        told_choices,
        [
            (json!(0), begun(), json!(null)),
            (json!(0), json!({"tool_calls": [signed]}), json!(null)),
            (json!(0), json!({"tool_calls": [call(1, "b", "{}")]}), json!(null)),
            (json!(0), json!({}), json!("tool_calls")),
            (json!(1), begun(), json!(null)),
            (json!(1), json!({"content": "Or"}), json!(null)),
            (json!(1), json!({}), json!("stop")),
        ]
    );
    assert_eq!(told.last().map(String::as_str), Some("[DONE]"), "no usage chunk for a client that did not ask");
}

#[test]
fn a_refused_prompt_is_an_empty_answer() {
    let told =
        streamed(false, StreamEnd::UpstreamClosed, &[r#"{"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"},"usageMetadata":{"promptTokenCount":5}}"#]);
    assert_eq!(choices(&told)[1]["finish_reason"], json!("content_filter"));
    assert_eq!(told.last().map(String::as_str), Some("[DONE]"));
}

const CHUNK: &str = r#"{"candidates":[{"content":{"parts":[{"text":"Yes"}]}}]}"#;

#[test]
fn an_error_in_the_middle_ends_the_stream() {
    let told = streamed(true, StreamEnd::UpstreamClosed, &[CHUNK, r#"{"error":{"code":503,"message":"Overloaded","status":"UNAVAILABLE"}}"#, CHUNK]);
    assert_eq!(told[2..], [r#"{"error":{"message":"Overloaded","type":"server_error","param":null,"code":"UNAVAILABLE"}}"#]);
}

#[test]
fn a_stream_that_stops_does_not_look_complete() {
    let last = |end| streamed(true, end, &[CHUNK]).pop().expect("an event");
    assert_eq!(
        last(StreamEnd::UpstreamClosed),
        r#"{"error":{"message":"the provider's stream broke off before its end","type":"server_error","param":null,"code":"INTERNAL"}}"#
    );
    assert_eq!(
        last(StreamEnd::TimedOut),
        r#"{"error":{"message":"the provider's stream fell silent before its end","type":"server_error","param":null,"code":"INTERNAL"}}"#
    );
    assert_eq!(
        streamed(true, StreamEnd::UpstreamClosed, &["not json"]),
        [
            r#"{"error":{"message":"the provider sent an event that cannot be translated: expected ident at line 1 column 2","type":"server_error","param":null,"code":"INTERNAL"}}"#
        ]
    );
}

#[test]
fn the_state_stays_small() {
    let long = "é".repeat(5000);
    let chunk = |index: u32| {
        format!(
            r#"{{"candidates":[{{"index":{index},"content":{{"parts":[{{"text":"x"}}]}}}}],"responseId":"{long}","modelVersion":"{long}","usageMetadata":{{"promptTokenCount":18446744073709551615}}}}"#
        )
    };
    streamed(false, StreamEnd::UpstreamClosed, &[&chunk(0), &chunk(7), &chunk(4_000_000_000)]);
}
