//! The metering rules that concern Anthropic's wire, each on a small answer of our own.

use super::{line, read, read_stream};

fn usage(usage: &str) -> String {
    line(&read(&format!(r#"{{"model":"claude-opus-4-8","usage":{usage}}}"#)))
}

#[test]
fn rule_2_cache_fields_stand_beside_the_input() {
    let text = r#"{"input_tokens":10,"cache_read_input_tokens":900,"cache_creation_input_tokens":50,"cache_creation":{"ephemeral_5m_input_tokens":20,"ephemeral_1h_input_tokens":30},"output_tokens":5}"#;
    assert_eq!(usage(text), "input=10 cache_read=900 cache_write_5m=20 cache_write_1h=30 output=5");
}

#[test]
fn thinking_is_told_apart_only_where_it_is_reported() {
    assert_eq!(usage(r#"{"input_tokens":1,"output_tokens":50}"#), "input=1 output=50");
    assert_eq!(usage(r#"{"input_tokens":1,"output_tokens":50,"output_tokens_details":{"thinking_tokens":30}}"#), "input=1 output=20 reasoning=30");
    assert_eq!(
        usage(r#"{"input_tokens":1,"output_tokens":5,"output_tokens_details":{"thinking_tokens":30}}"#),
        "input=1 output=0 reasoning=5 thinking_exceeds_output"
    );
}

#[test]
fn rule_10_details_that_do_not_add_up_are_mended_and_flagged() {
    let writes = |all, five, hour| {
        usage(&format!(
            r#"{{"input_tokens":1,"cache_creation_input_tokens":{all},"cache_creation":{{"ephemeral_5m_input_tokens":{five},"ephemeral_1h_input_tokens":{hour}}},"output_tokens":1}}"#
        ))
    };
    assert_eq!(writes(100, 80, 60), "input=1 cache_write_5m=40 cache_write_1h=60 output=1 cache_write_details_exceed_total");
    assert_eq!(writes(100, 0, 600), "input=1 cache_write_1h=100 output=1 cache_write_details_exceed_total");
    assert_eq!(writes(100, 10, 20), "input=1 cache_write_5m=80 cache_write_1h=20 output=1 cache_write_details_fall_short");
    assert_eq!(
        usage(r#"{"input_tokens":1,"cache_creation_input_tokens":7,"output_tokens":1}"#),
        "input=1 cache_write_5m=7 output=1 ttl_not_reported_assumed_5m"
    );
}

#[test]
fn rule_22_start_and_delta_are_never_added_up() {
    let stream = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"model\":\"m\",\"usage\":{\"input_tokens\":9,\"cache_creation_input_tokens\":4,\
                  \"cache_creation\":{\"ephemeral_5m_input_tokens\":4,\"ephemeral_1h_input_tokens\":0},\"output_tokens\":1,\"service_tier\":\"standard\"}}}\n\n\
                  event: message_delta\ndata: {\"type\": \"message_delta\", \"usage\": {\"output_tokens\": 30}}\n\n\
                  event: message_delta\ndata: {\"type\":\"message_delta\",\"usage\":{\"input_tokens\":9,\"output_tokens\":42,\"server_tool_use\":{\"web_search_requests\":2}}}\n\n";
    let reading = read_stream(stream);
    assert_eq!(line(&reading), "input=9 cache_write_5m=4 output=42 web_searches=2");
    assert_eq!((reading.served_model.as_deref(), reading.service_tier.as_deref()), (Some("m"), Some("standard")));
}

#[test]
fn the_output_of_a_broken_stream_is_not_reported() {
    let stream = "data: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"model\":\"m\",\"usage\":{\"input_tokens\":9,\"output_tokens\":1}}}\n\n";
    assert_eq!(line(&read_stream(stream)), "input=9 output_not_reported");
}

#[test]
fn rule_20_iterations_are_billed_each_at_its_own_model() {
    let reading = read(
        r#"{"model":"a","usage":{"input_tokens":30,"output_tokens":3,"iterations":[
        {"type":"message","input_tokens":10,"output_tokens":1},{"type":"advisor_message","model":"b","input_tokens":500,"output_tokens":70},
        {"type":"message","input_tokens":20,"output_tokens":2}]}}"#,
    );
    assert_eq!(line(&reading), "input=30 output=3");
    assert_eq!(reading.extra.len(), 1);
    assert_eq!(
        (reading.extra[0].0.as_str(), reading.extra[0].1[0].value.to_string(), reading.extra[0].1[1].value.to_string()),
        ("b", "500".into(), "70".into())
    );
    let compacted = usage(
        r#"{"input_tokens":20,"output_tokens":2,"iterations":[{"type":"compaction","input_tokens":900,"output_tokens":80},{"type":"message","input_tokens":20,"output_tokens":2}]}"#,
    );
    assert_eq!(compacted, "input=920 output=82");
    let odd = usage(r#"{"input_tokens":99,"output_tokens":2,"iterations":[{"type":"message","input_tokens":20,"output_tokens":2}]}"#);
    assert_eq!(odd, "input=20 output=2 iterations_disagree");
}

#[test]
fn what_changes_the_price_is_seen() {
    let fast = read(r#"{"usage":{"input_tokens":1,"output_tokens":1,"service_tier":"standard","speed":"fast"}}"#);
    assert_eq!(fast.service_tier.as_deref(), Some("fast"));
    assert_eq!(usage(r#"{"input_tokens":1,"output_tokens":1,"inference_geo":"us"}"#), "input=1 output=1 inference_geo_us");
}

#[test]
fn absent_null_and_zero_stay_distinct() {
    assert_eq!(usage("null"), "");
    assert_eq!(usage(r#"{"input_tokens":null,"output_tokens":0}"#), "output=0");
    assert_eq!(usage(r#"{"input_tokens":-3,"output_tokens":1}"#), "output=1 negative_input");
}
