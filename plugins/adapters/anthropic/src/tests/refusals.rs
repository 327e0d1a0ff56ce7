//! What has no counterpart is refused by name, in these words.

use weighbridge_plugin::ErrorKind;

use super::prepare;
use crate::Anthropic;
use weighbridge_plugin::Adapter;

fn refused(rest: &str) -> (ErrorKind, String) {
    let error = prepare("claude-haiku-4-5", &format!(r#"{{"messages":[{{"role":"user","content":"x"}}],{rest}}}"#)).expect_err("a refusal");
    (error.kind, error.message)
}

fn refused_message(message: &str) -> (ErrorKind, String) {
    let error = prepare("claude", &format!(r#"{{"messages":[{message}]}}"#)).expect_err("a refusal");
    (error.kind, error.message)
}

const NO_COUNTERPART: &str = "has no counterpart in Anthropic's Messages API, and this model is served by it: leave it out";

#[test]
fn parameters_without_a_counterpart_are_refused_by_name() {
    for (parameter, value) in [
        ("logit_bias", r#"{"50256":-100}"#),
        ("logprobs", "true"),
        ("top_logprobs", "2"),
        ("seed", "7"),
        ("presence_penalty", "0.5"),
        ("frequency_penalty", "0.5"),
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
        assert_eq!(refused(&format!("\"{parameter}\":{value}")), (ErrorKind::Unsupported, format!("\"{parameter}\" {NO_COUNTERPART}")));
    }
}

#[test]
fn values_without_a_counterpart_are_refused_by_name() {
    for (rest, message) in [
        (r#""n":3"#, "\"n\" is 3; Anthropic's Messages API gives one answer to a request: leave it out or send 1"),
        (r#""temperature":1.5"#, "\"temperature\" is 1.5; Anthropic's Messages API takes 0 to 1"),
        (
            r#""response_format":{"type":"json_object"}"#,
            "\"response_format\" is \"json_object\", which Anthropic's Messages API does not have: send a \"json_schema\"",
        ),
        (r#""service_tier":"flex""#, "\"service_tier\" is \"flex\"; for Anthropic's Messages API it may be \"auto\" or \"default\""),
        (r#""reasoning_effort":"huge""#, "\"reasoning_effort\" is \"huge\", which this model's thinking has no counterpart for"),
        (r#""reasoning_effort":"low","max_tokens":100"#, "\"reasoning_effort\" needs max_completion_tokens of at least 2048 with this model"),
        (
            r#""tools":[{"type":"custom","custom":{"name":"c"}}]"#,
            "\"tools[0].type\" has no counterpart in Anthropic's Messages API, and this model is served by it: leave it out",
        ),
        (
            r#""tool_choice":{"type":"allowed_tools"}"#,
            "\"tool_choice.type\" has no counterpart in Anthropic's Messages API, and this model is served by it: leave it out",
        ),
    ] {
        assert_eq!(refused(rest), (ErrorKind::Unsupported, message.to_owned()), "{rest}");
    }
}

#[test]
fn parts_of_messages_without_a_counterpart_are_refused_by_name() {
    for (message, refusal) in [
        (
            r#"{"role":"user","content":[{"type":"input_audio","input_audio":{"data":"AA","format":"wav"}}]}"#,
            "\"messages[0].content[0].type\" is \"input_audio\", which has no counterpart in Anthropic's Messages API",
        ),
        (
            r#"{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/tiff;base64,AA"}}]}"#,
            "\"messages[0].content[0].image_url\" is of type \"image/tiff\"; Anthropic's Messages API takes image/jpeg, image/png, image/gif, image/webp",
        ),
        (
            r#"{"role":"user","content":[{"type":"file","file":{"file_id":"file-1"}}]}"#,
            "\"messages[0].content[0].file.file_id\" has no counterpart in Anthropic's Messages API, and this model is served by it: leave it out",
        ),
        (
            r#"{"role":"system","content":[{"type":"image_url","image_url":{"url":"https://example.org/a.png"}}]}"#,
            "\"messages[0].content\" may hold nothing but text in a system or developer message",
        ),
        (
            r#"{"role":"user","name":"ada","content":"x"}"#,
            "\"messages[0].name\" has no counterpart in Anthropic's Messages API, and this model is served by it: leave it out",
        ),
    ] {
        assert_eq!(refused_message(message), (ErrorKind::Unsupported, refusal.to_owned()));
    }
}

#[test]
fn wrong_requests_are_refused_with_their_place() {
    for (message, refusal) in [
        (r#"{"content":"x"}"#, "messages[0].role is missing"),
        (r#"{"role":"robot","content":"x"}"#, "messages[0].role is \"robot\"; it may be system, developer, user, assistant or tool"),
        (r#"{"role":"user","content":7}"#, "messages[0].content must be a text or a list of parts"),
        (
            r#"{"role":"assistant","tool_calls":[{"id":"c","function":{"name":"f","arguments":"[1]"}}]}"#,
            "messages[0].tool_calls[0].function.arguments is not the text of a JSON object",
        ),
        (
            r#"{"role":"user","content":[{"type":"image_url","image_url":{"url":"ftp://x"}}]}"#,
            "messages[0].content[0].image_url must be an https: URL, or a data: URL in base64 such as data:image/png;base64,…",
        ),
    ] {
        assert_eq!(refused_message(message), (ErrorKind::InvalidInput, refusal.to_owned()));
    }
    assert_eq!(
        prepare("claude", "[]").expect_err("a refusal").message,
        "the request is not a JSON object: invalid type: sequence, expected a map at line 1 column 0"
    );
}

#[test]
fn an_older_model_cannot_think_over_tool_results() {
    let body = r#"{"reasoning_effort":"low","messages":[{"role":"user","content":"x"},{"role":"assistant","tool_calls":[{"id":"c","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c","content":"y"}]}"#;
    let error = prepare("claude-haiku-4-5", body).expect_err("a refusal");
    assert_eq!(
        error.message,
        "\"reasoning_effort\" cannot be used while tool results are sent to this model: it asks for its own thinking back, which OpenAI's chat format does not carry"
    );
    assert!(prepare("claude-sonnet-5", body).is_ok());
}

#[test]
fn a_request_that_would_not_fit_is_refused() {
    let body = format!(r#"{{"messages":[{{"role":"user","content":"{}"}}]}}"#, "x".repeat(6_300_000));
    let error = prepare("claude", &body).expect_err("a refusal");
    let expected = "the request has 6300043 bytes; up to 6291456 can be translated to Anthropic's Messages API: send large images as https: URLs";
    assert_eq!((error.kind, error.message.as_str()), (ErrorKind::InvalidInput, expected));
}

#[test]
fn wrong_settings_are_refused_by_name() {
    let error = Anthropic::configure(r#"{"max_tokens":1}"#).err().expect("a refusal");
    assert!(error.message.starts_with("the settings of anthropic: unknown field `max_tokens`, expected one of `path`"), "{}", error.message);
}
