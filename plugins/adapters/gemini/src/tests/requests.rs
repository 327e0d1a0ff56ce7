//! OpenAI's requests, translated.

use serde_json::{Value, json};

use super::{prepare, translated};

#[test]
fn a_plain_chat_is_translated() {
    let body = r#"{"model":"gemini","stream":true,"stream_options":{"include_usage":true},"max_tokens":7,"max_completion_tokens":9,"temperature":0.7,"top_p":0.9,
        "stop":"END","user":"u-1","n":2,"logprobs":false,"metadata":{"a":"b"},"seed":7,"presence_penalty":0.1,"frequency_penalty":0.2,"service_tier":"flex",
        "messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Hi"},{"role":"developer","content":[{"type":"text","text":"Be kind."}]},
        {"role":"assistant","content":"Hello"},{"role":"user","content":[{"type":"text","text":"And?"}]}]}"#;
    assert_eq!(
        translated("gemini-2.5-flash", body),
        json!({
            "systemInstruction": {"parts": [{"text": "Be brief."}, {"text": "Be kind."}]},
            "contents": [
                {"role": "user", "parts": [{"text": "Hi"}]},
                {"role": "model", "parts": [{"text": "Hello"}]},
                {"role": "user", "parts": [{"text": "And?"}]},
            ],
            "generationConfig": {"candidateCount": 2, "stopSequences": ["END"], "maxOutputTokens": 9, "temperature": 0.7, "topP": 0.9, "seed": 7,
                "presencePenalty": 0.1, "frequencyPenalty": 0.2},
            "serviceTier": "flex",
        })
    );
    let sent = prepare("gemini-2.5-flash", body).expect("a request");
    assert_eq!(sent.path_and_query, "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse");
}

#[test]
fn tools_calls_and_results_are_translated() {
    let body = r#"{"messages":[{"role":"user","content":"Weather?"},
        {"role":"assistant","content":null,"tool_calls":[
            {"id":"c1","type":"function","function":{"name":"get","arguments":"{\"z\":1,\"a\":[2, 3]}"},"extra_content":{"google":{"thought_signature":"S"}}},
            {"id":"c2","type":"function","function":{"name":"now","arguments":""}}]},
        {"role":"tool","tool_call_id":"c1","content":"{\"sky\":\"grey\"}"},{"role":"tool","tool_call_id":"c2","content":[{"type":"text","text":"noon"}]}],
        "tools":[{"type":"function","function":{"name":"get","description":"d","parameters":{"type":"object","properties":{"z":{"type":"integer"},"a":{}}}}},
            {"type":"function","function":{"name":"now"}}],
        "tool_choice":{"type":"function","function":{"name":"get"}},"parallel_tool_calls":true}"#;
    let sent = translated("gemini-3-pro", body);
    assert_eq!(
        sent["contents"],
        json!([
            {"role": "user", "parts": [{"text": "Weather?"}]},
            {"role": "model", "parts": [{"functionCall": {"name": "get", "args": {"z": 1, "a": [2, 3]}}, "thoughtSignature": "S"}, {"functionCall": {"name": "now", "args": {}}}]},
            {"role": "user", "parts": [
                {"functionResponse": {"name": "get", "response": {"sky": "grey"}}},
                {"functionResponse": {"name": "now", "response": {"result": "noon"}}}]},
        ])
    );
    assert_eq!(sent["toolConfig"], json!({"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["get"]}}));
    assert_eq!(
        sent["tools"],
        json!([{"functionDeclarations": [
            {"name": "get", "description": "d", "parametersJsonSchema": {"type": "object", "properties": {"z": {"type": "integer"}, "a": {}}}}, {"name": "now"}]}])
    );
}

#[test]
fn a_lost_signature_is_stood_in_for_where_the_model_asks_for_one() {
    let body = r#"{"messages":[{"role":"assistant","tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}},
        {"id":"c2","type":"function","function":{"name":"f","arguments":"{}"}}]}]}"#;
    let signatures = |model: &str| {
        let parts = translated(model, body)["contents"][0]["parts"].clone();
        [parts[0]["thoughtSignature"].clone(), parts[1]["thoughtSignature"].clone()]
    };
    assert_eq!(signatures("gemini-3-pro"), [json!("skip_thought_signature_validator"), Value::Null]);
    assert_eq!(signatures("gemini-2.5-pro"), [Value::Null, Value::Null]);
}

#[test]
fn the_choice_of_tools_is_translated() {
    let mode = |strict: &str, rest: &str| {
        let body = format!(r#"{{"messages":[],"tools":[{{"type":"function","function":{{"name":"f"{strict}}}}}]{rest}}}"#);
        translated("m", &body)["toolConfig"]["functionCallingConfig"]["mode"].clone()
    };
    assert_eq!(mode("", ""), json!(null));
    assert_eq!(mode("", r#","tool_choice":"auto""#), json!("AUTO"));
    assert_eq!(mode("", r#","tool_choice":"none""#), json!("NONE"));
    assert_eq!(mode("", r#","tool_choice":"required""#), json!("ANY"));
    assert_eq!(mode(r#","strict":true"#, ""), json!("VALIDATED"));
    assert_eq!(mode(r#","strict":true"#, r#","tool_choice":"required""#), json!("ANY"));
}

#[test]
fn images_sound_and_documents_are_translated() {
    let part = |part: &str| translated("m", &format!(r#"{{"messages":[{{"role":"user","content":[{part}]}}]}}"#))["contents"][0]["parts"][0].clone();
    assert_eq!(
        part(r#"{"type":"image_url","image_url":{"url":"data:image\/png;base64,iVBO\/w==","detail":"high"}}"#),
        json!({"inlineData": {"mimeType": "image/png", "data": "iVBO/w=="}})
    );
    assert_eq!(
        part(r#"{"type":"image_url","image_url":{"url":"https://example.org/a.PNG?x=1"}}"#),
        json!({"fileData": {"mimeType": "image/png", "fileUri": "https://example.org/a.PNG?x=1"}})
    );
    assert_eq!(part(r#"{"type":"image_url","image_url":"gs://bucket/a"}"#), json!({"fileData": {"fileUri": "gs://bucket/a"}}));
    assert_eq!(
        part(r#"{"type":"input_audio","input_audio":{"data":"UklG","format":"wav"}}"#),
        json!({"inlineData": {"mimeType": "audio/wav", "data": "UklG"}})
    );
    assert_eq!(
        part(r#"{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,JVBE"}}"#),
        json!({"inlineData": {"mimeType": "application/pdf", "data": "JVBE"}})
    );
}

#[test]
fn structured_output_is_translated() {
    let config = |format: &str| translated("m", &format!(r#"{{"messages":[],"response_format":{format}}}"#))["generationConfig"].clone();
    assert_eq!(
        config(r#"{"type":"json_schema","json_schema":{"name":"n","strict":true,"schema":{"type":"object"}}}"#),
        json!({"responseMimeType": "application/json", "responseJsonSchema": {"type": "object"}})
    );
    assert_eq!(config(r#"{"type":"json_object"}"#), json!({"responseMimeType": "application/json"}));
    assert_eq!(config(r#"{"type":"text"}"#), json!({}));
}

#[test]
fn reasoning_is_by_level_or_by_budget_as_the_model_takes_it() {
    let thinking = |model: &str, effort: &str| {
        translated(model, &format!(r#"{{"messages":[],"reasoning_effort":"{effort}"}}"#))["generationConfig"]["thinkingConfig"].clone()
    };
    assert_eq!(thinking("gemini-3-pro", "low"), json!({"thinkingLevel": "low"}));
    assert_eq!(thinking("gemini-2.5-flash", "high"), json!({"thinkingBudget": 24576}));
    assert_eq!(thinking("gemini-2.5-flash", "none"), json!({"thinkingBudget": 0}));
}
