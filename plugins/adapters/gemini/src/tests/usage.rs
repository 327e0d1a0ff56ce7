//! The metering rules that concern Google's wire, each on a small answer of our own.

use super::{line, read, read_stream};

fn usage(usage: &str) -> String {
    line(&read("gemini.generate_content", &format!(r#"{{"modelVersion":"gemini-2.5-flash","usageMetadata":{usage}}}"#)))
}

fn grounded(model: &str, rest: &str) -> String {
    let body = format!(
        r#"{{"modelVersion":"{model}","candidates":[{{{rest}}}],"usageMetadata":{{"promptTokenCount":10,"toolUsePromptTokenCount":70,"candidatesTokenCount":5,"totalTokenCount":85}}}}"#
    );
    line(&read("gemini.generate_content", &body))
}

#[test]
fn rule_04_thoughts_inside_candidates_are_not_added() {
    let made_up = |total: u64| {
        usage(&format!(r#"{{"promptTokenCount":10,"toolUsePromptTokenCount":20,"candidatesTokenCount":50,"thoughtsTokenCount":30,"totalTokenCount":{total}}}"#))
    };
    assert_eq!(made_up(80), "input=30 output=20 reasoning=30");
    assert_eq!(made_up(110), "input=30 output=50 reasoning=30");
    assert_eq!(made_up(99), "input=30 output=50 reasoning=30 total_mismatch");
    let inside = r#"{"promptTokenCount":30,"toolUsePromptTokenCount":20,"candidatesTokenCount":50,"thoughtsTokenCount":30,"totalTokenCount":110}"#;
    assert_eq!(usage(inside), "input=30 output=50 reasoning=30 tool_prompt_inside_prompt");
}

#[test]
fn rule_06_the_cache_is_taken_out_of_each_modality() {
    let text = r#"{"promptTokenCount":1518,"cachedContentTokenCount":1122,"candidatesTokenCount":1,"totalTokenCount":1519,
        "promptTokensDetails":[{"modality":"TEXT","tokenCount":43},{"modality":"VIDEO","tokenCount":1315},{"modality":"AUDIO","tokenCount":160}],
        "cacheTokensDetails":[{"modality":"AUDIO","tokenCount":118},{"modality":"TEXT","tokenCount":31},{"modality":"VIDEO","tokenCount":973}]}"#;
    assert_eq!(usage(text), "input=12 input_audio=42 input_video=342 cache_read=31 cache_read_audio=118 cache_read_video=973 output=1");
}

#[test]
fn rule_06_without_details_of_the_cache_modalities_are_clipped_to_the_rest() {
    let text = r#"{"promptTokenCount":100,"cachedContentTokenCount":60,"candidatesTokenCount":1,"totalTokenCount":101,
        "promptTokensDetails":[{"modality":"TEXT","tokenCount":20},{"modality":"IMAGE","tokenCount":50},{"modality":"AUDIO","tokenCount":30}]}"#;
    assert_eq!(usage(text), "input=0 input_audio=30 input_image=10 cache_read=60 output=1 cached_modalities_not_reported");
}

#[test]
fn details_that_contradict_are_flagged() {
    assert_eq!(
        usage(r#"{"promptTokenCount":10,"candidatesTokenCount":1,"totalTokenCount":11,"promptTokensDetails":[{"modality":"IMAGE","tokenCount":30}]}"#),
        "input=0 input_image=10 output=1 prompt_details_exceed_prompt"
    );
    assert_eq!(
        usage(
            r#"{"promptTokenCount":10,"cachedContentTokenCount":6,"candidatesTokenCount":1,"totalTokenCount":11,"cacheTokensDetails":[{"modality":"TEXT","tokenCount":4}]}"#
        ),
        "input=4 cache_read=6 output=1 cached_details_disagree"
    );
    assert_eq!(
        usage(r#"{"promptTokenCount":10,"candidatesTokenCount":1,"totalTokenCount":11,"promptTokensDetails":[{"modality":"SMELL","tokenCount":10}]}"#),
        "input=10 output=1 unknown_modality"
    );
    // Documents are read as pictures; enums may be numbers.
    let told = |modality: &str| {
        usage(&format!(
            r#"{{"promptTokenCount":10,"candidatesTokenCount":1,"totalTokenCount":11,"promptTokensDetails":[{{"modality":{modality},"tokenCount":8}}]}}"#
        ))
    };
    assert_eq!(
        (told("\"DOCUMENT\""), told("2"), told("5")),
        ("input=2 input_image=8 output=1".into(), "input=2 input_image=8 output=1".into(), "input=2 input_image=8 output=1".into())
    );
}

#[test]
fn generated_media_are_told_apart() {
    let text =
        r#"{"promptTokenCount":1,"candidatesTokenCount":1300,"totalTokenCount":1301,"candidatesTokensDetails":[{"modality":"IMAGE","tokenCount":1290}]}"#;
    assert_eq!(usage(text), "input=1 output=10 output_image=1290");
}

#[test]
fn rule_22_a_stream_reports_all_that_was_used_so_far() {
    let chunk = |usage: &str| format!("data: {{\"usageMetadata\":{usage},\"modelVersion\":\"m\"}}\n\n");
    let stream = [
        chunk(r#"{"promptTokenCount":9,"candidatesTokenCount":4,"totalTokenCount":13}"#),
        chunk(r#"{"promptTokenCount":9,"candidatesTokenCount":8,"thoughtsTokenCount":3,"totalTokenCount":20}"#),
        chunk(r#"{"trafficType":"ON_DEMAND"}"#),
    ];
    let reading = read_stream(&stream.concat());
    assert_eq!((line(&reading), reading.service_tier.as_deref()), ("input=9 output=8 reasoning=3".into(), Some("ON_DEMAND")));
    assert_eq!(line(&read_stream(&stream[..1].concat())), "input=9 output=4");
}

#[test]
fn rule_22_a_last_report_that_goes_back_stands_for_itself() {
    let stream = "data: {\"usageMetadata\":{\"promptTokenCount\":9,\"candidatesTokenCount\":21,\"thoughtsTokenCount\":35,\"totalTokenCount\":65}}\n\n\
                  data: {\"usageMetadata\":{\"promptTokenCount\":87,\"thoughtsTokenCount\":78,\"totalTokenCount\":165}}\n\n";
    assert_eq!(line(&read_stream(stream)), "input=87 output=0 reasoning=78 usage_went_back");
}

#[test]
fn rule_30_searches_are_paid_by_the_prompt_or_by_the_query() {
    let searched = r#""groundingMetadata":{"webSearchQueries":["a","b"],"groundingChunks":[{"web":{"uri":"https://example.org"}}]}"#;
    assert_eq!(grounded("gemini-2.5-flash", searched), "input=10 input_grounding=70 output=5 web_searches=1");
    assert_eq!(grounded("gemini-3-pro", searched), "input=10 input_grounding=70 output=5 web_searches=2");
    let without_source = r#""groundingMetadata":{"webSearchQueries":["a"]}"#;
    assert_eq!(grounded("gemini-3-pro", without_source), "input=10 input_grounding=70 output=5 web_searches=1 search_not_fully_reported");
    let stream = format!(
        "data: {{\"candidates\":[{{{searched}}}]}}\n\ndata: {{\"candidates\":[{{{searched}}}],\"modelVersion\":\"gemini-3-pro\",\"usageMetadata\":{{\"promptTokenCount\":1,\"totalTokenCount\":1}}}}\n\n"
    );
    assert_eq!(line(&read_stream(&stream)), "input=1 output=0 web_searches=2 queries_told_more_than_once");
}

#[test]
fn rule_31_what_a_search_or_a_map_puts_into_the_prompt_is_no_input() {
    let maps = r#""groundingMetadata":{"groundingChunks":[{"maps":{"placeId":"p"}}]}"#;
    assert_eq!(grounded("gemini-2.5-flash", maps), "input=10 input_grounding=70 output=5 maps_groundings=1");
    let pages = r#""urlContextMetadata":{"urlMetadata":[]},"groundingMetadata":{"groundingChunks":[{"web":{"uri":"https://example.org"}}]}"#;
    assert_eq!(grounded("gemini-2.5-flash", pages), "input=80 output=5");
    let code = r#""content":{"parts":[{"executableCode":{"language":"PYTHON","code":"1"}}]}"#;
    assert_eq!(grounded("gemini-2.5-flash", code), "input=80 output=5");
    let both = format!(r#"{code},"groundingMetadata":{{"webSearchQueries":["a"],"groundingChunks":[{{"web":{{"uri":"https://example.org"}}}}]}}"#);
    assert_eq!(grounded("gemini-2.5-flash", &both), "input=80 output=5 web_searches=1 tool_prompt_of_several_tools");
}

#[test]
fn rule_36_contradictory_usage_is_flagged_and_never_a_credit() {
    assert_eq!(
        usage(r#"{"promptTokenCount":10,"cachedContentTokenCount":60,"candidatesTokenCount":1,"totalTokenCount":11}"#),
        "input=0 cache_read=10 output=1 cached_exceeds_prompt"
    );
    assert_eq!(usage(r#"{"promptTokenCount":-3,"candidatesTokenCount":1}"#), "output=1 negative_prompt input_not_reported");
    assert_eq!(usage(r#"{"promptTokenCount":18446744073709551615,"candidatesTokenCount":1}"#), "output=1 absurd_prompt input_not_reported");
}

#[test]
fn rule_16_the_served_tier_is_named() {
    let tier = |usage: &str| {
        let reading = read("gemini.generate_content", &format!(r#"{{"usageMetadata":{usage}}}"#));
        (reading.service_tier, reading.doubts)
    };
    assert_eq!(tier(r#"{"trafficType":"ON_DEMAND_FLEX"}"#), (Some("ON_DEMAND_FLEX".into()), vec![]));
    assert_eq!(tier(r#"{"trafficType":1}"#), (Some("ON_DEMAND".into()), vec![]));
    assert_eq!(tier(r#"{"trafficType":9}"#), (None, vec!["unknown_traffic_type".into()]));
    assert_eq!(tier(r#"{"serviceTier":"priority"}"#), (Some("priority".into()), vec![]));
}

#[test]
fn absent_null_and_zero_stay_distinct() {
    assert_eq!(usage("null"), "");
    assert_eq!(usage(r#"{"promptTokenCount":null,"candidatesTokenCount":0}"#), "output=0 input_not_reported");
    assert_eq!(usage(r#"{"candidatesTokenCount":3,"thoughtsTokenCount":2}"#), "input=0 output=3 reasoning=2 input_not_reported");
    assert_eq!(usage(r#"{"promptTokenCount":7}"#), "input=7 output_not_reported");
    assert_eq!(usage(r#"{"promptTokenCount":7,"totalTokenCount":7}"#), "input=7 output=0");
    let blocked = r#"{"promptFeedback":{"blockReason":"SAFETY"},"usageMetadata":{"trafficType":"ON_DEMAND"}}"#;
    assert_eq!(line(&read("gemini.generate_content", blocked)), "input=0 prompt_blocked");
}

#[test]
fn embeddings_have_no_output_and_interactions_are_flagged() {
    let embedding = r#"{"embedding":{"values":[0.1]},"usageMetadata":{"promptTokenCount":261,"promptTokenDetails":[{"modality":"IMAGE","tokenCount":258}]}}"#;
    assert_eq!(line(&read("gemini.embed_content", embedding)), "input=3 input_image=258");
    let interaction = r#"{"model":"gemini-3","usage":{"total_input_tokens":53,"total_cached_tokens":3,"total_output_tokens":269,"total_thought_tokens":279,"total_tokens":601,
        "input_tokens_by_modality":[{"modality":"text","tokens":43},{"modality":"audio","tokens":10}],"cached_tokens_by_modality":[{"modality":"text","tokens":3}],
        "grounding_tool_count":[{"type":"google_search","count":2},{"type":"retrieval","count":1}]}}"#;
    assert_eq!(
        line(&read("gemini.interactions", interaction)),
        "input=40 input_audio=10 cache_read=3 output=269 reasoning=279 web_searches=2 inclusion_not_documented"
    );
}
