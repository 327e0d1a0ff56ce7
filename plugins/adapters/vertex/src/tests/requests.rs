//! Requests: paths with the operator's project, the model and the version where the cloud wants them, and refusals.

use serde_json::{Value, json};
use weighbridge_plugin::{
    Adapter, ErrorKind,
    adapter::{Auth, BodyPlan, Edit, Framing, Header},
};

use super::{adapter, configured, prepare, request};
use crate::config::Config;

#[test]
fn the_manifest_writes_out_the_defaults() {
    let manifest: toml::Table = include_str!("../../plugin.toml").parse().expect("TOML");
    let written = Config::parse(&serde_json::to_string(&manifest["config"]).expect("JSON")).unwrap_or_else(|error| panic!("{}", error.message));
    let wires = Config { gemini: json!({}), anthropic: json!({}), ..written.clone() };
    assert_eq!(wires, Config::default());
    // What differs of the wires is settings that they know.
    configured(&json!({"gemini": written.gemini, "anthropic": written.anthropic}).to_string());
}

#[test]
fn every_plan_has_the_credential() {
    assert!(adapter().plans().iter().all(|plan| plan.auth == Auth::GcpOauth));
    let with_key = configured(r#"{"auth":"api-key"}"#);
    assert!(with_key.plans().iter().all(|plan| plan.auth == Auth::Header("x-goog-api-key".into())));
    let sent = with_key.prepare(request("vertex.generate_content", "gemini-2.5-flash", "{}")).expect("a request");
    assert_eq!(sent.path_and_query, "/v1/publishers/google/models/gemini-2.5-flash:generateContent");
}

#[test]
fn googles_dialects_go_to_the_operators_project() {
    let path = "/v1/projects/my-project/locations/global/publishers/google/models/gemini-2.5-flash";
    for (dialect, method) in [
        ("gemini.generate_content", "generateContent"),
        ("vertex.generate_content", "generateContent"),
        ("gemini.count_tokens", "countTokens"),
        ("vertex.count_tokens", "countTokens"),
        ("gemini.embed_content", "embedContent"),
        ("vertex.embed_content", "embedContent"),
        ("vertex.predict", "predict"),
    ] {
        let sent = prepare(dialect, "gemini-2.5-flash", "{}").expect("a request");
        assert_eq!((sent.path_and_query, sent.body), (format!("{path}:{method}"), BodyPlan::Unchanged));
    }
    let mut streamed = request("vertex.generate_content", "google/gemini-2.5-flash", r#"{"stream":true}"#);
    streamed.query = "$alt=json;enum-encoding=int&key=secret".into();
    let sent = adapter().prepare(streamed).expect("a request");
    assert_eq!((sent.path_and_query, sent.framing), (format!("{path}:streamGenerateContent?$alt=json;enum-encoding=int"), Some(Framing::JsonArray)));
}

#[test]
fn no_dialect_lets_a_client_cut_the_usage_out_of_an_answer() {
    for plan in adapter().plans() {
        assert_eq!(plan.request_headers, ["x-goog-fieldmask"], "{}", plan.dialect);
        let model = if plan.dialect.starts_with("anthropic") || plan.dialect == "vertex.raw_predict" { "claude-haiku-4-5" } else { "gemini-2.5-flash" };
        let mut masked = request(&plan.dialect, model, r#"{"messages":[{"role":"user","content":"Hi"}]}"#);
        masked.headers = vec![Header::new("x-goog-fieldmask", "candidates")];
        masked.query = "fields=candidates&$fields=predictions&%66ields=content".into();
        let sent = adapter().prepare(masked).unwrap_or_else(|error| panic!("{}: {}", plan.dialect, error.message));
        let masks: Vec<_> = sent.headers.iter().filter(|header| header.name == "x-goog-fieldmask").collect();
        assert_eq!(masks, [&Header::new("x-goog-fieldmask", "*")], "{}", plan.dialect);
        assert!(!sent.path_and_query.contains("ields"), "{}", sent.path_and_query);
    }
}

#[test]
fn an_answer_in_a_form_that_cannot_be_read_is_refused() {
    for dialect in ["vertex.generate_content", "gemini.count_tokens", "vertex.predict"] {
        let mut asked = request(dialect, "gemini-2.5-flash", "{}");
        asked.query = "$alt=proto".into();
        let error = adapter().prepare(asked).expect_err("a refusal");
        assert_eq!(
            (error.kind, error.message.as_str()),
            (ErrorKind::Unsupported, "the query asks for alt=proto, in which usage cannot be read; alt=json and alt=sse can be")
        );
    }
}

#[test]
fn anthropics_dialect_has_its_model_in_the_path_and_its_version_in_the_body() {
    let path = "/v1/projects/my-project/locations/global/publishers/anthropic/models/";
    let version = || Edit::set("/anthropic_version", "\"vertex-2023-10-16\"");
    let sent = prepare("anthropic.messages", "claude-haiku-4-5@20251001", r#"{"model":"x","stream":true}"#).expect("a request");
    assert_eq!(sent.path_and_query, format!("{path}claude-haiku-4-5@20251001:streamRawPredict"));
    assert_eq!(sent.body, BodyPlan::Edits(vec![Edit::remove("/model"), version()]));
    let sent = prepare("vertex.raw_predict", "anthropic/claude-haiku-4-5", r#"{"anthropic_version":"vertex-2023-10-16"}"#).expect("a request");
    assert_eq!((sent.path_and_query, sent.body), (format!("{path}claude-haiku-4-5:rawPredict"), BodyPlan::Unchanged));
    let sent = prepare("anthropic.count_tokens", "claude-haiku-4-5", "{}").expect("a request");
    assert_eq!((sent.path_and_query, sent.body), (format!("{path}count-tokens:rawPredict"), BodyPlan::Edits(vec![version()])));
}

#[test]
fn chat_is_translated_to_the_wire_of_the_models_maker() {
    let body = r#"{"stream":true,"messages":[{"role":"user","content":"Hi"}]}"#;
    let sent = |model: &str| {
        let sent = prepare("openai.chat", model, body).unwrap_or_else(|error| panic!("{}", error.message));
        let BodyPlan::Replace(body) = sent.body else { panic!("not replaced") };
        let body: Value = serde_json::from_slice(&body).expect("JSON");
        (sent.path_and_query, sent.headers, sent.state[0], body)
    };
    let json_type = || vec![Header::new("content-type", "application/json")];
    let models = "/v1/projects/my-project/locations/global/publishers";
    assert_eq!(
        sent("gemini-2.5-flash"),
        (
            format!("{models}/google/models/gemini-2.5-flash:streamGenerateContent?alt=sse"),
            json_type(),
            b'g',
            json!({"contents": [{"role": "user", "parts": [{"text": "Hi"}]}], "generationConfig": {}})
        )
    );
    assert_eq!(
        sent("anthropic/claude-haiku-4-5"),
        (
            format!("{models}/anthropic/models/claude-haiku-4-5:streamRawPredict"),
            json_type(),
            b'a',
            json!({"anthropic_version": "vertex-2023-10-16", "max_tokens": 8192, "messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}], "stream": true})
        )
    );
}

#[test]
fn what_cannot_be_sent_is_refused_by_name() {
    let refused = |dialect: &str, model: &str| {
        let error = prepare(dialect, model, r#"{"messages":[]}"#).expect_err("a refusal");
        (error.kind, error.message)
    };
    assert_eq!(
        refused("openai.chat", "meta/llama-4"),
        (ErrorKind::Unsupported, "the model \"meta/llama-4\" is by \"meta\"; of Google's cloud, the models of google and anthropic are spoken to here".into())
    );
    assert_eq!(
        refused("gemini.generate_content", "claude-haiku-4-5"),
        (ErrorKind::Unsupported, "the model \"claude-haiku-4-5\" is by anthropic and does not speak gemini.generate_content".into())
    );
    assert_eq!(
        refused("anthropic.messages", "gemini-2.5-pro"),
        (ErrorKind::Unsupported, "the model \"gemini-2.5-pro\" is by google and does not speak anthropic.messages".into())
    );
    let error = configured("{}").prepare(request("gemini.generate_content", "gemini-2.5-pro", "{}")).expect_err("a refusal");
    assert_eq!(
        (error.kind, error.message.as_str()),
        (ErrorKind::InvalidConfig, "the settings of vertex: project is missing; it is the cloud project that pays for the calls")
    );
}
