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
    insta::assert_snapshot!(told, @"");
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
    insta::assert_snapshot!(told, @"");
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
    insta::assert_snapshot!(told, @"");
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
    insta::assert_snapshot!(told, @"");
    scene.nothing_was_sent_or_booked();
}

#[test]
fn a_path_or_method_that_is_not_there() {
    let scene = Scene::set();
    let mut told = String::new();
    for (method, path) in [("GET", "/v1/chat/completions"), ("POST", "/v2/chat/completions"), ("POST", "/chat/completions")] {
        told += &format!("{method} {path}: {}", told_by(&Request::new(method, path).bearer(&scene.key).send(scene.weighbridge.address()).unwrap()));
    }
    insta::assert_snapshot!(told, @"");
    scene.nothing_was_sent_or_booked();
}

#[test]
fn an_admin_call_without_the_token() {
    let scene = Scene::set();
    let mut told = told_by(&Request::new("GET", "/admin/v1/customers").send(scene.weighbridge.admin_address()).unwrap());
    told += &told_by(&Request::new("GET", "/admin/v1/customers").bearer("wrong").send(scene.weighbridge.admin_address()).unwrap());
    insta::assert_snapshot!(told, @"");
}
