//! Translated answers of both makers, metered by one plan and told apart by their state.

use serde_json::Value;
use weighbridge_plugin::{
    Adapter,
    adapter::{BodyPlan, Event, EventOut, StreamEnd, UpstreamResponse},
};
use weighbridge_plugin_testkit::{evaluate, sse};

use super::{adapter, configured, plan, prepare};

const BODY: &str = r#"{"stream":true,"messages":[{"role":"user","content":"Hi"}]}"#;
const GOOGLE: &str = "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"Yes\"}]},\"finishReason\":\"STOP\"}],\
                      \"usageMetadata\":{\"promptTokenCount\":5,\"candidatesTokenCount\":1,\"totalTokenCount\":6,\"trafficType\":\"ON_DEMAND\"},\"modelVersion\":\"g\"}\n\n";
const ANTHROPIC: &str = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"model\":\"c\",\"usage\":{\"input_tokens\":7,\"output_tokens\":1}}}\n\n\
                         event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"delta\":{\"type\":\"text_delta\",\"text\":\"Yes\"}}\n\n\
                         event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":2}}\n\n\
                         event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";

fn told(model: &str, events: Vec<Event>) -> Vec<String> {
    let mut state = prepare("openai.chat", model, BODY).expect("a request").state;
    let step = adapter().on_events(&state, &events).expect("a step");
    state = step.state;
    let mut told: Vec<Event> = step.events.into_iter().flat_map(|out| if let EventOut::Replace(events) = out { events } else { Vec::new() }).collect();
    told.extend(adapter().on_end(&state, StreamEnd::Complete).expect("an end"));
    told.into_iter().map(|event| String::from_utf8(event.data).expect("UTF-8")).collect()
}

#[test]
fn rule_03_both_makers_streams_are_metered_by_their_own_objects() {
    let plan = plan("openai.chat");
    let usage = |stream: &str| {
        let reading = adapter().read_usage("openai.chat", &evaluate::event_facts(&plan, &sse::events(stream.as_bytes()))).expect("a reading");
        let line: Vec<String> = reading.quantities.iter().map(|quantity| format!("{}={}", quantity.meter, quantity.value)).collect();
        (line.join(" "), reading.served_model, reading.service_tier)
    };
    assert_eq!(usage(GOOGLE), ("input=5 output=1".into(), Some("g".into()), Some("ON_DEMAND".into())));
    assert_eq!(usage(ANTHROPIC), ("input=7 output=2".into(), Some("c".into()), None));
}

#[test]
fn both_makers_streams_are_translated() {
    for (model, stream) in [("gemini-2.5-flash", GOOGLE), ("claude-haiku-4-5", ANTHROPIC)] {
        let told = told(model, sse::events(stream.as_bytes()));
        let text: Vec<Value> =
            told.iter().filter_map(|data| serde_json::from_str::<Value>(data).ok()).map(|chunk| chunk["choices"][0]["delta"]["content"].clone()).collect();
        assert!(text.contains(&Value::from("Yes")), "{told:?}");
        assert_eq!(told.last().map(String::as_str), Some("[DONE]"));
    }
}

#[test]
fn both_makers_errors_are_translated() {
    let said = |model: &str, body: &str| {
        let state = prepare("openai.chat", model, BODY).expect("a request").state;
        let response = UpstreamResponse { status: 400, fields: vec![], body: Some(body.as_bytes().to_vec()) };
        let BodyPlan::Replace(body) = adapter().read_response(&state, response).expect("an answer").body else { panic!("not replaced") };
        String::from_utf8(body).expect("UTF-8")
    };
    assert_eq!(
        said("gemini-2.5-flash", r#"{"error":{"code":400,"message":"why","status":"INVALID_ARGUMENT"}}"#),
        r#"{"error":{"message":"why","type":"invalid_request_error","param":null,"code":"INVALID_ARGUMENT"}}"#
    );
    assert_eq!(
        said("claude-haiku-4-5", r#"{"type":"error","error":{"type":"not_found_error","message":"why"}}"#),
        r#"{"error":{"message":"why","type":"invalid_request_error","param":null,"code":"not_found_error"}}"#
    );
}

#[test]
fn rule_19_the_location_is_told_to_the_prices() {
    let reading = configured(r#"{"location":"europe-west4"}"#).read_usage("vertex.predict", &[]).expect("a reading");
    assert_eq!(reading.dimensions, [("geography".to_owned(), "europe-west4".to_owned())]);
}

#[test]
fn predictions_count_their_tokens_and_pictures() {
    let read = |body: &str| adapter().read_usage("vertex.predict", &evaluate::body_facts(&plan("vertex.predict"), body.as_bytes())).expect("a reading");
    let embeddings = read(r#"{"predictions":[{"embeddings":{"statistics":{"token_count":5}}},{"embeddings":{"statistics":{"token_count":6}}}]}"#);
    assert_eq!((embeddings.quantities[0].value.to_string(), embeddings.counted.len()), ("11".into(), 0));
    let pictures = read(r#"{"predictions":[{"mimeType":"image/png","bytesBase64Encoded":"AA"},{"mimeType":"image/png","bytesBase64Encoded":"AA"}]}"#);
    assert_eq!((pictures.quantities.len(), pictures.counted[0].meter.as_str(), pictures.counted[0].value.to_string()), (0, "images", "2".into()));
}
