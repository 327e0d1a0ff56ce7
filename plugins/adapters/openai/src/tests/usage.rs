//! The metering rules that concern OpenAI's wire, each on a small answer of our own.

use super::{line, read, read_stream};

fn chat(usage: &str) -> String {
    line(&read("", "openai.chat", &format!(r#"{{"model":"gpt-4o-2024-08-06","usage":{usage}}}"#)))
}

#[test]
fn rule_1_cached_and_written_tokens_are_taken_out_once() {
    let usage = r#"{"prompt_tokens":1000,"completion_tokens":5,"total_tokens":1005,"prompt_tokens_details":{"cached_tokens":600,"cache_write_tokens":300,"audio_tokens":0}}"#;
    assert_eq!(chat(usage), "input=100 cache_read=600 cache_write=300 output=5");
}

#[test]
fn absent_null_and_zero_stay_distinct() {
    assert_eq!(chat(r#"{"prompt_tokens":0,"completion_tokens":0}"#), "input=0 output=0");
    assert_eq!(chat(r#"{"prompt_tokens":9,"completion_tokens":0,"prompt_tokens_details":{"cached_tokens":0}}"#), "input=9 cache_read=0 output=0");
    assert_eq!(chat(r#"{"prompt_tokens":null}"#), "");
    assert_eq!(chat("null"), "");
}

#[test]
fn rule_5_reasoning_is_inside_or_beside_as_the_total_says() {
    let details = r#""completion_tokens_details":{"reasoning_tokens":30}"#;
    let inside = format!(r#"{{"prompt_tokens":10,"completion_tokens":50,"total_tokens":60,{details}}}"#);
    let beside = format!(r#"{{"prompt_tokens":10,"completion_tokens":50,"total_tokens":90,{details}}}"#);
    assert_eq!(chat(&inside), "input=10 output=20 reasoning=30");
    assert_eq!(chat(&beside), "input=10 output=50 reasoning=30");
    let body = format!(r#"{{"usage":{inside}}}"#);
    // Who reports it beside may leave it out of the total as well.
    assert_eq!(line(&read("reasoning = \"beside\"", "openai.chat", &body)), "input=10 output=50 reasoning=30");
    assert_eq!(line(&read("reasoning = \"inside\"", "openai.chat", &format!(r#"{{"usage":{beside}}}"#))), "input=10 output=20 reasoning=30 total_disagrees");
}

#[test]
fn rule_6_a_modality_is_clipped_to_what_was_not_cached() {
    let usage = |cached| {
        format!(r#"{{"prompt_tokens":500,"completion_tokens":1,"prompt_tokens_details":{{"cached_tokens":{cached},"audio_tokens":200,"image_tokens":100}}}}"#)
    };
    assert_eq!(chat(&usage(0)), "input=200 input_audio=200 input_image=100 cache_read=0 output=1");
    assert_eq!(chat(&usage(250)), "input=0 input_audio=200 input_image=50 cache_read=250 output=1");
}

#[test]
fn rule_7_predicted_tokens_are_inside_the_output() {
    let usage = r#"{"prompt_tokens":1,"completion_tokens":90,"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":40,"accepted_prediction_tokens":30,"rejected_prediction_tokens":20}}"#;
    assert_eq!(chat(usage), "input=1 output=50 reasoning=0 output_audio=40");
}

#[test]
fn rule_16_only_a_served_tier_is_a_tier() {
    let tier = |tier: &str| read("", "openai.chat", &format!(r#"{{"service_tier":"{tier}","usage":{{"prompt_tokens":1,"completion_tokens":1}}}}"#));
    assert_eq!(tier("priority").service_tier.as_deref(), Some("priority"));
    let auto = tier("auto");
    assert_eq!((auto.service_tier, auto.doubts), (None, vec!["service_tier_auto".to_owned()]));
}

#[test]
fn rule_36_contradictions_are_clipped_and_flagged_never_negative() {
    for (usage, expected) in [
        (r#"{"prompt_tokens":10,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":161}}"#, "input=0 cache_read=10 output=2 cached_exceeds_prompt"),
        (
            r#"{"prompt_tokens":10,"completion_tokens":2,"completion_tokens_details":{"reasoning_tokens":3}}"#,
            "input=10 output=0 reasoning=2 reasoning_exceeds_completion",
        ),
        (r#"{"prompt_tokens":-10,"completion_tokens":2}"#, "output=2 negative_input input_not_reported"),
        (r#"{"prompt_tokens":10,"completion_tokens":1e15}"#, "input=10 absurd_output"),
        (r#"{"prompt_tokens":10,"completion_tokens":2,"total_tokens":99}"#, "input=10 output=2 total_disagrees"),
    ] {
        assert_eq!(chat(usage), expected, "{usage}");
    }
}

#[test]
fn rule_22_the_last_present_value_counts_never_a_sum() {
    let stream = "data: {\"model\":\"m\",\"choices\":[{\"delta\":{\"role\":\"assistant\"}}],\"usage\":null}\n\n\
                  data: {\"usage\": {\"prompt_tokens\": 7, \"completion_tokens\": 1}}\n\n\
                  data: {\"usage\": {\"prompt_tokens\": 7, \"completion_tokens\": 4}}\r\n\r\ndata: {\"usage\":null}\n\ndata: [DONE]\n\n";
    let reading = read_stream("", "openai.chat", stream);
    assert_eq!((line(&reading).as_str(), reading.served_model.as_deref()), ("input=7 output=4", Some("m")));
}

#[test]
fn other_providers_are_settings_of_the_same_component() {
    let groq = "[usage]\ninput = [\"/x_groq/usage/prompt_tokens\", \"/usage/prompt_tokens\"]\noutput = [\"/x_groq/usage/completion_tokens\", \"/usage/completion_tokens\"]";
    assert_eq!(line(&read_stream(groq, "openai.chat", "data: {\"x_groq\":{\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2}}}\n\n")), "input=3 output=2");
    let deepseek = "[usage]\ncached = [\"/usage/prompt_cache_hit_tokens\"]\ncache_miss = [\"/usage/prompt_cache_miss_tokens\"]";
    let body = r#"{"usage":{"prompt_cache_hit_tokens":64,"prompt_cache_miss_tokens":6,"completion_tokens":5}}"#;
    assert_eq!(line(&read(deepseek, "openai.chat", body)), "input=6 cache_read=64 output=5");
    let searching = "[meters]\nweb_searches = \"/usage/num_search_queries\"";
    assert_eq!(
        line(&read(searching, "openai.chat", r#"{"usage":{"prompt_tokens":1,"completion_tokens":2,"num_search_queries":3}}"#)),
        "input=1 output=2 web_searches=3"
    );
}

#[test]
fn rule_30_responses_count_searches_and_sessions() {
    let body = r#"{"model":"gpt-5","output":[
        {"type":"web_search_call","action":{"type":"search","query":"a"}},{"type":"web_search_call","action":{"type":"open_page"}},
        {"type":"file_search_call"},{"type":"code_interpreter_call","container_id":"c"},{"type":"code_interpreter_call","container_id":"c"},
        {"type":"message","content":[{"type":"output_text","text":"x"}]}],
        "usage":{"input_tokens":20,"input_tokens_details":{"cached_tokens":4},"output_tokens":6,"output_tokens_details":{"reasoning_tokens":2},"total_tokens":26}}"#;
    assert_eq!(line(&read("", "openai.responses", body)), "input=16 cache_read=4 output=4 reasoning=2 web_searches=1 file_searches=1 code_sessions=1");
}

#[test]
fn embeddings_use_input_only() {
    assert_eq!(line(&read("", "openai.embeddings", r#"{"usage":{"total_tokens":8}}"#)), "input=8");
}

#[test]
fn rule_26_a_stream_of_responses_may_end_in_four_ways() {
    for end in ["completed", "incomplete", "failed", "cancelled"] {
        let stream = format!(
            "event: response.in_progress\ndata: {{\"type\":\"response.in_progress\",\"response\":{{\"service_tier\":\"auto\",\"output\":[{{\"type\":\"file_search_call\"}}]}}}}\n\n\
             event: response.{end}\ndata: {{\"type\":\"response.{end}\",\"response\":{{\"service_tier\":\"default\",\"output\":[{{\"type\":\"file_search_call\"}}],\
             \"usage\":{{\"input_tokens\":9,\"output_tokens\":3}}}}}}\n\n"
        );
        let reading = read_stream("", "openai.responses", &stream);
        assert_eq!((line(&reading).as_str(), reading.service_tier.as_deref()), ("input=9 output=3 file_searches=1", Some("default")), "{end}");
        let plan = super::plan(&super::adapter(""), "openai.responses");
        let last = weighbridge_plugin_testkit::sse::events(stream.as_bytes()).pop().expect("an event");
        assert!(weighbridge_plugin_testkit::evaluate::passes(&plan.terminal.expect("a filter"), &last), "{end}");
    }
}

#[test]
fn rule_30_a_shell_in_a_container_is_a_session_and_images_have_a_model_of_their_own() {
    let usage = r#""usage":{"input_tokens":1,"output_tokens":2}"#;
    let shell = r#"{"type":"shell_call","environment":{"container_id":"c"}}"#;
    let code = r#"{"type":"code_interpreter_call","container_id":"c"},{"type":"code_interpreter_call"}"#;
    let body = format!(r#"{{"output":[{shell},{shell},{code}],{usage}}}"#);
    assert_eq!(line(&read("", "openai.responses", &body)), "input=1 output=2 code_sessions=2");
    let drawn = |tools: &str| read("", "openai.responses", &format!(r#"{{"output":[{{"type":"image_generation_call"}}],{tools}{usage}}}"#));
    assert_eq!(line(&drawn("")), "input=1 output=2 image_generations=1 image_tokens_not_reported");
    let told = drawn(r#""tools":[{"type":"image_generation","model":"painter"}],"tool_usage":{"image_gen":{"input_tokens":7,"output_tokens":90}},"#);
    let extra: Vec<_> = told.extra.iter().map(|(model, list)| (model.as_str(), list.len())).collect();
    assert_eq!((line(&told).as_str(), extra), ("input=1 output=2", vec![("painter", 2)]));
}

#[test]
fn cache_writes_are_split_by_their_time_to_live() {
    let details = r#""cached_tokens":10,"cache_write_tokens":50,"cache_write_tokens_ttl_30m":30"#;
    let body = |details: &str| format!(r#"{{"usage":{{"input_tokens":100,"output_tokens":1,"input_tokens_details":{{{details}}}}}}}"#);
    assert_eq!(line(&read("", "openai.responses", &body(details))), "input=40 cache_read=10 cache_write_30m=30 cache_write=20 output=1");
    let too_many = r#""cache_write_tokens":50,"cache_write_tokens_ttl_12h":51"#;
    assert_eq!(line(&read("", "openai.responses", &body(too_many))), "input=50 cache_write_12h=50 output=1 cache_write_details_exceed_total");
    let chat = "[cache_writes]\ncache_write_1h = \"/usage/one_hour\"";
    let body = r#"{"usage":{"prompt_tokens":100,"completion_tokens":1,"one_hour":20,"prompt_tokens_details":{"cache_write_tokens":50}}}"#;
    assert_eq!(line(&read(chat, "openai.chat", body)), "input=50 cache_write_1h=20 cache_write=30 output=1");
}

#[test]
fn rule_25_an_error_is_no_output() {
    let error = r#"{"error":{"message":"too long","failed_generation":"{}"}}"#;
    for dialect in ["openai.chat", "openai.completions", "openai.responses", "openai.transcriptions"] {
        let plan = super::plan(&super::adapter(""), dialect);
        let pointers = plan.body_text.iter().chain(plan.event_text.iter().map(|rule| &rule.pointer));
        assert!(weighbridge_plugin_testkit::evaluate::texts(pointers.map(String::as_str), error.as_bytes()).is_empty(), "{dialect}");
        assert!(read("", dialect, error).quantities.is_empty(), "{dialect}");
    }
}

/// A `response.done` with this usage.
fn response_done(input: &str, output: &str) -> String {
    format!(
        r#"{{"type":"response.done","event_id":"e","response":{{"object":"realtime.response","status":"completed","output":[],"usage":{{{input},{output}}}}}}}"#
    )
}

const SPOKEN_INPUT: &str = r#""total_tokens":1390,"input_tokens":1200,"input_token_details":{"text_tokens":300,"audio_tokens":800,"image_tokens":100,"cached_tokens":640,"cached_tokens_details":{"text_tokens":192,"audio_tokens":384,"image_tokens":64}}"#;
const SPOKEN_OUTPUT: &str = r#""output_tokens":190,"output_token_details":{"text_tokens":70,"audio_tokens":120,"reasoning_tokens":30}"#;
const SPOKEN: &str = "input=108 input_audio=416 input_image=36 cache_read=192 cache_read_audio=384 cache_read_image=64 output=40 reasoning=30 output_audio=120";

#[test]
fn rule_08_a_response_of_a_realtime_session_is_billed_by_modality_and_its_reasoning_is_taken_out_once() {
    assert_eq!(line(&read("", "openai.realtime", &response_done(SPOKEN_INPUT, SPOKEN_OUTPUT))), SPOKEN);
    // No session reports less than nothing, and an interrupted response reports too.
    let none = response_done(r#""input_tokens":10"#, r#""output_tokens":0"#).replace("completed", "cancelled");
    assert_eq!(line(&read("", "openai.realtime", &none)), "input=10 output=0");
    assert_eq!(line(&read("", "openai.realtime", r#"{"type":"response.done","response":{"usage":null}}"#)), "");
}

#[test]
fn rule_08_every_response_of_a_realtime_session_is_billed() {
    let done = response_done(SPOKEN_INPUT, SPOKEN_OUTPUT);
    let created = r#"{"type":"session.created","session":{"model":"gpt-realtime"}}"#;
    // Of what is said in between, nothing is a report.
    let partly = r#"{"type":"response.output_item.done","response":{"usage":{"input_tokens":5}}}"#;
    let text = response_done(r#""total_tokens":110,"input_tokens":100,"input_token_details":{"text_tokens":100,"audio_tokens":0}"#, r#""output_tokens":10"#);
    let stream: String = [created, &done, partly, &done, &text].map(|event| format!("data: {event}\n\n")).concat();
    let reading = read_stream("", "openai.realtime", &stream);
    let expected = "input=316 input_audio=832 input_image=72 cache_read=384 cache_read_audio=768 cache_read_image=128 output=90 reasoning=60 output_audio=240";
    assert_eq!((line(&reading).as_str(), reading.served_model.as_deref()), (expected, Some("gpt-realtime")));
}

#[test]
fn rule_08_cached_details_of_a_realtime_session_that_do_not_add_up_are_clipped_and_flagged() {
    let cached = |details: &str| {
        let input = format!(r#""input_tokens":100,"input_token_details":{{"text_tokens":40,"audio_tokens":60,{details}}}"#);
        line(&read("", "openai.realtime", &response_done(&input, r#""output_tokens":1"#)))
    };
    // Without details, each modality has what of it can be fresh (rule 6).
    assert_eq!(cached(r#""cached_tokens":70"#), "input=0 input_audio=30 cache_read=70 output=1");
    let beyond = r#""cached_tokens":90,"cached_tokens_details":{"text_tokens":50,"audio_tokens":40}"#;
    assert_eq!(cached(beyond), "input=0 input_audio=20 cache_read=40 cache_read_audio=40 output=1 cached_exceeds_prompt");
    let short = r#""cached_tokens":30,"cached_tokens_details":{"text_tokens":10,"audio_tokens":0}"#;
    assert_eq!(cached(short), "input=30 input_audio=60 cache_read=10 output=1 cached_details_disagree");
}

#[test]
fn a_realtime_session_is_not_forwarded() {
    let adapter = super::adapter("");
    let request = weighbridge_plugin::adapter::ClientRequest {
        dialect: "openai.realtime".into(),
        model: "gpt-realtime".into(),
        upstream_model: "gpt-realtime".into(),
        streamed: true,
        query: String::new(),
        headers: Vec::new(),
        fields: Vec::new(),
        body: None,
        attrs: Vec::new(),
    };
    let refused = weighbridge_plugin::Adapter::prepare(&adapter, request).expect_err("a refusal");
    assert_eq!(refused.message, "sockets are not forwarded; of realtime sessions, only usage that is handed in is read");
}
