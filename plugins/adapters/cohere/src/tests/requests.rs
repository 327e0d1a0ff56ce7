//! What goes upstream, how it is framed, and which settings are refused.

use weighbridge_plugin::{
    Adapter,
    adapter::{BodyPlan, ClientRequest, Edit, Field, Framing, Header, UpstreamRequest},
};
use weighbridge_plugin_testkit::evaluate;

use super::{adapter, plan};
use crate::Cohere;

fn request(dialect: &str) -> ClientRequest {
    ClientRequest {
        dialect: dialect.into(),
        model: "command-r".into(),
        upstream_model: "command-r".into(),
        streamed: false,
        query: String::new(),
        headers: vec![],
        fields: vec![],
        body: None,
        attrs: vec![],
    }
}

fn prepared(request: ClientRequest) -> UpstreamRequest {
    adapter().prepare(request).unwrap_or_else(|error| panic!("{}", error.message))
}

#[test]
fn every_dialect_has_its_path() {
    for (dialect, path) in [
        ("cohere.chat", "/v2/chat"),
        ("cohere.chat_v1", "/v1/chat"),
        ("cohere.embed", "/v2/embed"),
        ("cohere.embed_v1", "/v1/embed"),
        ("rerank", "/v2/rerank"),
        ("cohere.transcriptions", "/v2/audio/transcriptions"),
        ("openai.transcriptions", "/v2/audio/transcriptions"),
    ] {
        let sent = prepared(request(dialect));
        assert_eq!((sent.path_and_query.as_str(), sent.body, sent.framing), (path, BodyPlan::Unchanged, None));
        assert_eq!(plan(dialect).dialect, dialect);
    }
    let refusal = adapter().prepare(request("openai.chat")).expect_err("a refusal");
    assert_eq!(refusal.message, "the dialect \"openai.chat\" is not spoken here");
}

#[test]
fn the_manifest_declares_what_is_no_word_of_core() {
    let manifest: toml::Table = include_str!("../../plugin.toml").parse().expect("TOML");
    let dialects = manifest["dialects"].as_array().expect("a list");
    let mut declared: Vec<&str> = dialects.iter().filter_map(|dialect| dialect["name"].as_str()).collect();
    let own: Vec<String> = adapter().plans().into_iter().map(|plan| plan.dialect).filter(|dialect| dialect.starts_with("cohere.")).collect();
    // A word of core has one more path here. Wherever Cohere's clients call, they read errors in the same shape.
    assert_eq!(declared.pop(), Some("rerank"));
    assert_eq!(declared, own);
    assert!(dialects.iter().all(|dialect| dialect["errors"].as_str() == Some(r#"{"message":{message}}"#)));
}

#[test]
fn the_model_is_renamed_only_where_it_differs() {
    let sent = prepared(ClientRequest { upstream_model: "command-r-08-2024".into(), ..request("cohere.chat") });
    assert_eq!(sent.body, BodyPlan::Edits(vec![Edit::set("/model", "\"command-r-08-2024\"")]));
}

#[test]
fn a_ranking_with_fields_of_the_first_version_goes_there() {
    for pointer in ["/documents/0/text", "/rank_fields", "/return_documents", "/max_chunks_per_doc"] {
        let field = |json: Option<&str>| vec![Field { pointer: pointer.into(), json: json.map(Into::into) }];
        assert_eq!(prepared(ClientRequest { fields: field(Some("true")), ..request("rerank") }).path_and_query, "/v1/rerank", "{pointer}");
        assert_eq!(prepared(ClientRequest { fields: field(None), ..request("rerank") }).path_and_query, "/v2/rerank", "{pointer}");
    }
}

#[test]
fn the_first_versions_chat_is_framed_as_it_was_asked_for() {
    let framing = |streamed, header: &str, value: &str| {
        prepared(ClientRequest { streamed, headers: vec![Header::new(header, value)], ..request("cohere.chat_v1") }).framing
    };
    assert_eq!(framing(true, "accept", "*/*"), None);
    assert_eq!(framing(true, "accept", "text/event-stream"), Some(Framing::Sse));
    assert_eq!(framing(true, "accepts", "text/event-stream"), Some(Framing::Sse));
    assert_eq!(framing(false, "accept", "text/event-stream"), None);
}

#[test]
fn a_setting_is_refused() {
    let refusal = Cohere::configure(r#"{"path":"/v3"}"#).err().map(|error| error.message);
    assert_eq!(refusal.as_deref(), Some("the settings of cohere: unknown field `path`, there are no fields at line 1 column 7"));
}

#[test]
fn the_text_to_be_counted_is_found() {
    let texts = |pointers: &[String], json: &str| evaluate::texts(pointers.iter().map(String::as_str), json.as_bytes());
    let chat = plan("cohere.chat");
    let body = r#"{"message":{"content":[{"type":"thinking","thinking":"a"},{"type":"text","text":"b"}],"tool_plan":"c","tool_calls":[{"function":{"name":"f","arguments":"{}"}}]}}"#;
    assert_eq!(texts(&chat.body_text, body), ["b", "a", "c", "f", "{}"]);
    assert_eq!(texts(&chat.prompt_text, r#"{"messages":[{"content":"p"},{"content":[{"text":"q"}]}]}"#), ["p", "q"]);
    assert_eq!(texts(&plan("rerank").prompt_text, r#"{"query":"q","documents":["a",{"text":"b"}]}"#), ["q", "a", "b"]);
}
