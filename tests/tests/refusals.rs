//! Every way in which a call is refused or fails, in both dialects, streamed and not: pinned on its exact text, and nothing is
//! billed that was not consumed.

use std::net::TcpListener;

use serde_json::Value;
use weighbridge_tests::{Answer, Behaviour, Config, ReplayUpstream, Reply, Request, Weighbridge, decimal, fixtures};

struct Scene {
    upstream: ReplayUpstream,
    weighbridge: Weighbridge,
    key: String,
}

impl Scene {
    fn set() -> Self {
        Self::with(Config::new())
    }
    fn with(config: Config) -> Self {
        let upstream = ReplayUpstream::start();
        let config = config.provider("openai", "openai", &upstream.base_url("openai")).provider("anthropic", "anthropic", &upstream.base_url("anthropic"));
        upstream.set("openai", fixtures::reply("openai-chat.json"));
        upstream.set("anthropic", fixtures::reply("anthropic-message.json"));
        let weighbridge = Weighbridge::start(config);
        let key = weighbridge.admin().customer_with_key("acme", None);
        Self { upstream, weighbridge, key }
    }
    /// The provider behind both dialects does this.
    fn upstream_does(&self, behaviour: impl Into<Behaviour>) {
        let behaviour = behaviour.into();
        self.upstream.set("openai", behaviour.clone());
        self.upstream.set("anthropic", behaviour);
    }
    /// What a client of each dialect is told, not streamed and streamed.
    fn in_all_shapes(&self) -> String {
        let mut told = String::new();
        for (dialect, stream) in [("openai.chat", false), ("openai.chat", true), ("anthropic.messages", false), ("anthropic.messages", true)] {
            let answer = self.call(dialect, "m", stream);
            let shape = if stream { "streamed" } else { "whole" };
            told.push_str(&match answer {
                Ok(answer) => format!("{dialect}, {shape}: {}", told_by(&answer)),
                Err(error) => format!("{dialect}, {shape}: cut off ({:?})\n", error.kind()),
            });
        }
        told
    }
    fn call(&self, dialect: &str, model: &str, stream: bool) -> std::io::Result<Answer> {
        let (provider, path) = if dialect == "openai.chat" { ("openai", "/v1/chat/completions") } else { ("anthropic", "/v1/messages") };
        let body = format!(r#"{{"model":"{provider}/{model}","max_tokens":50,"messages":[{{"role":"user","content":"How heavy?"}}],"stream":{stream}}}"#);
        Request::post(path, body).bearer(&self.key).send(self.weighbridge.address())
    }
    /// What was put on the books, a line for each event; a charge fails the test unless usage was consumed.
    fn booked(&self) -> String {
        let line = |event: &Value| {
            let amount = |money: &Value| money["amount"].as_str().map_or_else(|| "unknown".to_owned(), ToOwned::to_owned);
            if event["usage"].as_object().is_none_or(|usage| usage.is_empty()) {
                assert!(event["charge"]["amount"].is_null() || decimal(&event["charge"]["amount"]).is_zero(), "charged for nothing: {event:#}");
            }
            format!(
                "{} usage {} cost {} charge {} flags {}\n",
                text(event, "status"),
                event["usage"],
                amount(&event["cost"]),
                amount(&event["charge"]),
                event["flags"]
            )
        };
        let mut lines: Vec<String> = self.weighbridge.admin().events("").iter().map(line).collect();
        lines.dedup();
        lines.concat()
    }
    fn nothing_was_sent_or_booked(&self) {
        assert!(self.upstream.take("openai").is_empty() && self.upstream.take("anthropic").is_empty(), "a refused call reached the provider");
        let events = self.weighbridge.admin().events("");
        assert!(events.is_empty(), "a call that was refused before it was admitted is not on the books: {events:#?}");
    }
}

fn text<'e>(event: &'e Value, field: &str) -> &'e str {
    event[field].as_str().unwrap_or("?")
}

/// An answer as a snapshot: status, the headers that tell something, and the body with what changes from run to run replaced.
fn told_by(answer: &Answer) -> String {
    let retry = answer.header("retry-after").map(|seconds| format!(" retry-after: {seconds}")).unwrap_or_default();
    format!("HTTP {}{retry}\n{}\n", answer.status, steady(&answer.text()))
}

/// Replaces ports and ids.
fn steady(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("127.0.0.1:") {
        let (before, after) = rest.split_at(at + "127.0.0.1:".len());
        out.push_str(before);
        out.push_str("[port]");
        rest = after.trim_start_matches(|c: char| c.is_ascii_digit());
    }
    out.push_str(rest);
    out
}

// ---- what the client did wrong ---------------------------------------------------------------------------------------------

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

// ---- what the provider did wrong -------------------------------------------------------------------------------------------

#[test]
fn a_provider_that_is_down() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let config = Config::new().provider("openai", "openai", &format!("http://{free}/v1")).provider("anthropic", "anthropic", &format!("http://{free}/v1"));
    let weighbridge = Weighbridge::start(config);
    let key = weighbridge.admin().customer_with_key("acme", None);
    let scene = Scene { upstream: ReplayUpstream::start(), weighbridge, key };
    insta::assert_snapshot!(scene.in_all_shapes(), @"");
    insta::assert_snapshot!(scene.booked(), @"");
}

#[test]
fn a_provider_that_never_answers() {
    let scene = Scene::with(Config::new().limit("first_byte_timeout_ms", 300));
    scene.upstream_does(Behaviour::Silence);
    insta::assert_snapshot!(scene.in_all_shapes(), @"");
    insta::assert_snapshot!(scene.booked(), @"");
}

#[test]
fn a_provider_that_stalls_in_the_middle() {
    let scene = Scene::with(Config::new().limit("idle_timeout_ms", 300));
    // A stated length that never comes: the connection stays open, nothing moves.
    let reply = Reply::json(r#"{"id":"x","choices":["#).header("content-length", "5000");
    scene.upstream_does(Behaviour::Answer(Reply { framing: weighbridge_tests::Framing::Untold, ..reply }));
    insta::assert_snapshot!(scene.in_all_shapes(), @"");
    insta::assert_snapshot!(scene.booked(), @"");
}

#[test]
fn a_provider_that_hangs_up() {
    let scene = Scene::set();
    scene.upstream_does(Behaviour::HangUp);
    insta::assert_snapshot!(scene.in_all_shapes(), @"");
    insta::assert_snapshot!(scene.booked(), @"");
}

#[test]
fn a_provider_that_does_not_speak_http() {
    let scene = Scene::set();
    scene.upstream_does(Behaviour::Raw(b"220 mail.example.com ESMTP ready\r\n".to_vec()));
    insta::assert_snapshot!(scene.in_all_shapes(), @"");
    insta::assert_snapshot!(scene.booked(), @"");
}

#[test]
fn a_provider_whose_success_is_not_json() {
    let scene = Scene::set();
    scene.upstream_does(Reply::new(200, "text/html", "<html><body>It works!</body></html>"));
    insta::assert_snapshot!(scene.in_all_shapes(), @"");
    insta::assert_snapshot!(scene.booked(), @"");
}

#[test]
fn a_provider_whose_json_is_cut() {
    let scene = Scene::set();
    scene.upstream_does(Reply::json(r#"{"id":"x","choices":[{"mess"#));
    insta::assert_snapshot!(scene.in_all_shapes(), @"");
    insta::assert_snapshot!(scene.booked(), @"");
}

#[test]
fn a_provider_that_states_a_wrong_length() {
    let scene = Scene::set();
    scene.upstream_does(Behaviour::Raw(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 5000\r\n\r\n{\"id\":\"x\"}".to_vec()));
    insta::assert_snapshot!(scene.in_all_shapes(), @"");
    insta::assert_snapshot!(scene.booked(), @"");
}

#[test]
fn a_providers_own_error_is_passed_on_as_it_is() {
    let scene = Scene::set();
    for (status, content_type, body) in
        [(500, "text/html", "<html>500 Internal Server Error</html>"), (400, "application/json", r#"{"error":{"message":"no"}}"#), (503, "text/plain", "")]
    {
        scene.upstream_does(Reply::new(status, content_type, body).header("retry-after", "7"));
        for (dialect, stream) in [("openai.chat", false), ("openai.chat", true), ("anthropic.messages", false), ("anthropic.messages", true)] {
            let answer = scene.call(dialect, "m", stream).unwrap();
            assert_eq!(
                (answer.status, answer.text().as_str(), answer.header("content-type"), answer.header("retry-after")),
                (status, body, Some(content_type), Some("7"))
            );
        }
    }
    insta::assert_snapshot!(scene.booked(), @"");
}

#[test]
fn usage_that_cannot_be_true_is_quarantined() {
    let scene = Scene::set();
    for usage in [
        r#"{"prompt_tokens":-5,"completion_tokens":3}"#,
        r#"{"prompt_tokens":10,"completion_tokens":3,"prompt_tokens_details":{"cached_tokens":1000}}"#,
        r#"{"prompt_tokens":1e300,"completion_tokens":3}"#,
        r#"{"prompt_tokens":"many"}"#,
    ] {
        scene.upstream.set("openai", Reply::json(format!(r#"{{"id":"x","object":"chat.completion","model":"gpt-4o-mini","choices":[],"usage":{usage}}}"#)));
        assert_eq!(scene.call("openai.chat", "gpt-4o-mini", false).unwrap().status, 200);
    }
    let mut booked = String::new();
    for event in scene.weighbridge.admin().wait_for_events(4) {
        booked += &format!("usage {} flags {} cost {} charge {}\n", event["usage"], event["flags"], event["cost"]["amount"], event["charge"]["amount"]);
    }
    insta::assert_snapshot!(booked, @"");
}

// ---- a provider whose key shows in nothing ---------------------------------------------------------------------------------

#[test]
fn a_providers_key_is_in_no_answer_and_no_log() {
    let scene = Scene::with(Config::new().log("trace"));
    for behaviour in [
        Behaviour::HangUp,
        Behaviour::Raw(b"nonsense".to_vec()),
        Behaviour::Answer(Reply::new(401, "application/json", "{}")),
        Behaviour::Answer(fixtures::reply("openai-chat.json")),
    ] {
        scene.upstream_does(behaviour);
        let told = scene.in_all_shapes();
        assert!(!told.contains(weighbridge_tests::config::UPSTREAM_SECRET), "{told}");
    }
    assert!(!scene.weighbridge.log().contains(weighbridge_tests::config::UPSTREAM_SECRET), "the log shows the provider's key");
    assert!(!scene.weighbridge.log().contains(&scene.key), "the log shows the client's key");
}
