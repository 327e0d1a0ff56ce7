//! Dialects that are billed by other units than tokens, or not at all.

use weighbridge_plugin::{
    Adapter,
    adapter::{Billing, UsageReading},
};
use weighbridge_plugin_testkit::{evaluate, sse};

use super::{adapter, line, plan, read, read_stream};

/// Reads an answer of which the request matters.
fn read_with(dialect: &str, request: &str, body: &str) -> UsageReading {
    let adapter = adapter("");
    let plan = plan(&adapter, dialect);
    let mut facts = evaluate::body_facts(&plan, body.as_bytes());
    facts.extend(evaluate::request_facts(&plan, request.as_bytes()));
    adapter.read_usage(dialect, &facts).expect("a reading")
}

fn counted(reading: &UsageReading) -> String {
    let quantities: Vec<String> = reading.counted.iter().map(|quantity| format!("{}={}", quantity.meter, quantity.value)).collect();
    format!("{} {}", quantities.join(" "), reading.doubts.join(" ")).trim().to_owned()
}

#[test]
fn without_details_all_output_of_an_image_model_is_image() {
    let usage = |more: &str| {
        format!(
            r#"{{"data":[{{"b64_json":"AAAA"}}],"usage":{{"total_tokens":150,"input_tokens":50,"output_tokens":100,"input_tokens_details":{{"text_tokens":10,"image_tokens":40}}{more}}}}}"#
        )
    };
    for dialect in ["openai.images", "openai.image_edits"] {
        assert_eq!(line(&read("", dialect, &usage(""))), "input=10 input_image=40 output_image=100");
        assert_eq!(
            line(&read("", dialect, &usage(r#","output_tokens_details":{"text_tokens":5,"image_tokens":95}"#))),
            "input=10 input_image=40 output=5 output_image=95"
        );
    }
    let done = r#"{"type":"image_generation.completed","b64_json":"AAAA","usage":{"total_tokens":3,"input_tokens":1,"output_tokens":2}}"#;
    assert_eq!(line(&read_stream("", "openai.images", &format!("event: image_generation.completed\ndata: {done}\n\n"))), "input=1 output_image=2");
}

#[test]
fn images_without_usage_are_counted_by_the_answer_or_the_request() {
    let reading = read_with("openai.images", r#"{"n":3,"size":"256x256"}"#, r#"{"data":[{"url":"a"},{"url":"b"}]}"#);
    assert!(reading.quantities.is_empty());
    assert_eq!((counted(&reading).as_str(), reading.dimensions), ("images=2", vec![("size".to_owned(), "256x256".to_owned())]));
    assert_eq!(counted(&read_with("openai.images", r#"{"n":3}"#, r#"{"data":[{"b64_json":"A"},{"b64_json":"B"},{"b64_json":"C"}]}"#)), "images=3");
    assert_eq!(counted(&read_with("openai.images", "{}", r#"{"data":[{"b64_json":"A"}]}"#)), "images=1");
}

#[test]
fn transcriptions_use_tokens_or_seconds_with_their_decimals() {
    let tokens = r#"{"type":"tokens","total_tokens":70,"input_tokens":54,"input_token_details":{"text_tokens":4,"audio_tokens":50},"output_tokens":16}"#;
    assert_eq!(line(&read("", "openai.transcriptions", &format!(r#"{{"text":"x","usage":{tokens}}}"#))), "input=4 input_audio=50 output=16");
    let stream = format!("data: {{\"type\":\"transcript.text.done\",\"usage\":{tokens}}}\r\n\r\ndata: [DONE]\r\n\r\n");
    assert_eq!(line(&read_stream("", "openai.transcriptions", &stream)), "input=4 input_audio=50 output=16");
    for (body, expected) in [
        (r#"{"usage":{"type":"duration","seconds":37},"duration":36.7}"#, "audio_seconds=37"),
        (r#"{"usage":{"type":"duration","seconds":6.25}}"#, "audio_seconds=6.25"),
        (r#"{"duration":5.495999813079834,"text":"x"}"#, "audio_seconds=5.495999813079834"),
        (r#"{"duration":5.2,"usage":{"prompt_tokens":3,"completion_tokens":7,"total_tokens":10}}"#, "input=3 output=7"),
        (r#"{"text":"x"}"#, ""),
    ] {
        assert_eq!(line(&read("", "openai.translations", body)), expected, "{body}");
    }
}

#[test]
fn speech_is_counted_in_characters_unless_its_tokens_are_reported() {
    let spoken = |request: &str| counted(&read_with("openai.speech", request, ""));
    assert_eq!(spoken(r#"{"input":"Gr\u00fc\u00dfe \ud83d\ude00\n"}"#), "characters=8");
    assert_eq!(spoken(r#"{"voice":"alloy"}"#), "spoken_text_unknown");
    let done = r#"{"type":"speech.audio.done","usage":{"input_tokens":14,"output_tokens":101,"total_tokens":115}}"#;
    let reading = read_stream("", "openai.speech", &format!("data: {done}\n\n"));
    assert_eq!((line(&reading).as_str(), reading.counted.len()), ("input=14 output_audio=101", 0));
    let terminal = plan(&adapter(""), "openai.speech").terminal.expect("a filter");
    assert!(evaluate::passes(&terminal, &sse::events(format!("data: {done}\n\n").as_bytes())[0]));
}

#[test]
fn moderation_and_counting_tokens_are_free() {
    for dialect in ["openai.moderations", "openai.input_tokens"] {
        let plan = plan(&adapter(""), dialect);
        assert_eq!((plan.billing, plan.prompt_text.len()), (Billing::Free, 0));
        // What is read is only what would contradict it.
        assert!(plan.body_facts.iter().chain(&plan.event_facts).all(|rule| rule.name == "output"));
        assert_eq!(evaluate::body_facts(&plan, br#"{"input_tokens":16,"usage":{"completion_tokens":9}}"#).len(), 1);
        assert_eq!(read("", dialect, r#"{"input_tokens":16,"usage":{"prompt_tokens":9}}"#), UsageReading::default());
    }
}

#[test]
fn rerank_is_billed_by_searches_or_tokens() {
    let rerank = "dialects = [\"rerank\"]";
    assert_eq!(line(&read(rerank, "rerank", r#"{"usage":{"total_tokens":17}}"#)), "input=17");
    assert_eq!(line(&read(rerank, "rerank", r#"{"usage":{"search_units":2,"total_tokens":17}}"#)), "search_units=2");
    assert_eq!(line(&read(rerank, "rerank", r#"{"meta":{"billed_units":{"search_units":1}}}"#)), "search_units=1");
}
