//! The table as clients see it: which dialect a path is, and what a plugin's manifest may add.

use http::Method;
use weighbridge_plugin_api::DialectFacts;

use super::*;

fn facts(json: &str) -> DialectFacts {
    serde_json::from_str(json).unwrap()
}

#[test]
fn a_path_says_dialect_model_and_stream() {
    let table = Dialects::built_in();
    let cases = [
        ("/v1/chat/completions", "openai.chat", None, None),
        ("/chat/completions", "openai.chat", None, None),
        ("/openai/deployments/mine/chat/completions", "openai.chat", None, Some("mine")),
        ("/v1/responses/input_tokens", "openai.input_tokens", Some(false), None),
        ("/v1/messages/count_tokens", "anthropic.count_tokens", Some(false), None),
        ("/v1beta/models/acme/m-2.5:generateContent", "gemini.generate_content", Some(false), Some("acme/m-2.5")),
        ("/v1/models/acme%2Fm:streamGenerateContent", "gemini.generate_content", Some(true), Some("acme%2Fm")),
        ("/model/acme.m-v1:0/converse-stream", "bedrock.converse", Some(true), Some("acme.m-v1:0")),
        ("/model/a%3Ab/invoke", "bedrock.invoke", Some(false), Some("a%3Ab")),
        ("/api/chat", "ollama.chat", None, None),
    ];
    for (path, dialect, streamed, model) in cases {
        let found = table.find(&Method::POST, path).unwrap();
        assert_eq!((found.dialect.as_str(), found.streamed, found.model), (dialect, streamed, model), "{path}");
    }
}

#[test]
fn rule_40_an_unknown_route_is_refused() {
    let table = Dialects::built_in();
    for path in [
        "/",
        "/v1/files/x",
        "/v1/fine_tuning/jobs",
        "/v1/chat/completions/",
        "/v1/chat/completions/x",
        "/v1beta/models/m:batchGenerateContent",
        "/model/m/other",
    ] {
        assert_eq!(table.find(&Method::POST, path).unwrap_err().code(), "not_found", "{path}");
    }
    assert_eq!(table.find(&Method::GET, "/v1/messages").unwrap_err().code(), "method_not_allowed");
    for (method, path) in
        [(Method::PUT, "/v1/files/f"), (Method::GET, "/v1/files/../batches"), (Method::POST, "/v1/videos/v/remix"), (Method::GET, "/v1/batches/")]
    {
        assert!(table.find_later(&method, path).is_none(), "{method} {path}");
    }
}

#[test]
fn what_an_earlier_call_left_is_named_by_method_and_path() {
    let table = Dialects::built_in();
    let cases = [
        (Method::GET, "/v1/batches/batch_1", "openai.batches read batch_1"),
        (Method::POST, "/v1/batches/batch_1/cancel", "openai.batches cancel batch_1"),
        (Method::GET, "/v1/files/file-a/content", "openai.files content file-a"),
        (Method::GET, "/v1/responses/resp_1/input_items", "openai.responses input_items resp_1"),
        (Method::DELETE, "/v1/videos/video_1", "openai.videos delete video_1"),
        (Method::GET, "/v1/messages/batches", "anthropic.batches list "),
        (Method::GET, "/v1/messages/batches/msgbatch_1/results", "anthropic.batches content msgbatch_1"),
        (Method::PATCH, "/v1beta/cachedContents/c1", "gemini.cached_contents change c1"),
    ];
    for (method, path, expected) in cases {
        let found = table.find_later(&method, path).unwrap();
        assert_eq!(format!("{} {} {}", found.dialect.as_str(), found.does.operation(), found.id), expected);
    }
}

#[test]
fn a_plugin_adds_a_dialect_and_paths_to_a_known_one() {
    let mut table = Dialects::built_in();
    table.add(&facts(r#"{"name":"acme.chat","paths":["/v3/chat"],"model":"/model","stream":"/stream"}"#)).unwrap();
    table.add(&facts(r#"{"name":"gemini.generate_content","paths":["/v1/projects/{project}/models/{model}:generateContent"]}"#)).unwrap();
    assert_eq!(table.find(&Method::POST, "/v3/chat").unwrap().dialect.as_str(), "acme.chat");
    let found = table.find(&Method::POST, "/v1/projects/p/models/m:generateContent").unwrap();
    assert_eq!((found.dialect.as_str(), found.model), ("gemini.generate_content", Some("m")));
}

#[test]
fn clients_at_another_path_of_a_dialect_may_read_its_errors_in_another_shape() {
    let mut table = Dialects::built_in();
    table.add(&facts(r#"{"name":"rerank","paths":["/v9/rerank"],"errors":"{\"message\":{message}}"}"#)).unwrap();
    let shape = |path: &str| String::from_utf8(table.for_errors(path).1.body(&Refusal::missing_model())).unwrap();
    let own = r#"{"message":"The request names no \"model\". Name one of those that GET /v1/models lists. Nothing was billed."}"#;
    assert_eq!(table.find(&Method::POST, "/v9/rerank").unwrap().dialect.as_str(), "rerank");
    assert_eq!(shape("/v9/rerank"), own);
    assert!(shape("/v1/rerank").starts_with(r#"{"error":{"#) && shape("/rerank").starts_with(r#"{"error":{"#));
    // What is not there, but beside it, is said in the same shape; where neighbours differ, in the usual one.
    assert_eq!((table.for_errors("/v9/other").0, shape("/v9/other").as_str()), ("rerank", own));
    assert_eq!(table.for_errors("/v9/chat/completions").0, "openai.chat");
    assert_eq!((table.for_errors("/v1/other").0, table.for_errors("/elsewhere").0), ("openai.chat", "openai.chat"));
}

#[test]
fn what_a_plugin_may_not_declare_is_told() {
    let refused = |json: &str| {
        let bad = Dialects::built_in().add(&facts(json)).unwrap_err();
        format!("{}: {bad}\n", bad.key())
    };
    let told: String = [
        r#"{"name":"Acme","paths":["/x"],"model":"/model"}"#,
        r#"{"name":"openai.chat","paths":["/x"],"model":"/model"}"#,
        r#"{"name":"acme.chat"}"#,
        r#"{"name":"acme.chat","paths":["x"],"model":"/model"}"#,
        r#"{"name":"acme.chat","paths":["/v1/messages"],"model":"/model"}"#,
        r#"{"name":"acme.chat","paths":["/model/{model}/invoke"]}"#,
        r#"{"name":"acme.chat","paths":["/x"]}"#,
        r#"{"name":"acme.chat","paths":["/x"],"model":"model"}"#,
        r#"{"name":"acme.chat","paths":["/x"],"model":"/model","errors":"{message"}"#,
    ]
    .map(refused)
    .concat();
    insta::assert_snapshot!(told, @r#"
    name: "Acme" is not a dialect's name: letters a-z, digits, "_" and ".", at most 64
    name: there is a dialect "openai.chat" already; further paths for it are given by name, paths, stream_paths and errors alone
    paths: "acme.chat" has none
    paths: "x": it must begin with "/" and have neither query nor blanks
    paths: "/v1/messages" is a path of "anthropic.messages" already
    paths: "/model/{model}/invoke" is a path of "bedrock.invoke" already
    model: "/x" has no {model} in it, so that "model" must say where the body names it
    model: "model" is not a JSON pointer (RFC 6901): it must be empty or begin with "/"
    errors: "{message" is neither a style (openai, anthropic, gemini, bedrock, ollama) nor a JSON template with {message} in it, and perhaps {code}, {type} and {status}
    "#);
}

#[test]
fn an_error_in_a_stream_is_an_event() {
    let event = |style: &str| String::from_utf8(ErrorStyle::parse(style).unwrap().event(&Refusal::internal())).unwrap();
    assert!(event("anthropic").starts_with("event: error\ndata: {"));
    assert!(event("openai").starts_with("data: {") && event("openai").ends_with("}\n\n"));
}
