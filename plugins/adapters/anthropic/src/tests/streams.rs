//! Streams, translated chunk by chunk.

use serde_json::{Value, json};
use weighbridge_plugin::{
    Adapter,
    adapter::{Event, EventOut, StreamEnd},
};

use super::{adapter, prepare};

/// The data of a translated stream, and the state it ends with.
fn streamed(include_usage: bool, data: &[&str]) -> (Vec<String>, Vec<u8>) {
    let request = format!(r#"{{"stream":true,"stream_options":{{"include_usage":{include_usage}}},"messages":[]}}"#);
    let mut state = prepare("m", &request).expect("a request").state;
    let mut told = Vec::new();
    for data in data {
        let step = adapter().on_events(&state, &[Event { name: None, data: data.as_bytes().to_vec() }]).expect("a step");
        state = step.state;
        for event in step.events {
            if let EventOut::Replace(events) = event {
                told.extend(events.into_iter().map(|event| String::from_utf8(event.data).expect("UTF-8")));
            }
        }
    }
    (told, state)
}

fn deltas(told: &[String]) -> Vec<Value> {
    told.iter().filter_map(|data| serde_json::from_str::<Value>(data).ok()).map(|chunk| chunk["choices"][0]["delta"].clone()).collect()
}

const START: &str =
    r#"{"type":"message_start","message":{"id":"msg_9","model":"claude-opus-4-8","usage":{"input_tokens":5,"cache_read_input_tokens":10,"output_tokens":1}}}"#;

#[test]
fn text_and_thinking_with_usage() {
    let (told, state) = streamed(
        true,
        &[
            START,
            r#"{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}"#,
            r#"{"type":"ping"}"#,
            r#"{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"Hm"}}"#,
            r#"{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"x"}}"#,
            r#"{"type":"content_block_stop","index":0}"#,
            r#"{"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}"#,
            r#"{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"Yes"}}"#,
            r#"{"type":"content_block_stop","index":1}"#,
            r#"{"type":"message_delta","delta":{"stop_reason":"max_tokens","stop_sequence":null},"usage":{"output_tokens":7}}"#,
            r#"{"type":"message_stop"}"#,
        ],
    );
    let chunk = |delta: Value, finish: Value| {
        json!({"id": "chatcmpl-9", "object": "chat.completion.chunk", "created": 0, "model": "claude-opus-4-8",
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
            json!({"id": "chatcmpl-9", "object": "chat.completion.chunk", "created": 0, "model": "claude-opus-4-8", "choices": [],
                "usage": {"prompt_tokens": 15, "completion_tokens": 7, "total_tokens": 22, "prompt_tokens_details": {"cached_tokens": 10, "cache_write_tokens": 0}}}),
        ]
    );
    assert_eq!(told[5..], ["[DONE]"]);
    assert_eq!(adapter().on_end(&state, StreamEnd::Complete).expect("nothing"), vec![]);
}

#[test]
fn tool_calls_have_an_index_and_their_arguments_in_pieces() {
    let (told, _) = streamed(
        false,
        &[
            START,
            r#"{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"toolu_1","name":"get","input":{}}}"#,
            r#"{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":""}}"#,
            r#"{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"a\":"}}"#,
            r#"{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"1}"}}"#,
            r#"{"type":"content_block_stop","index":0}"#,
            r#"{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"toolu_2","name":"now","input":{}}}"#,
            r#"{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":""}}"#,
            r#"{"type":"content_block_stop","index":1}"#,
            r#"{"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":7}}"#,
            r#"{"type":"message_stop"}"#,
        ],
    );
    assert_eq!(
        deltas(&told[1..]),
        [
            json!({"tool_calls": [{"index": 0, "id": "toolu_1", "type": "function", "function": {"name": "get", "arguments": ""}}]}),
            json!({"tool_calls": [{"index": 0, "function": {"arguments": "{\"a\":"}}]}),
            json!({"tool_calls": [{"index": 0, "function": {"arguments": "1}"}}]}),
            json!({"tool_calls": [{"index": 1, "id": "toolu_2", "type": "function", "function": {"name": "now", "arguments": ""}}]}),
            json!({"tool_calls": [{"index": 1, "function": {"arguments": "{}"}}]}),
            json!({}),
        ]
    );
    assert_eq!(told.last().map(String::as_str), Some("[DONE]"), "no usage chunk for a client that did not ask");
}

#[test]
fn an_error_in_the_middle_ends_the_stream() {
    let (told, state) =
        streamed(true, &[START, r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#, r#"{"type":"message_stop"}"#]);
    assert_eq!(told[1..], [r#"{"error":{"message":"Overloaded","type":"server_error","param":null,"code":"overloaded_error"}}"#]);
    assert_eq!(adapter().on_end(&state, StreamEnd::UpstreamClosed).expect("nothing"), vec![]);
}

#[test]
fn a_stream_that_stops_does_not_look_complete() {
    let (told, state) = streamed(true, &[START]);
    assert_eq!(told.len(), 1);
    let last = |end| String::from_utf8(adapter().on_end(&state, end).expect("an event")[0].data.clone()).expect("UTF-8");
    assert_eq!(
        last(StreamEnd::UpstreamClosed),
        r#"{"error":{"message":"the provider's stream broke off before its end","type":"server_error","param":null,"code":"api_error"}}"#
    );
    assert_eq!(
        last(StreamEnd::TimedOut),
        r#"{"error":{"message":"the provider's stream fell silent before its end","type":"server_error","param":null,"code":"api_error"}}"#
    );
    let (garbage, _) = streamed(true, &["not json"]);
    assert_eq!(
        garbage,
        [
            r#"{"error":{"message":"the provider sent an event that cannot be translated: expected ident at line 1 column 2","type":"server_error","param":null,"code":"api_error"}}"#
        ]
    );
}

#[test]
fn the_state_stays_small() {
    let start =
        format!(r#"{{"type":"message_start","message":{{"id":"msg_{0}","model":"{0}","usage":{{"input_tokens":18446744073709551615}}}}}}"#, "é".repeat(5000));
    let (_, state) = streamed(true, &[&start]);
    assert!(state.len() <= 4096, "{} bytes", state.len());
}
