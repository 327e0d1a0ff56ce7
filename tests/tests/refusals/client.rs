//! What the client did wrong: refused before anything was sent, and not on the books.

use weighbridge_tests::{Config, Request};

use crate::scene::{Scene, told_by};

#[test]
fn no_key_and_a_wrong_key() {
    let scene = Scene::set();
    let mut told = String::new();
    for (path, request) in [("/v1/chat/completions", "openai"), ("/v1/messages", "anthropic")] {
        let body = format!(r#"{{"model":"{request}/m","max_tokens":50,"messages":[]}}"#);
        told += &told_by(&Request::post(path, body.clone()).send(scene.weighbridge.address()).unwrap());
        told += &told_by(&Request::post(path, body.clone()).bearer("wb-wrong").send(scene.weighbridge.address()).unwrap());
        told += &told_by(&Request::post(path, body).header("x-api-key", "sk-somebody-elses").send(scene.weighbridge.address()).unwrap());
    }
    insta::assert_snapshot!(told, @r#"
    HTTP 401
    {"error":{"message":"No API key was sent. Send the key this gateway issued as \"Authorization: Bearer wb-…\" or \"x-api-key: wb-…\". Nothing was billed.","type":"authentication_error","param":null,"code":"invalid_api_key"}}
    HTTP 401
    {"error":{"message":"This API key is not known here. Send a key this gateway issued (it begins with wb-), not a provider's own. Nothing was billed.","type":"authentication_error","param":null,"code":"invalid_api_key"}}
    HTTP 401
    {"error":{"message":"This API key is not known here. Send a key this gateway issued (it begins with wb-), not a provider's own. Nothing was billed.","type":"authentication_error","param":null,"code":"invalid_api_key"}}
    HTTP 401
    {"type":"error","error":{"type":"authentication_error","message":"No API key was sent. Send the key this gateway issued as \"Authorization: Bearer wb-…\" or \"x-api-key: wb-…\". Nothing was billed.","code":"invalid_api_key"}}
    HTTP 401
    {"type":"error","error":{"type":"authentication_error","message":"This API key is not known here. Send a key this gateway issued (it begins with wb-), not a provider's own. Nothing was billed.","code":"invalid_api_key"}}
    HTTP 401
    {"type":"error","error":{"type":"authentication_error","message":"This API key is not known here. Send a key this gateway issued (it begins with wb-), not a provider's own. Nothing was billed.","code":"invalid_api_key"}}
    "#);
    scene.nothing_was_sent_or_booked();
}

#[test]
fn an_unknown_model() {
    let scene = Scene::set();
    let mut told = String::new();
    for (path, model) in [("/v1/chat/completions", "no-such-model"), ("/v1/chat/completions", "nobody/gpt-4o"), ("/v1/messages", "no-such-model")] {
        let body = format!(r#"{{"model":"{model}","max_tokens":50,"messages":[]}}"#);
        told += &told_by(&Request::post(path, body).bearer(&scene.key).send(scene.weighbridge.address()).unwrap());
    }
    insta::assert_snapshot!(told, @r#"
    HTTP 404
    {"error":{"message":"There is no model \"no-such-model\". Name one that GET /v1/models lists, or provider/model with a configured provider. Nothing was billed.","type":"invalid_request_error","param":"model","code":"model_not_found"}}
    HTTP 404
    {"error":{"message":"There is no model \"nobody/gpt-4o\". Name one that GET /v1/models lists, or provider/model with a configured provider. Nothing was billed.","type":"invalid_request_error","param":"model","code":"model_not_found"}}
    HTTP 404
    {"type":"error","error":{"type":"not_found_error","message":"There is no model \"no-such-model\". Name one that GET /v1/models lists, or provider/model with a configured provider. Nothing was billed.","code":"model_not_found"}}
    "#);
    scene.nothing_was_sent_or_booked();
}

#[test]
fn a_name_that_no_model_can_have() {
    let scene = Scene::set();
    let mut told = String::new();
    let names = [r"openai/a\nb", r"openai/\u0000", r"openai/a\u202eb", "openai/../../v1/files", "..", r"openai/a\\..\\b", "openai/"];
    for name in names {
        let body = format!(r#"{{"model":"{name}","max_tokens":50,"messages":[]}}"#);
        told += &format!("{name}: {}", told_by(&Request::post("/v1/chat/completions", body).bearer(&scene.key).send(scene.weighbridge.address()).unwrap()));
    }
    let long = format!(r#"{{"model":"openai/{}","max_tokens":50,"messages":[]}}"#, "m".repeat(600));
    let answer = Request::post("/v1/messages", long).bearer(&scene.key).send(scene.weighbridge.address()).unwrap();
    assert!(answer.text().contains("is longer than 512 bytes: there is no such model"), "{}", answer.text());
    // Where a path names the model, it is decoded once, and then it is the same question.
    let paths = [
        "/v1beta/models/openai%2Fa%0Ab:generateContent",
        "/v1beta/models/openai/..:generateContent",
        "/model/openai%2F%2e%2e%2Fx/converse",
        "/model/%2e%2e/invoke",
        "/openai/deployments/%00/chat/completions",
    ];
    for path in paths {
        told += &format!("{path}: {}", told_by(&Request::post(path, "{}").bearer(&scene.key).send(scene.weighbridge.address()).unwrap()));
    }
    insta::assert_snapshot!(told, @r#"
    openai/a\nb: HTTP 400
    {"error":{"message":"The name of the model \"openai/a\\nb\" has control characters or invisible ones in it: there is no such model. Name one that GET /v1/models lists. Nothing was billed.","type":"invalid_request_error","param":"model","code":"invalid_request"}}
    openai/\u0000: HTTP 400
    {"error":{"message":"The name of the model \"openai/\\0\" has control characters or invisible ones in it: there is no such model. Name one that GET /v1/models lists. Nothing was billed.","type":"invalid_request_error","param":"model","code":"invalid_request"}}
    openai/a\u202eb: HTTP 400
    {"error":{"message":"The name of the model \"openai/a\\u{202e}b\" has control characters or invisible ones in it: there is no such model. Name one that GET /v1/models lists. Nothing was billed.","type":"invalid_request_error","param":"model","code":"invalid_request"}}
    openai/../../v1/files: HTTP 400
    {"error":{"message":"The name of the model \"openai/../../v1/files\" has \".\" or \"..\" in it as a part of a path: there is no such model. Name one that GET /v1/models lists. Nothing was billed.","type":"invalid_request_error","param":"model","code":"invalid_request"}}
    ..: HTTP 400
    {"error":{"message":"The name of the model \"..\" has \".\" or \"..\" in it as a part of a path: there is no such model. Name one that GET /v1/models lists. Nothing was billed.","type":"invalid_request_error","param":"model","code":"invalid_request"}}
    openai/a\\..\\b: HTTP 400
    {"error":{"message":"The name of the model \"openai/a\\\\..\\\\b\" has \".\" or \"..\" in it as a part of a path: there is no such model. Name one that GET /v1/models lists. Nothing was billed.","type":"invalid_request_error","param":"model","code":"invalid_request"}}
    openai/: HTTP 404
    {"error":{"message":"There is no model \"openai/\". Name one that GET /v1/models lists, or provider/model with a configured provider. Nothing was billed.","type":"invalid_request_error","param":"model","code":"model_not_found"}}
    /v1beta/models/openai%2Fa%0Ab:generateContent: HTTP 400
    {"error":{"code":400,"message":"The name of the model \"openai/a\\nb\" has control characters or invisible ones in it: there is no such model. Name one that GET /v1/models lists. Nothing was billed.","status":"INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","domain":"weighbridge","reason":"invalid_request"}]}}
    /v1beta/models/openai/..:generateContent: HTTP 400
    {"error":{"code":400,"message":"The name of the model \"openai/..\" has \".\" or \"..\" in it as a part of a path: there is no such model. Name one that GET /v1/models lists. Nothing was billed.","status":"INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","domain":"weighbridge","reason":"invalid_request"}]}}
    /model/openai%2F%2e%2e%2Fx/converse: HTTP 400
    {"message":"The name of the model \"openai/../x\" has \".\" or \"..\" in it as a part of a path: there is no such model. Name one that GET /v1/models lists. Nothing was billed.","code":"invalid_request"}
    /model/%2e%2e/invoke: HTTP 400
    {"message":"The name of the model \"..\" has \".\" or \"..\" in it as a part of a path: there is no such model. Name one that GET /v1/models lists. Nothing was billed.","code":"invalid_request"}
    /openai/deployments/%00/chat/completions: HTTP 400
    {"error":{"message":"The name of the model \"\\0\" has control characters or invisible ones in it: there is no such model. Name one that GET /v1/models lists. Nothing was billed.","type":"invalid_request_error","param":"model","code":"invalid_request"}}
    "#);
    scene.nothing_was_sent_or_booked();
}

#[test]
fn a_body_that_is_too_large() {
    let scene = Scene::with(Config::new().limit("max_body_bytes", 2000));
    let mut told = String::new();
    for path in ["/v1/chat/completions", "/v1/messages"] {
        let body = format!(r#"{{"model":"openai/m","max_tokens":50,"messages":[{{"role":"user","content":"{}"}}]}}"#, "heavy ".repeat(1000));
        told += &told_by(&Request::post(path, body.clone()).bearer(&scene.key).send(scene.weighbridge.address()).unwrap());
        // The same without a stated length.
        let chunked = format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
        let request = Request::new("POST", path).header("transfer-encoding", "chunked").bearer(&scene.key).body(chunked);
        told += &told_by(&request.send(scene.weighbridge.address()).unwrap());
    }
    insta::assert_snapshot!(told, @r#"
    HTTP 413
    {"error":{"message":"The request's body is larger than the limit of 2000 bytes. Send less, or raise limits.max_body_bytes. Nothing was billed.","type":"invalid_request_error","param":null,"code":"request_too_large"}}
    HTTP 413
    {"error":{"message":"The request's body is larger than the limit of 2000 bytes. Send less, or raise limits.max_body_bytes. Nothing was billed.","type":"invalid_request_error","param":null,"code":"request_too_large"}}
    HTTP 413
    {"type":"error","error":{"type":"request_too_large","message":"The request's body is larger than the limit of 2000 bytes. Send less, or raise limits.max_body_bytes. Nothing was billed.","code":"request_too_large"}}
    HTTP 413
    {"type":"error","error":{"type":"request_too_large","message":"The request's body is larger than the limit of 2000 bytes. Send less, or raise limits.max_body_bytes. Nothing was billed.","code":"request_too_large"}}
    "#);
    scene.nothing_was_sent_or_booked();
}

#[test]
fn a_body_that_is_not_what_it_should_be() {
    let scene = Scene::set();
    let mut told = String::new();
    let bodies = [
        "",
        "{",
        "[]",
        "\"text\"",
        r#"{"messages":[]}"#,
        r#"{"model":7,"messages":[]}"#,
        r#"{"model":"openai/m","model":"openai/n","messages":[]}"#,
        r#"{"model":"openai/m","stream":"yes","messages":[]}"#,
        "{\"model\":\"openai/m\",\"messages\":[\"\u{0}\"]}",
    ];
    for body in bodies {
        told += &format!("{body:?}: {}", told_by(&Request::post("/v1/chat/completions", body).bearer(&scene.key).send(scene.weighbridge.address()).unwrap()));
    }
    told += &format!("anthropic.messages: {}", told_by(&Request::post("/v1/messages", "{").bearer(&scene.key).send(scene.weighbridge.address()).unwrap()));
    let not_utf8 = Request::post("/v1/chat/completions", b"{\"model\":\"openai/m\xff\"}".to_vec()).bearer(&scene.key);
    told += &format!("not UTF-8: {}", told_by(&not_utf8.send(scene.weighbridge.address()).unwrap()));
    insta::assert_snapshot!(told, @r#"
    "": HTTP 400
    {"error":{"message":"The request's body is not valid JSON: EOF while parsing a value at line 1 column 0. Nothing was billed.","type":"invalid_request_error","param":null,"code":"invalid_json"}}
    "{": HTTP 400
    {"error":{"message":"The request's body is not valid JSON: EOF while parsing an object at line 1 column 1. Nothing was billed.","type":"invalid_request_error","param":null,"code":"invalid_json"}}
    "[]": HTTP 400
    {"error":{"message":"The request names no \"model\". Name one of those that GET /v1/models lists. Nothing was billed.","type":"invalid_request_error","param":"model","code":"invalid_request"}}
    "\"text\"": HTTP 400
    {"error":{"message":"The request names no \"model\". Name one of those that GET /v1/models lists. Nothing was billed.","type":"invalid_request_error","param":"model","code":"invalid_request"}}
    "{\"messages\":[]}": HTTP 400
    {"error":{"message":"The request names no \"model\". Name one of those that GET /v1/models lists. Nothing was billed.","type":"invalid_request_error","param":"model","code":"invalid_request"}}
    "{\"model\":7,\"messages\":[]}": HTTP 400
    {"error":{"message":"\"model\" must be a string. Nothing was billed.","type":"invalid_request_error","param":"model","code":"invalid_request"}}
    "{\"model\":\"openai/m\",\"model\":\"openai/n\",\"messages\":[]}": HTTP 400
    {"error":{"message":"The request gives \"model\" more than once, so that readers could disagree about it. Give it once. Nothing was billed.","type":"invalid_request_error","param":"model","code":"invalid_request"}}
    "{\"model\":\"openai/m\",\"stream\":\"yes\",\"messages\":[]}": HTTP 400
    {"error":{"message":"\"stream\" must be true or false. Nothing was billed.","type":"invalid_request_error","param":"stream","code":"invalid_request"}}
    "{\"model\":\"openai/m\",\"messages\":[\"\0\"]}": HTTP 400
    {"error":{"message":"The request's body is not valid JSON: control character (\\u0000-\\u001F) found while parsing a string at line 1 column 33. Nothing was billed.","type":"invalid_request_error","param":null,"code":"invalid_json"}}
    anthropic.messages: HTTP 400
    {"type":"error","error":{"type":"invalid_request_error","message":"The request's body is not valid JSON: EOF while parsing an object at line 1 column 1. Nothing was billed.","code":"invalid_json"}}
    not UTF-8: HTTP 400
    {"error":{"message":"The request's body is not valid JSON: invalid unicode code point at line 1 column 19. Nothing was billed.","type":"invalid_request_error","param":null,"code":"invalid_json"}}
    "#);
    scene.nothing_was_sent_or_booked();
}

#[test]
fn a_path_or_method_that_is_not_there() {
    let scene = Scene::set();
    let mut told = String::new();
    for (method, path) in [("GET", "/v1/chat/completions"), ("POST", "/v2/chat/completions"), ("POST", "/chat")] {
        told += &format!("{method} {path}: {}", told_by(&Request::new(method, path).bearer(&scene.key).send(scene.weighbridge.address()).unwrap()));
    }
    insta::assert_snapshot!(told, @r#"
    GET /v1/chat/completions: HTTP 405
    {"error":{"message":"GET is not possible at /v1/chat/completions: send a POST. Nothing was billed.","type":"invalid_request_error","param":null,"code":"method_not_allowed"}}
    POST /v2/chat/completions: HTTP 404
    {"error":{"message":"There is nothing at POST /v2/chat/completions. This gateway serves the paths of the dialects that it knows, such as POST /v1/chat/completions and POST /v1/messages, and GET /v1/models; set the client's base URL to end in /v1 for OpenAI clients and without it for Anthropic clients. Nothing was billed.","type":"invalid_request_error","param":null,"code":"not_found"}}
    POST /chat: HTTP 404
    {"error":{"message":"There is nothing at POST /chat. This gateway serves the paths of the dialects that it knows, such as POST /v1/chat/completions and POST /v1/messages, and GET /v1/models; set the client's base URL to end in /v1 for OpenAI clients and without it for Anthropic clients. Nothing was billed.","type":"invalid_request_error","param":null,"code":"not_found"}}
    "#);
    scene.nothing_was_sent_or_booked();
}

#[test]
fn an_admin_call_without_the_token() {
    let scene = Scene::set();
    let mut told = told_by(&Request::new("GET", "/admin/v1/customers").send(scene.weighbridge.admin_address()).unwrap());
    told += &told_by(&Request::new("GET", "/admin/v1/customers").bearer("wrong").send(scene.weighbridge.admin_address()).unwrap());
    insta::assert_snapshot!(told, @r#"
    HTTP 401
    {"status":401,"code":"invalid_admin_token","title":"Unauthorized","detail":"the admin token is missing or wrong; send it as \"Authorization: Bearer …\" (it is in the variable that [admin] token_env names, or in admin-token in the data folder)"}
    HTTP 401
    {"status":401,"code":"invalid_admin_token","title":"Unauthorized","detail":"the admin token is missing or wrong; send it as \"Authorization: Bearer …\" (it is in the variable that [admin] token_env names, or in admin-token in the data folder)"}
    "#);
}
