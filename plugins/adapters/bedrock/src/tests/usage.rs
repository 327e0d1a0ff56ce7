//! The metering rules that concern Bedrock's wire, each on a small answer of our own.

use weighbridge_plugin::adapter::UsageReading;
use weighbridge_plugin_testkit::evaluate;

use super::{line, plan, read, read_stream, read_with};

fn converse(usage: &str) -> String {
    line(&read("bedrock.converse", &format!(r#"{{"usage":{usage}}}"#)))
}

fn invoke(body: &str) -> String {
    line(&read("bedrock.invoke", body))
}

const COUNTED: [(&str, &str); 3] =
    [("x-amzn-bedrock-input-token-count", "3"), ("x-amzn-bedrock-output-token-count", "44"), ("x-amzn-bedrock-cache-read-input-token-count", "900")];

#[test]
fn rule_02_cache_fields_stand_beside_the_input() {
    let usage = r#"{"inputTokens":11,"cacheReadInputTokens":100,"cacheWriteInputTokens":50,"outputTokens":7,"totalTokens":168}"#;
    assert_eq!(converse(usage), "input=11 cache_read=100 cache_write=50 output=7");
    assert_eq!(converse(r#"{"inputTokens":11,"outputTokens":7,"totalTokens":99}"#), "input=11 output=7 total_disagrees");
}

#[test]
fn rule_09_cache_details_tell_the_time_to_live() {
    let usage = |written: u32, details: &str| {
        format!(r#"{{"inputTokens":1,"cacheWriteInputTokens":{written},"cacheDetails":{details},"outputTokens":1,"totalTokens":{}}}"#, written + 2)
    };
    let details = r#"[{"ttl":"1h","inputTokens":30},{"ttl":"5m","inputTokens":20}]"#;
    assert_eq!(converse(&usage(50, details)), "input=1 cache_write_5m=20 cache_write_1h=30 output=1");
    assert_eq!(converse(&usage(50, "[]")), "input=1 cache_write=50 output=1");
    assert_eq!(converse(&usage(50, r#"[{"ttl":"2d","inputTokens":50}]"#)), "input=1 cache_write=50 output=1 unknown_cache_ttl cache_write_details_fall_short");
    assert_eq!(converse(&usage(50, r#"[{"ttl":"1h","inputTokens":-50}]"#)), "input=1 cache_write=50 output=1 unreadable_cache_details");
}

#[test]
fn rule_10_details_beyond_the_aggregate_are_cut_off() {
    let usage = r#"{"inputTokens":1,"cacheWriteInputTokens":10,"cacheDetails":[{"ttl":"1h","inputTokens":8},{"ttl":"5m","inputTokens":20}],"outputTokens":1}"#;
    assert_eq!(converse(usage), "input=1 cache_write_5m=2 cache_write_1h=8 output=1 cache_write_details_exceed_total");
}

#[test]
fn rule_16_and_19_tier_and_latency_are_the_answers() {
    let named = |reading: UsageReading| (reading.service_tier, reading.dimensions);
    let optimized = (Some("flex".to_owned()), vec![("speed".to_owned(), "optimized".to_owned())]);
    let body = r#"{"usage":{"inputTokens":1,"outputTokens":1},"serviceTier":{"type":"flex"},"performanceConfig":{"latency":"optimized"}}"#;
    assert_eq!(named(read("bedrock.converse", body)), optimized);
    assert_eq!(named(read_stream("bedrock.converse", &[("metadata", body)])), optimized);
    let headers = [("x-amzn-bedrock-service-tier", "flex"), ("x-amzn-bedrock-performanceconfig-latency", "optimized")];
    assert_eq!(named(read_with("bedrock.invoke", "{}", &headers, "{}")), optimized);
    assert_eq!(named(read("bedrock.converse", r#"{"performanceConfig":{"latency":"standard"}}"#)), (None, vec![]));
}

#[test]
fn a_routed_model_is_named_by_the_trace() {
    let arn = "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.amazon.nova-lite-v1:0";
    let reading = read("bedrock.converse", &format!(r#"{{"trace":{{"promptRouter":{{"invokedModelId":"{arn}"}}}}}}"#));
    assert_eq!(reading.served_model.as_deref(), Some("us.amazon.nova-lite-v1:0"));
}

#[test]
fn every_family_reports_in_its_own_shape() {
    for (body, expected) in [
        (
            r#"{"usage":{"input_tokens":3,"cache_read_input_tokens":9,"cache_creation_input_tokens":5,"output_tokens":4}}"#,
            "input=3 cache_read=9 cache_write=5 output=4",
        ),
        (
            r#"{"usage":{"input_tokens":3,"cache_creation_input_tokens":5,"cache_creation":{"ephemeral_5m_input_tokens":2,"ephemeral_1h_input_tokens":3},"output_tokens":4}}"#,
            "input=3 cache_write_5m=2 cache_write_1h=3 output=4",
        ),
        (r#"{"usage":{"inputTokens":3,"cacheReadInputTokenCount":9,"outputTokens":4}}"#, "input=3 cache_read=9 output=4"),
        (r#"{"generation":"x","prompt_token_count":3,"generation_token_count":4}"#, "input=3 output=4"),
        (r#"{"inputTextTokenCount":3,"results":[{"tokenCount":1,"outputText":"a"},{"tokenCount":3,"outputText":"b"}]}"#, "input=3 output=4"),
        (r#"{"embedding":[0.1],"inputTextTokenCount":3}"#, "input=3"),
        (r#"{"usage":{"prompt_tokens":12,"prompt_tokens_details":{"cached_tokens":9},"completion_tokens":4}}"#, "input=3 cache_read=9 output=4"),
        (r#"{"usage":{"prompt_tokens":3,"completion_tokens":4,"completion_tokens_details":{"reasoning_tokens":1}}}"#, "input=3 output=3 reasoning=1"),
        (r#"{"outputs":[{"text":"x","stop_reason":"stop"}]}"#, ""),
    ] {
        assert_eq!(invoke(body), expected, "{body}");
    }
}

#[test]
fn rule_36_contradictions_are_clipped_and_flagged_never_negative() {
    assert_eq!(
        invoke(r#"{"usage":{"prompt_tokens":3,"prompt_tokens_details":{"cached_tokens":9},"completion_tokens":4}}"#),
        "input=0 cache_read=3 output=4 cached_exceeds_prompt"
    );
    assert_eq!(converse(r#"{"inputTokens":-3,"outputTokens":1}"#), "output=1 negative_input");
}

#[test]
fn headers_tell_what_a_body_does_not() {
    let counted = |body: &str| line(&read_with("bedrock.invoke", body, &COUNTED, "{}"));
    assert_eq!(counted(r#"{"text":"x"}"#), "input=3 cache_read=900 output=44");
    assert_eq!(counted(r#"{"usage":{"inputTokens":3}}"#), "input=3 cache_read=900 output=44");
    assert_eq!(counted(r#"{"usage":{"input_tokens":3,"output_tokens":40}}"#), "input=3 cache_read=900 output=40 two_counts_disagree");
}

#[test]
fn rule_22_chunks_are_never_added_up() {
    let start = r#"{"type":"message_start","message":{"model":"m","usage":{"input_tokens":9,"cache_read_input_tokens":4,"output_tokens":1}}}"#;
    let delta = r#"{"type":"message_delta","usage":{"output_tokens":42}}"#;
    let stop = r#"{"type":"message_stop","amazon-bedrock-invocationMetrics":{"inputTokenCount":9,"outputTokenCount":42,"cacheReadInputTokenCount":4}}"#;
    let reading = read_stream("bedrock.invoke", &[("chunk", start), ("chunk", delta), ("chunk", stop)]);
    assert_eq!((line(&reading).as_str(), reading.served_model.as_deref()), ("input=9 cache_read=4 output=42", Some("m")));
    assert_eq!(line(&read_stream("bedrock.invoke", &[("chunk", start)])), "input=9 cache_read=4");

    let chunks = [
        ("chunk", r#"{"generation":"a","prompt_token_count":25,"generation_token_count":1,"stop_reason":null}"#),
        ("chunk", r#"{"generation":"b","prompt_token_count":null,"generation_token_count":2,"stop_reason":"stop"}"#),
    ];
    assert_eq!(line(&read_stream("bedrock.invoke", &chunks)), "input=25 output=2");
    let metrics = r#"{"outputs":[],"amazon-bedrock-invocationMetrics":{"inputTokenCount":25,"outputTokenCount":3}}"#;
    assert_eq!(line(&read_stream("bedrock.invoke", &[("chunk", metrics)])), "input=25 output=3");
}

#[test]
fn rankings_and_images_are_counted_by_what_was_asked_for() {
    let ranked = |documents: usize| {
        let request = format!(r#"{{"query":"q","documents":{}}}"#, serde_json::json!(vec!["d"; documents]));
        line(&read_with("bedrock.invoke", r#"{"results":[{"index":0,"relevance_score":0.5}]}"#, &[], &request))
    };
    assert_eq!((ranked(1), ranked(100), ranked(101)), ("(search_units=1)".into(), "(search_units=1)".into(), "(search_units=2)".into()));
    let long = r#"{"results":[{"index":0,"relevance_score":0.5},{"index":1,"relevance_score":0.1}]}"#;
    assert_eq!(invoke(long), "(search_units=1) documents_counted_by_results");
    let images = |request: &str| line(&read_with("bedrock.invoke", r#"{"images":["aGk="]}"#, &[], request));
    assert_eq!(images(r#"{"taskType":"TEXT_IMAGE","imageGenerationConfig":{"numberOfImages":3}}"#), "(images=3)");
    assert_eq!(images(r#"{"taskType":"BACKGROUND_REMOVAL"}"#), "(images=1)");
    assert_eq!(images(r#"{"taskType":"SINGLE_EMBEDDING"}"#), "");
    assert_eq!(invoke(r#"{"seeds":[1,2],"finish_reasons":[null,null],"images":["aGk=","aGk="]}"#), "(images=2)");
}

#[test]
fn the_text_to_be_counted_is_found() {
    let converse = plan("bedrock.converse");
    let body =
        r#"{"output":{"message":{"content":[{"text":"a"},{"reasoningContent":{"reasoningText":{"text":"b"}}},{"toolUse":{"name":"f","input":{"x":"c"}}}]}}}"#;
    assert_eq!(evaluate::texts(converse.body_text.iter().map(String::as_str), body.as_bytes()), ["a", "b", "f", "c"]);
    let request = r#"{"system":[{"text":"s"}],"messages":[{"content":[{"text":"p"},{"toolResult":{"content":[{"text":"r"}]}}]}]}"#;
    assert_eq!(evaluate::texts(converse.prompt_text.iter().map(String::as_str), request.as_bytes()), ["s", "p", "r"]);
    let invoke = plan("bedrock.invoke");
    assert_eq!(evaluate::texts(invoke.body_text.iter().map(String::as_str), br#"{"outputs":[{"text":"a"}]}"#), ["a"]);
}
