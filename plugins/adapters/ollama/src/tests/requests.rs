//! What goes upstream, what is hidden, and which settings are refused.

use weighbridge_plugin::{
    Adapter,
    adapter::{Auth, BodyPlan, ClientRequest, Edit, Field, UpstreamRequest},
};
use weighbridge_plugin_testkit::evaluate;

use super::{adapter, plan};
use crate::{Ollama, config::Config};

fn request(dialect: &str, streamed: bool, stream_options: Option<&str>) -> ClientRequest {
    ClientRequest {
        dialect: dialect.into(),
        model: "qwen3".into(),
        upstream_model: "qwen3".into(),
        streamed,
        query: String::new(),
        headers: vec![],
        fields: vec![Field { pointer: "/stream_options".into(), json: stream_options.map(Into::into) }],
        body: None,
        attrs: vec![],
    }
}

fn prepared(dialect: &str, streamed: bool, stream_options: Option<&str>) -> UpstreamRequest {
    adapter().prepare(request(dialect, streamed, stream_options)).unwrap_or_else(|error| panic!("{}", error.message))
}

#[test]
fn every_dialect_has_its_path_and_passes_byte_for_byte() {
    for (dialect, path) in [
        ("ollama.chat", "/api/chat"),
        ("ollama.generate", "/api/generate"),
        ("ollama.embed", "/api/embed"),
        ("openai.chat", "/v1/chat/completions"),
        ("openai.completions", "/v1/completions"),
        ("openai.embeddings", "/v1/embeddings"),
        ("anthropic.messages", "/v1/messages"),
    ] {
        let sent = prepared(dialect, false, None);
        assert_eq!((sent.path_and_query.as_str(), sent.body, sent.hide), (path, BodyPlan::Unchanged, false));
        assert_eq!(plan(dialect).dialect, dialect);
    }
    let refusal = adapter().prepare(request("openai.responses", false, None)).expect_err("a refusal");
    assert_eq!(refusal.message, "the dialect \"openai.responses\" is not spoken here");
}

#[test]
fn the_model_is_renamed_only_where_it_differs() {
    let renamed = ClientRequest { upstream_model: "qwen3:14b".into(), ..request("ollama.chat", true, None) };
    assert_eq!(adapter().prepare(renamed).expect("a request").body, BodyPlan::Edits(vec![Edit::set("/model", "\"qwen3:14b\"")]));
}

#[test]
fn rule_23_a_stream_of_chunks_is_asked_for_its_usage_and_the_chunk_is_hidden() {
    for (written, edit) in [
        (None, Edit::set("/stream_options", r#"{"include_usage":true}"#)),
        (Some(r#"{"include_usage":false}"#), Edit::set("/stream_options/include_usage", "true")),
    ] {
        let asking = prepared("openai.chat", true, written);
        assert_eq!((asking.body, asking.hide), (BodyPlan::Edits(vec![edit]), true), "{written:?}");
    }
    for plain in [prepared("openai.chat", true, Some(r#"{"include_usage":true}"#)), prepared("ollama.chat", true, None)] {
        assert_eq!((plain.body, plain.hide), (BodyPlan::Unchanged, false));
    }
    let wrong = adapter().prepare(request("openai.chat", true, Some("7"))).expect_err("a refusal");
    assert_eq!(wrong.message, "stream_options is 7; it must be an object, as {\"include_usage\": true} is");
}

#[test]
fn there_is_a_key_only_where_it_is_set() {
    let auth = |config: &str| Ollama::configure(config).map(|adapter| adapter.plans()[0].auth.clone()).map_err(|error| error.message);
    assert_eq!(auth("{}"), Ok(Auth::None));
    assert_eq!(auth(r#"{"auth":"bearer"}"#), Ok(Auth::Bearer));
    assert_eq!(auth(r#"{"auth":"basic"}"#), Err("the settings of ollama: unknown variant `basic`, expected `none` or `bearer` at line 1 column 15".into()));
}

#[test]
fn the_manifests_settings_are_known() {
    let config = |manifest: &str| {
        let manifest: toml::Table = manifest.parse().expect("TOML");
        Config::parse(&serde_json::to_string(&manifest["config"]).expect("JSON")).map_err(|error| error.message)
    };
    assert_eq!(config(include_str!("../../plugin.toml")), Ok(Config::default()));
    assert_eq!(config(include_str!("../../../ollama-cloud/plugin.toml")).map(|config| config.auth()), Ok(Auth::Bearer));
}

#[test]
fn the_text_to_be_counted_is_found() {
    let texts = |pointers: &[String], json: &str| evaluate::texts(pointers.iter().map(String::as_str), json.as_bytes());
    let body = r#"{"message":{"content":"a","thinking":"b","tool_calls":[{"function":{"name":"f","arguments":{"city":"c"}}}]}}"#;
    assert_eq!(texts(&plan("ollama.chat").body_text, body), ["a", "b", "f", "c"]);
    assert_eq!(texts(&plan("ollama.generate").prompt_text, r#"{"system":"s","prompt":"p"}"#), ["s", "p"]);
    assert_eq!(texts(&plan("ollama.embed").prompt_text, r#"{"input":["p","q"]}"#), ["p", "q"]);
}
