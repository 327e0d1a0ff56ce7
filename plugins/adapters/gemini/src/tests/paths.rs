//! Google's own dialects: paths, queries, framings, and names of models in bodies.

use weighbridge_plugin::{
    Adapter, ErrorKind,
    adapter::{BodyPlan, Edit, Field, Framing, Header, UpstreamRequest},
};

use super::{adapter, request};
use crate::config::Config;

fn sent(dialect: &str, model: &str, streamed: bool, query: &str) -> UpstreamRequest {
    let mut request = request(dialect, model, streamed, "");
    request.query = query.into();
    adapter().prepare(request).expect("a request")
}

#[test]
fn the_manifest_writes_out_the_defaults() {
    let manifest: toml::Table = include_str!("../../plugin.toml").parse().expect("TOML");
    assert_eq!(Config::parse(&serde_json::to_string(&manifest["config"]).expect("JSON")).map_err(|error| error.message), Ok(Config::default()));
}

#[test]
fn each_dialect_has_its_path_and_passes_byte_for_byte() {
    for (dialect, path) in [
        ("gemini.generate_content", "/v1beta/models/gemini-2.5-flash:generateContent"),
        ("gemini.count_tokens", "/v1beta/models/gemini-2.5-flash:countTokens"),
        ("gemini.embed_content", "/v1beta/models/gemini-2.5-flash:embedContent"),
        ("gemini.batch_embed_contents", "/v1beta/models/gemini-2.5-flash:batchEmbedContents"),
    ] {
        let sent = sent(dialect, "gemini-2.5-flash", false, "");
        assert_eq!((sent.path_and_query.as_str(), sent.body, sent.framing), (path, BodyPlan::Unchanged, None));
    }
}

#[test]
fn a_model_is_one_segment_of_the_path() {
    let path = |model: &str| sent("gemini.generate_content", model, false, "").path_and_query;
    assert_eq!(path("models/gemini-2.5-pro"), "/v1beta/models/gemini-2.5-pro:generateContent");
    assert_eq!(path("tunedModels/mine"), "/v1beta/tunedModels/mine:generateContent");
    assert_eq!(path("../files/x?y#é"), "/v1beta/models/..%2Ffiles%2Fx%3Fy%23%C3%A9:generateContent");
}

#[test]
fn a_stream_without_alt_sse_is_one_json_array() {
    let streamed = |query: &str| {
        let sent = sent("gemini.generate_content", "m", true, query);
        (sent.path_and_query, sent.framing)
    };
    let path = "/v1beta/models/m:streamGenerateContent";
    assert_eq!(streamed("alt=sse"), (format!("{path}?alt=sse"), None));
    assert_eq!(streamed("%24alt=sse"), (format!("{path}?%24alt=sse"), None));
    assert_eq!(streamed(""), (path.into(), Some(Framing::JsonArray)));
    assert_eq!(streamed("alt=json"), (format!("{path}?alt=json"), Some(Framing::JsonArray)));
}

#[test]
fn an_answer_in_a_form_that_cannot_be_read_is_refused() {
    for dialect in ["gemini.generate_content", "gemini.count_tokens", "gemini.embed_content", "gemini.batch_embed_contents", "gemini.interactions"] {
        for query in ["alt=proto", "alt=sse&alt=proto", "$alt=media", "%61lt=proto", "ALT=Proto", "alt", "alt=json&callback=f", "$callback=f"] {
            let mut asked = request(dialect, "m", true, "");
            asked.query = query.into();
            let error = adapter().prepare(asked).expect_err("a refusal");
            assert_eq!(error.kind, ErrorKind::Unsupported, "{query}");
            assert!(error.message.ends_with("in which usage cannot be read; alt=json and alt=sse can be"), "{}", error.message);
        }
        for query in ["alt=sse", "$alt=json;enum-encoding=int", "alt=json&prettyPrint=false", "salt=proto", ""] {
            sent(dialect, "m", true, query);
        }
    }
}

#[test]
fn credentials_of_the_query_never_go_upstream() {
    let query = "key=SECRET&a=b,c&%6bEy=SECRET&$key=SECRET&access_token=SECRET&&prettyPrint=false&x=#\u{1}";
    let sent = sent("gemini.generate_content", "m", false, query);
    assert_eq!(sent.path_and_query, "/v1beta/models/m:generateContent?a=b,c&prettyPrint=false&x=%23%01");
}

#[test]
fn the_usage_cannot_be_left_out_of_an_answer() {
    let mut asked = request("gemini.generate_content", "m", false, "");
    asked.query = "fields=candidates&$fields=candidates&%66ields=candidates&x=1".into();
    asked.headers = vec![Header::new("x-goog-fieldmask", "candidates")];
    let sent = adapter().prepare(asked).expect("a request");
    assert_eq!((sent.path_and_query.as_str(), sent.headers), ("/v1beta/models/m:generateContent?x=1", vec![Header::new("x-goog-fieldmask", "*")]));
    let plans = adapter().plans();
    assert!(plans.iter().all(|plan| plan.request_headers == ["x-goog-fieldmask"]), "the adapter is shown the header in every dialect");
}

#[test]
fn a_renamed_model_is_renamed_in_the_body_too() {
    let renamed = |dialect: &str, pointer: &str, json: &str| {
        let mut request = request(dialect, "gemini-embedding-2", false, "");
        request.fields = vec![Field { pointer: pointer.into(), json: Some(json.into()) }];
        adapter().prepare(request).expect("a request").body
    };
    let set = |pointer: &str, name: &str| Edit::set(pointer, format!("\"{name}\""));
    assert_eq!(renamed("gemini.embed_content", "/model", "\"models/x\""), BodyPlan::Edits(vec![set("/model", "models/gemini-embedding-2")]));
    assert_eq!(
        renamed("gemini.count_tokens", "/generateContentRequest/model", "\"models/x\""),
        BodyPlan::Edits(vec![set("/generateContentRequest/model", "models/gemini-embedding-2")])
    );
    assert_eq!(
        renamed("gemini.batch_embed_contents", "/requests", r#"[{"model":"models/x"},{"content":{}},{"model":"models/x"}]"#),
        BodyPlan::Edits(vec![set("/requests/0/model", "models/gemini-embedding-2"), set("/requests/2/model", "models/gemini-embedding-2")])
    );
    let sent = sent("gemini.interactions", "gemini-3-pro", true, "key=SECRET");
    assert_eq!((sent.path_and_query.as_str(), sent.body), ("/v1beta/interactions", BodyPlan::Edits(vec![set("/model", "gemini-3-pro")])));
}
