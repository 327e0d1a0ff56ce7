//! Gemini's generateContent.

use serde_json::{Value, json};
use weighbridge_plugin::Adapter;

use super::{ALL, STREAM, answer, answered, chunks, data, request, streamed, translated};
use crate::tests::adapter;

const DIALECT: &str = "gemini.generate_content";

#[test]
fn a_plain_request_in_either_spelling() {
    let expected = json!({"model": "ours", "max_completion_tokens": 64, "temperature": 0.5, "top_p": 0.9, "stop": ["END"], "n": 2, "seed": 7,
        "presence_penalty": 0.1, "frequency_penalty": 0.2, "reasoning_effort": "low",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": [{"type": "text", "text": "Hi"},
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}}]}]});
    let camel = r#"{"systemInstruction":{"role":"user","parts":[{"text":"Be brief."}]},"contents":[{"role":"user","parts":[{"text":"Hi"},{"inlineData":{"mimeType":"image/png","data":"AA"}}]}],
        "generationConfig":{"temperature":0.5,"topP":0.9,"maxOutputTokens":64,"stopSequences":["END"],"candidateCount":2,"seed":7,"presencePenalty":0.1,"frequencyPenalty":0.2,
            "thinkingConfig":{"thinkingBudget":1024,"includeThoughts":true},"responseModalities":["TEXT"]}}"#;
    let snake = r#"{"system_instruction":{"parts":[{"text":"Be brief."}]},"contents":{"parts":[{"text":"Hi"},{"inline_data":{"mime_type":"image/png","data":"AA"}}]},
        "generation_config":{"temperature":0.5,"top_p":0.9,"max_output_tokens":64,"stop_sequences":["END"],"candidate_count":2,"seed":7,"presence_penalty":0.1,"frequency_penalty":0.2,
            "thinking_config":{"thinking_level":"LOW"}}}"#;
    assert_eq!((translated(DIALECT, camel), translated(DIALECT, snake)), (expected.clone(), expected));
}

#[test]
fn functions_and_their_responses_need_no_ids() {
    let body = r#"{"contents":[{"parts":[{"text":"go"}]},
        {"role":"model","parts":[{"text":"hm","thought":true},{"text":"ok"},{"functionCall":{"name":"f","args":{"z": 1, "a":2}},"thoughtSignature":"s"},{"functionCall":{"name":"f","args":{}}},{"functionCall":{"id":"own","name":"g"}}]},
        {"role":"user","parts":[{"functionResponse":{"name":"f","response":{"output":"one"}}},{"functionResponse":{"name":"f","response":{"output":"two"}}},{"functionResponse":{"id":"own","name":"g","response":{"x":3}}},{"text":"next"}]}],
        "tools":[{"functionDeclarations":[{"name":"f","description":"d","parameters":{"type":"OBJECT","properties":{"z":{"type":"INTEGER","nullable":true},"a":{"type":"ARRAY","minItems":"1","items":{"type":"STRING","enum":["x"]}}},"required":["z"],"propertyOrdering":["z","a"]}},
            {"name":"g","parametersJsonSchema":{"type":"object"}}]}],
        "toolConfig":{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["g"]}}}"#;
    let chat = translated(DIALECT, body);
    let call = |id: &str, name: &str, arguments: &str| json!({"id": id, "type": "function", "function": {"name": name, "arguments": arguments}});
    assert_eq!(
        chat["messages"],
        json!([
            {"role": "user", "content": "go"},
            {"role": "assistant", "content": "ok", "tool_calls": [call("call_0", "f", "{\"z\": 1, \"a\":2}"), call("call_1", "f", "{}"), call("own", "g", "{}")]},
            {"role": "tool", "tool_call_id": "call_0", "content": "{\"output\":\"one\"}"},
            {"role": "tool", "tool_call_id": "call_1", "content": "{\"output\":\"two\"}"},
            {"role": "tool", "tool_call_id": "own", "content": "{\"x\":3}"},
            {"role": "user", "content": "next"},
        ])
    );
    let parameters = json!({"type": "object", "required": ["z"], "properties": {"z": {"type": ["integer", "null"]},
        "a": {"type": "array", "minItems": 1, "items": {"type": "string", "enum": ["x"]}}}});
    assert_eq!(chat["tools"][0], json!({"type": "function", "function": {"name": "f", "description": "d", "parameters": parameters}}));
    assert_eq!(chat["tool_choice"], json!({"type": "function", "function": {"name": "g"}}));
}

#[test]
fn the_order_of_a_schemas_members_is_kept() {
    let body = r#"{"contents":[],"generationConfig":{"responseMimeType":"application/json","responseSchema":{"type":"OBJECT","properties":{"why":{"type":"STRING"},"answer":{"type":"STRING"},"doubt":{"any_of":[{"type":"NUMBER"},{"type":"NULL"}]}},"propertyOrdering":["doubt","why"]}}}"#;
    let weighbridge_plugin::adapter::BodyPlan::Replace(sent) = super::prepare(DIALECT, body).expect("a request").body else { panic!("not replaced") };
    let schema =
        r#""schema":{"type":"object","properties":{"doubt":{"anyOf":[{"type":"number"},{"type":"null"}]},"why":{"type":"string"},"answer":{"type":"string"}}}"#;
    let sent = String::from_utf8(sent).expect("UTF-8");
    assert!(sent.contains(schema), "{sent}");
}

#[test]
fn efforts_formats_and_choices() {
    let with = |rest: &str| translated(DIALECT, &format!(r#"{{"contents":[],"tools":[{{"functionDeclarations":[{{"name":"f"}}]}}],{rest}}}"#));
    let generation = |rest: &str| with(&format!("\"generationConfig\":{{{rest}}}"));
    for (budget, effort) in [("0", json!("none")), ("-1", Value::Null), ("2048", json!("low")), ("8000", json!("medium")), ("24576", json!("high"))] {
        assert_eq!(generation(&format!(r#""thinkingConfig":{{"thinkingBudget":{budget}}}"#))["reasoning_effort"], effort);
    }
    assert_eq!(generation(r#""responseMimeType":"application/json""#)["response_format"], json!({"type": "json_object"}));
    assert_eq!(generation(r#""responseMimeType":"text/plain","candidateCount":1"#)["response_format"], Value::Null);
    let format = json!({"type": "json_schema", "json_schema": {"name": "answer", "schema": {"type": "object"}}});
    assert_eq!(generation(r#""responseMimeType":"application/json","responseJsonSchema":{"type":"object"}"#)["response_format"], format);
    for (mode, choice) in [("AUTO", "auto"), ("ANY", "required"), ("NONE", "none")] {
        assert_eq!(with(&format!(r#""toolConfig":{{"functionCallingConfig":{{"mode":"{mode}"}}}}"#))["tool_choice"], choice);
    }
}

const BODY: &str = r#"{"id":"chatcmpl-1","model":"m-1","choices":[{"index":0,"finish_reason":"tool_calls","message":{"content":"Hm","reasoning_content":"So.",
    "tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\": 1}"}}]}},{"index":1,"finish_reason":"length","message":{"content":"Oh"}}],
    "usage":{"prompt_tokens":100,"completion_tokens":9,"total_tokens":109,"prompt_tokens_details":{"cached_tokens":60},"completion_tokens_details":{"reasoning_tokens":4}}}"#;

#[test]
fn a_whole_answer() {
    let expected = json!({"modelVersion": "m-1", "responseId": "1", "candidates": [
        {"index": 0, "finishReason": "STOP", "content": {"role": "model", "parts": [{"text": "Hm"}, {"functionCall": {"id": "c1", "name": "f", "args": {"a": 1}}}]}},
        {"index": 1, "finishReason": "MAX_TOKENS", "content": {"role": "model", "parts": [{"text": "Oh"}]}}],
        "usageMetadata": {"promptTokenCount": 100, "cachedContentTokenCount": 60, "candidatesTokenCount": 5, "thoughtsTokenCount": 4, "totalTokenCount": 109}});
    assert_eq!(answer(DIALECT, 200, BODY), (200, expected));
}

#[test]
fn thoughts_are_for_those_who_ask() {
    let adapter = adapter(ALL);
    let body = r#"{"contents":[],"generationConfig":{"thinkingConfig":{"includeThoughts":true}}}"#;
    let state = adapter.prepare(request(DIALECT, false, "", body)).expect("a request").state;
    let said: Value = serde_json::from_slice(&answered(&adapter, &state, 200, BODY.as_bytes()).2).expect("JSON");
    assert_eq!(said["candidates"][0]["content"]["parts"][0], json!({"text": "So.", "thought": true}));
}

#[test]
fn a_whole_answer_as_a_stream_of_one() {
    let adapter = adapter(ALL);
    let whole = serde_json::to_string(&answer(DIALECT, 200, BODY).1).expect("JSON");
    for (query, kind, begin, end) in [("alt=sse", "text/event-stream", "data: ", "\n\n"), ("", "application/json", "[", "]")] {
        let body = r#"{"contents":[],"tools":[{"functionDeclarations":[{"name":"f"}]}]}"#;
        let state = adapter.prepare(request(DIALECT, true, query, body)).expect("a request").state;
        let (_, given, body) = answered(&adapter, &state, 200, BODY.as_bytes());
        let body = String::from_utf8(body).expect("UTF-8");
        let inner = body.strip_prefix(begin).and_then(|body| body.strip_suffix(end)).expect("a frame");
        assert_eq!((given.as_str(), serde_json::from_str::<Value>(inner).expect("JSON").to_string()), (kind, whole.clone()));
    }
}

#[test]
fn a_stream() {
    let adapter = adapter(super::ALL);
    let body = r#"{"contents":[],"generationConfig":{"thinkingConfig":{"includeThoughts":true}}}"#;
    let state = adapter.prepare(request(DIALECT, true, "alt=sse", body)).expect("a request").state;
    let told = streamed(&adapter, state, &chunks(&[&STREAM[..], &["[DONE]"]].concat()), 1);
    let piece = |part: Value| json!({"candidates": [{"index": 0, "content": {"role": "model", "parts": [part]}}], "modelVersion": "m-1", "responseId": "7"});
    let last = json!({"candidates": [{"index": 0, "finishReason": "STOP", "content": {"role": "model", "parts": [
            {"functionCall": {"id": "call_a", "name": "look", "args": {"at": 1}}}, {"functionCall": {"id": "call_b", "name": "now", "args": {}}}]}}],
        "modelVersion": "m-1", "responseId": "7",
        "usageMetadata": {"promptTokenCount": 100, "cachedContentTokenCount": 60, "candidatesTokenCount": 20, "thoughtsTokenCount": 10, "totalTokenCount": 130}});
    assert!(told.iter().all(|event| event.name.is_none()));
    assert_eq!(data(&told), [piece(json!({"text": "Hm", "thought": true})), piece(json!({"text": "I "})), piece(json!({"text": "look"})), last]);
}

#[test]
fn errors() {
    for (status, word) in [
        (400, "INVALID_ARGUMENT"),
        (401, "UNAUTHENTICATED"),
        (403, "PERMISSION_DENIED"),
        (404, "NOT_FOUND"),
        (429, "RESOURCE_EXHAUSTED"),
        (500, "INTERNAL"),
        (503, "UNAVAILABLE"),
        (504, "DEADLINE_EXCEEDED"),
    ] {
        let said = answer(DIALECT, status, r#"{"error":{"message":"why"}}"#);
        assert_eq!(said, (status, json!({"error": {"code": status, "message": "why", "status": word}})));
    }
    assert_eq!(
        answer(DIALECT, 200, r#"{"error":{"message":"not today"}}"#),
        (502, json!({"error": {"code": 502, "message": "not today", "status": "INTERNAL"}}))
    );
}

#[test]
fn calls_that_are_not_whole() {
    let ended = |finish: &str| {
        let call = r#"{"tool_calls":[{"id":"c","function":{"name":"f","arguments":"{"}}]}"#;
        answer(DIALECT, 200, &format!(r#"{{"choices":[{{"message":{call},"finish_reason":"{finish}"}}]}}"#)).1["candidates"][0].clone()
    };
    let nothing = json!({"role": "model", "parts": []});
    assert_eq!(ended("tool_calls"), json!({"index": 0, "content": nothing, "finishReason": "MALFORMED_FUNCTION_CALL"}));
    assert_eq!(ended("length"), json!({"index": 0, "content": nothing, "finishReason": "MAX_TOKENS"}));
}
