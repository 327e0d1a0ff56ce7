//! What has no counterpart is refused by name, in these words.

use weighbridge_plugin::{Adapter, ErrorKind};

use super::prepare;
use crate::Gemini;

fn refused(rest: &str) -> (ErrorKind, String) {
    let error = prepare("gemini-3-pro", &format!(r#"{{"messages":[{{"role":"user","content":"x"}}],{rest}}}"#)).expect_err("a refusal");
    (error.kind, error.message)
}

fn refused_message(message: &str) -> (ErrorKind, String) {
    let error = prepare("gemini-3-pro", &format!(r#"{{"messages":[{message}]}}"#)).expect_err("a refusal");
    (error.kind, error.message)
}

const NO_COUNTERPART: &str = "has no counterpart in Google's generateContent, and this model is served by it: leave it out";

#[test]
fn parameters_without_a_counterpart_are_refused_by_name() {
    for (parameter, value) in [
        ("logit_bias", r#"{"50256":-100}"#),
        ("logprobs", "true"),
        ("top_logprobs", "2"),
        ("audio", r#"{"voice":"alloy"}"#),
        ("modalities", r#"["text","audio"]"#),
        ("prediction", r#"{"type":"content","content":"x"}"#),
        ("store", "true"),
        ("verbosity", "\"low\""),
        ("web_search_options", "{}"),
        ("functions", "[]"),
        ("function_call", "\"auto\""),
        ("whatever_comes", "1"),
    ] {
        let error = prepare("gemini-3-pro", &format!(r#"{{"messages":[],"{parameter}":{value}}}"#)).expect_err("a refusal");
        assert_eq!((error.kind, error.message), (ErrorKind::Unsupported, format!("\"{parameter}\" {NO_COUNTERPART}")));
        assert_eq!((error.attrs[0].key.as_str(), error.attrs[0].value.as_str()), ("param", parameter));
    }
}

#[test]
fn values_without_a_counterpart_are_refused_by_name() {
    for (rest, message) in [
        (
            r#""parallel_tool_calls":false"#,
            "\"parallel_tool_calls\" is false; Google's generateContent cannot be held to one call at a time: leave it out".into(),
        ),
        (
            r#""service_tier":"scale""#,
            "\"service_tier\" is \"scale\"; for Google's generateContent it may be \"auto\", \"default\", \"flex\", \"priority\"".into(),
        ),
        (r#""reasoning_effort":"none""#, "\"reasoning_effort\" is \"none\", which this model's thinking has no counterpart for".into()),
        (r#""tools":[{"type":"custom","custom":{"name":"c"}}]"#, format!("\"tools[0].type\" {NO_COUNTERPART}")),
        (r#""tool_choice":{"type":"allowed_tools"}"#, format!("\"tool_choice.type\" {NO_COUNTERPART}")),
        (r#""response_format":{"type":"grammar"}"#, format!("\"response_format.type\" {NO_COUNTERPART}")),
    ] {
        assert_eq!(refused(rest), (ErrorKind::Unsupported, message), "{rest}");
    }
}

#[test]
fn parts_of_messages_without_a_counterpart_are_refused_by_name() {
    for (message, refusal) in [
        (
            r#"{"role":"user","content":[{"type":"video_url","video_url":{"url":"x"}}]}"#,
            "\"messages[0].content[0].type\" is \"video_url\", which has no counterpart in Google's generateContent".into(),
        ),
        (r#"{"role":"user","content":[{"type":"file","file":{"file_id":"file-1"}}]}"#, format!("\"messages[0].content[0].file.file_id\" {NO_COUNTERPART}")),
        (
            r#"{"role":"system","content":[{"type":"image_url","image_url":{"url":"https://example.org/a.png"}}]}"#,
            "\"messages[0].content\" may hold nothing but text in a system or developer message".into(),
        ),
        (r#"{"role":"user","name":"ada","content":"x"}"#, format!("\"messages[0].name\" {NO_COUNTERPART}")),
    ] {
        assert_eq!(refused_message(message), (ErrorKind::Unsupported, refusal), "{message}");
    }
}

#[test]
fn what_is_wrong_is_said() {
    for (message, problem) in [
        (r#"{"role":"robot","content":"x"}"#, "messages[0].role is \"robot\"; it may be system, developer, user, assistant or tool"),
        (r#"{"role":"user","content":7}"#, "messages[0].content must be a text or a list of parts"),
        (r#"{"role":"tool","tool_call_id":"c9","content":"x"}"#, "messages[0].tool_call_id is \"c9\", which no earlier message calls"),
        (
            r#"{"role":"assistant","tool_calls":[{"id":"c","function":{"name":"f","arguments":"[1"}}]}"#,
            "messages[0].tool_calls[0].function.arguments is not the text of a JSON object",
        ),
        (
            r#"{"role":"user","content":[{"type":"image_url","image_url":{"url":"file:///a.png"}}]}"#,
            "messages[0].content[0].image_url must be an https: or gs: URL, or a data: URL in base64 such as data:image/png;base64,…",
        ),
    ] {
        assert_eq!(refused_message(message), (ErrorKind::InvalidInput, problem.into()), "{message}");
    }
    let small = Gemini::configure(r#"{"max_request_bytes":10}"#).unwrap_or_else(|error| panic!("{}", error.message));
    let error = small.prepare(super::request("openai.chat", "m", false, r#"{"messages":[]}"#)).expect_err("a refusal");
    assert_eq!(error.message, "the request has 15 bytes; up to 10 can be translated to Google's generateContent: send large images as https: URLs");
    let unknown = Gemini::configure(r#"{"versoin":"v1"}"#).err().map(|error| error.message).unwrap_or_default();
    assert!(unknown.starts_with("the settings of gemini: unknown field `versoin`"), "{unknown}");
}
