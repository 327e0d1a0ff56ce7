//! The metering rules that concern Cohere's wire, each on a small answer of our own.

use weighbridge_plugin_testkit::{evaluate, ndjson, sse};

use super::{plan, read, read_events};

#[test]
fn rule_07_billed_units_are_billed_and_tokens_are_information() {
    let usage = r#"{"billed_units":{"input_tokens":7,"output_tokens":99},"tokens":{"input_tokens":1394,"output_tokens":104,"reasoning_tokens":38}}"#;
    assert_eq!(read("cohere.chat", &format!(r#"{{"usage":{usage}}}"#)), "input=7 output=99");
    assert_eq!(read("cohere.chat_v1", &format!(r#"{{"meta":{usage}}}"#)), "input=7 output=99");
    assert_eq!(read("cohere.chat", r#"{"usage":{"tokens":{"input_tokens":1394,"output_tokens":104}}}"#), "");
}

#[test]
fn what_was_cached_is_flagged_and_not_taken_out() {
    let usage = |cached| format!(r#"{{"usage":{{"billed_units":{{"input_tokens":8,"output_tokens":50}},"cached_tokens":{cached}}}}}"#);
    assert_eq!(read("cohere.chat", &usage(1360)), "input=8 output=50 cached_tokens_not_billed_apart");
    assert_eq!(read("cohere.chat", &usage(0)), "input=8 output=50");
}

#[test]
fn other_units_have_meters_of_their_own() {
    let meta = |units: &str| format!(r#"{{"meta":{{"billed_units":{units}}}}}"#);
    assert_eq!(read("rerank", &meta(r#"{"search_units":2}"#)), "search_units=2");
    assert_eq!(read("cohere.embed_v1", &meta(r#"{"images":1}"#)), "images=1");
    assert_eq!(read("cohere.embed", &meta(r#"{"input_tokens":7,"image_tokens":0}"#)), "input=7");
    assert_eq!(read("cohere.embed", &meta(r#"{"input_tokens":7,"image_tokens":90}"#)), "input=7 input_image=90");
    assert_eq!(read("cohere.embed", &meta(r#"{"input_tokens":97,"text_tokens":7,"image_tokens":90}"#)), "input=7 input_image=90");
}

#[test]
fn absent_null_and_zero_stay_distinct() {
    let usage = |units: &str| read("cohere.chat", &format!(r#"{{"usage":{{"billed_units":{units}}}}}"#));
    assert_eq!(usage(r#"{"input_tokens":null,"output_tokens":0}"#), "output=0");
    assert_eq!(usage(r#"{"input_tokens":5.0}"#), "input=5");
    assert_eq!(usage("null"), "");
}

#[test]
fn rule_36_what_cannot_be_is_flagged_and_not_used() {
    let usage = r#"{"usage":{"billed_units":{"input_tokens":-7,"output_tokens":1.5}}}"#;
    assert_eq!(read("cohere.chat", usage), "negative_input_tokens unreadable_output_tokens");
}

#[test]
fn rule_26_the_end_of_a_stream_reports_whatever_ended_it() {
    for reason in ["COMPLETE", "MAX_TOKENS", "ERROR"] {
        let end =
            format!(r#"{{"type":"message-end","delta":{{"finish_reason":"{reason}","usage":{{"billed_units":{{"input_tokens":5,"output_tokens":2}}}}}}}}"#);
        let stream = format!("event: message-start\ndata: {{\"type\":\"message-start\"}}\n\nevent: message-end\ndata: {end}\n\ndata: [DONE]\n\n");
        let events = sse::events(stream.as_bytes());
        assert_eq!(read_events("cohere.chat", &events), "input=5 output=2");
        let failure = plan("cohere.chat").failure.expect("a filter");
        assert_eq!(events.iter().any(|event| evaluate::passes(&failure, event)), reason == "ERROR");
    }
}

#[test]
fn rule_27_a_last_line_without_its_newline_is_read() {
    let stream = b"{\"is_finished\":false,\"event_type\":\"text-generation\",\"text\":\"a\"}\r\n\
        {\"is_finished\":true,\"event_type\":\"stream-end\",\"response\":{\"meta\":{\"billed_units\":{\"input_tokens\":7,\"output_tokens\":9}}}}";
    assert_eq!(read_events("cohere.chat_v1", &ndjson::events(stream)), "input=7 output=9");
    assert_eq!(read_events("cohere.chat_v1", &ndjson::events(&stream[..70])), "");
}
