//! What holds for the streams of every dialect.

use weighbridge_plugin::{
    Adapter,
    adapter::{Event, EventOut, Framing, StreamEnd},
};

use super::{ALL, STREAM, WHOLE, chunks, data, live, minimal, request, streamed};
use crate::{tests::adapter, translate::events::STATE_BYTES};

const DIALECTS: [&str; 3] = ["anthropic.messages", "openai.responses", "gemini.generate_content"];

#[test]
fn however_the_events_arrive_the_client_gets_the_same() {
    let adapter = adapter(ALL);
    let whole = chunks(&[&STREAM[..], &["[DONE]"]].concat());
    for dialect in DIALECTS {
        let state = adapter.prepare(request(dialect, true, "", minimal(dialect))).expect("a request").state;
        let one_by_one = streamed(&adapter, state.clone(), &whole, 1);
        for batch in 2..=whole.len() {
            assert_eq!(data(&streamed(&adapter, state.clone(), &whole, batch)), data(&one_by_one), "{dialect}, {batch} at a time");
        }
    }
}

#[test]
fn a_stream_that_does_not_say_done_is_whole_when_it_has_said_why_it_ended() {
    for dialect in DIALECTS {
        assert_eq!(data(&live(dialect, &STREAM)), data(&live(dialect, &[&STREAM[..], &["[DONE]"]].concat())), "{dialect}");
    }
}

#[test]
fn a_stream_that_breaks_off_does_not_look_complete() {
    for dialect in DIALECTS {
        let last = data(&live(dialect, &STREAM[..6])).pop().expect("an event").to_string();
        assert!(last.contains("the provider's stream broke off before its end"), "{dialect}: {last}");
        let last = data(&live(dialect, &[&STREAM[..4], &["[DONE]"]].concat())).pop().expect("an event").to_string();
        assert!(!last.contains("error\":{"), "it need not say why it ended: {dialect}: {last}");
        let last = data(&live(dialect, &[STREAM[0], "[DONE]"])).pop().expect("an event").to_string();
        assert!(last.contains("the provider's stream holds no answer"), "{dialect}: {last}");
        let last = data(&live(dialect, &[STREAM[1], r#"{"error":{"message":"overloaded","code":"x"}}"#, STREAM[7]])).pop().expect("an event").to_string();
        assert!(last.contains("overloaded"), "{dialect}: {last}");
        let last = data(&live(dialect, &[STREAM[1], "{"])).pop().expect("an event").to_string();
        assert!(last.contains("the provider sent an event that cannot be translated: EOF while parsing an object at line 1 column 1"), "{dialect}: {last}");
        let adapter = adapter(ALL);
        let state = adapter.prepare(request(dialect, true, "", minimal(dialect))).expect("a request").state;
        let end = adapter.on_end(&state, StreamEnd::TimedOut).expect("an end");
        assert!(data(&end)[0].to_string().contains("the provider's stream fell silent before its end"), "{dialect}");
    }
}

#[test]
fn errors_in_streams_have_the_shape_of_the_dialect() {
    let failed = |dialect| {
        let told = live(dialect, &[r#"{"error":{"message":"overloaded","code":"x"}}"#]);
        (told[0].name.clone(), data(&told)[0].to_string())
    };
    let message = r#"{"error":{"message":"overloaded","type":"api_error"},"type":"error"}"#;
    assert_eq!(failed("anthropic.messages"), (Some("error".into()), message.into()));
    let response = r#"{"code":"x","message":"overloaded","param":null,"sequence_number":0,"type":"error"}"#;
    assert_eq!(failed("openai.responses"), (Some("error".into()), response.into()));
    let gemini = r#"{"error":{"code":500,"message":"overloaded","status":"INTERNAL"}}"#;
    assert_eq!(failed("gemini.generate_content"), (None, gemini.into()));
}

#[test]
fn what_cannot_be_remembered_fails_in_words() {
    let long = format!(
        r#"{{"id":"1","model":"m","choices":[{{"delta":{{"content":"{0}","tool_calls":[{{"index":0,"id":"c","function":{{"name":"f","arguments":"{0}"}}}}]}}}}]}}"#,
        "x".repeat(STATE_BYTES)
    );
    for dialect in &DIALECTS[1..] {
        let last = data(&live(dialect, &[&long])).pop().expect("an event").to_string();
        let said = "the answer is longer than what can be remembered of it while it is streamed in this dialect: ask for it without a stream";
        assert!(last.contains(said), "{dialect}: {last}");
    }
    // A message's events repeat nothing.
    let told = data(&live("anthropic.messages", &[&long]));
    assert_eq!(told[2]["delta"]["text"].as_str().map(str::len), Some(STATE_BYTES));
}

#[test]
fn streams_that_repeat_are_asked_for_whole_where_the_operator_says_so() {
    let adapter = adapter(WHOLE);
    for (dialect, body, query, whole) in [
        ("openai.responses", r#"{"input":"x","stream":true}"#, "", true),
        ("gemini.generate_content", minimal("gemini.generate_content"), "alt=sse", false),
        ("gemini.generate_content", r#"{"contents":[],"tools":[{"functionDeclarations":[{"name":"f"}]}]}"#, "alt=sse", true),
        ("anthropic.messages", minimal("anthropic.messages"), "", false),
    ] {
        let sent = super::sent(adapter.prepare(request(dialect, true, query, body)).expect("a request"));
        assert_eq!(sent.get("stream").is_none(), whole, "{dialect}");
    }
}

#[test]
fn a_gemini_stream_is_framed_as_its_client_asked() {
    let framing = |streamed, query| {
        let request = request("gemini.generate_content", streamed, query, minimal("gemini.generate_content"));
        adapter(ALL).prepare(request).expect("a request").client_framing
    };
    assert_eq!(framing(true, "alt=sse"), Some(Framing::Sse));
    assert_eq!(framing(true, "key=x"), Some(Framing::JsonArray));
    assert_eq!(framing(false, ""), None);
}

#[test]
fn calls_are_told_apart_however_they_are_numbered() {
    let piece = |call: &str| format!(r#"{{"id":"1","model":"m","choices":[{{"delta":{{"tool_calls":[{call}]}}}}]}}"#);
    let end = r#"{"choices":[{"delta":{},"finish_reason":"tool_calls"}]}"#.to_owned();
    for calls in [
        // All of them numbered 0, whole.
        vec![
            r#"{"index":0,"id":"a","function":{"name":"f","arguments":"{\"n\":1}"}}"#,
            r#"{"index":0,"id":"b","function":{"name":"g","arguments":"{\"n\":2}"}}"#,
        ],
        // Not numbered, in pieces.
        vec![
            r#"{"id":"a","function":{"name":"f","arguments":"{\"n\""}}"#,
            r#"{"function":{"arguments":":1}"}}"#,
            r#"{"id":"b","function":{"name":"g","arguments":"{\"n\":2}"}}"#,
        ],
        // Mixed.
        vec![
            r#"{"index":0,"id":"a","function":{"name":"f","arguments":"{\"n\""}}"#,
            r#"{"index":1,"id":"b","function":{"name":"g","arguments":"{\"n\":"}}"#,
            r#"{"index":0,"function":{"arguments":":1}"}}"#,
            r#"{"index":1,"function":{"arguments":"2}"}}"#,
        ],
        // Not as a text.
        vec![r#"{"index":0,"id":"a","function":{"name":"f","arguments":{"n":1}}}"#, r#"{"index":1,"id":"b","function":{"name":"g","arguments":{"n":2}}}"#],
    ] {
        let pieces: Vec<String> = calls.into_iter().map(piece).chain([end.clone()]).collect();
        let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
        let told = data(&live("gemini.generate_content", &pieces)).pop().expect("an event");
        let parts = r#"[{"functionCall":{"args":{"n":1},"id":"a","name":"f"}},{"functionCall":{"args":{"n":2},"id":"b","name":"g"}}]"#;
        assert_eq!(told["candidates"][0]["content"]["parts"].to_string(), parts);
        let message = data(&live("anthropic.messages", &pieces));
        let arguments =
            |block: u64| message.iter().filter(|event| event["index"] == block).filter_map(|event| event["delta"]["partial_json"].as_str()).collect::<String>();
        assert_eq!((arguments(0).as_str(), arguments(1).as_str()), (r#"{"n":1}"#, r#"{"n":2}"#));
        let response = data(&live("openai.responses", &pieces)).pop().expect("an event");
        let output = &response["response"]["output"];
        assert_eq!((&output[0]["arguments"], &output[1]["arguments"]), (&r#"{"n":1}"#.into(), &r#"{"n":2}"#.into()));
    }
}

#[test]
fn nothing_is_said_after_the_end() {
    let adapter = adapter(ALL);
    for dialect in DIALECTS {
        let state = adapter.prepare(request(dialect, true, "", minimal(dialect))).expect("a request").state;
        let step = adapter.on_events(&state, &chunks(&[&STREAM[..], &["[DONE]", "[DONE]", STREAM[4]]].concat())).expect("a step");
        assert_eq!(&step.events[10..], &[EventOut::Drop, EventOut::Drop], "{dialect}");
        assert_eq!(adapter.on_end(&step.state, StreamEnd::UpstreamClosed).expect("an end"), Vec::<Event>::new());
    }
}
