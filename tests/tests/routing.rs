//! Retries, fallback, circuits and the order of candidates, each against a provider that misbehaves as told.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::{io::Write as _, time::Duration};

use serde_json::Value;
use weighbridge_tests::{Answer, Behaviour, Config, ReplayUpstream, Reply, Request, Weighbridge, fixtures};

/// Pauses short enough for a test; windows long enough to be one.
const QUICK: &str = "back_off_ms = 10\nlongest_back_off_ms = 400\nwindow_ms = 600000\ncircuit_failures = 0\n";

fn config(upstream: &ReplayUpstream, routing: &str) -> Config {
    let base = |route: &str| upstream.base_url(route);
    Config::new().toml(&format!("[routing]\n{routing}")).provider("one", "openai", &base("one")).provider("two", "openai", &base("two")).toml(
        r#"[[models]]
name = "both"
targets = [ { provider = "one", model = "gpt-4o-mini" }, { provider = "two", model = "gpt-4o-mini", fallback = true } ]"#,
    )
}

fn start(upstream: &ReplayUpstream, routing: &str) -> (Weighbridge, String) {
    let weighbridge = Weighbridge::start(config(upstream, routing));
    let key = weighbridge.admin().customer_with_key("acme", None);
    (weighbridge, key)
}

fn body(model: &str, more: &str) -> String {
    format!(r#"{{"model":"{model}","messages":[{{"role":"user","content":"How heavy is it?"}}]{more}}}"#)
}
fn request(model: &str, key: &str) -> Request {
    Request::post("/v1/chat/completions", body(model, "")).bearer(key)
}
fn ask(weighbridge: &Weighbridge, model: &str, key: &str) -> Answer {
    request(model, key).send(weighbridge.address()).expect("an answer")
}
fn good() -> Behaviour {
    fixtures::reply("openai-chat.json").into()
}
fn failing(status: u16) -> Reply {
    Reply::new(status, "application/json", r#"{"error":{"message":"not now","type":"server_error"}}"#)
}

/// Who was tried, with what end, and at which attempt; all under one request.
fn attempts(events: &[Value]) -> Vec<String> {
    for event in events {
        assert_eq!(event["request_id"], events[0]["request_id"], "{event:#}");
    }
    let one = |event: &Value| {
        let text = |name: &str| event[name].as_str().unwrap_or("-").to_owned();
        format!("{} {} {} {} {}", event["attempt"], text("provider"), event["http_status"], text("status"), text_of(&event["charge"]["status"]))
    };
    events.iter().map(one).collect()
}
fn text_of(value: &Value) -> &str {
    value.as_str().unwrap_or("-")
}
fn provider<'a>(list: &'a Value, name: &str) -> &'a Value {
    list["data"].as_array().unwrap().iter().find(|provider| provider["name"] == name).unwrap()
}

#[test]
fn an_unavailable_provider_is_tried_again_and_each_attempt_has_its_record() {
    let upstream = ReplayUpstream::start();
    let (weighbridge, key) = start(&upstream, QUICK);
    upstream.set_in_turn("one", [failing(503).into(), good()]);
    let answer = ask(&weighbridge, "one/gpt-4o-mini", &key);
    assert_eq!((answer.status, &answer.body[..]), (200, &fixtures::bytes("openai-chat.json")[..]));
    let events = weighbridge.admin().wait_for_events(2);
    assert_eq!(attempts(&events), ["1 one 503 upstream_error free", "2 one 200 completed rated"]);
    assert_ne!(events[0]["id"], events[1]["id"]);
    let [first, second] = &upstream.take("one")[..] else { panic!("two requests") };
    assert_eq!(first.body, second.body);
}

#[test]
fn rule_29_a_fallback_keeps_a_record_for_each_attempt_under_one_request() {
    let upstream = ReplayUpstream::start();
    let (weighbridge, key) = start(&upstream, QUICK);
    upstream.set("one", failing(500));
    upstream.set("two", good());
    assert_eq!(ask(&weighbridge, "both", &key).status, 200);
    let events = weighbridge.admin().wait_for_events(2);
    assert_eq!(attempts(&events), ["1 one 500 upstream_error free", "2 two 200 completed rated"], "a 500 is not tried again at the same provider");
    let listed = weighbridge.cli(&["usage", "list"]);
    assert_eq!(listed.matches("gpt-4o-mini").count(), 2, "{listed}");
    let metrics = Request::new("GET", "/metrics").send(weighbridge.admin_address()).unwrap().text();
    assert!(metrics.contains(r#"weighbridge_calls_total{status="upstream_error",dialect="openai.chat",provider="one"} 1"#), "{metrics}");
}

#[test]
fn rule_42_a_record_names_the_models_that_were_asked_for_routed_to_and_served_and_the_attempt() {
    let upstream = ReplayUpstream::start();
    let (weighbridge, key) = start(&upstream, QUICK);
    upstream.set("one", failing(500));
    upstream.set("two", good());
    assert_eq!(ask(&weighbridge, "both", &key).status, 200);
    let models = |event: &Value| ["requested_model", "routed_model", "served_model"].map(|name| text_of(&event[name]).to_owned());
    let events = weighbridge.admin().wait_for_events(2);
    assert_eq!(models(&events[0]), ["both", "gpt-4o-mini", "-"], "{:#}", events[0]);
    assert_eq!(models(&events[1]), ["both", "gpt-4o-mini", "gpt-4o-mini-2024-07-18"], "{:#}", events[1]);
    assert_eq!([&events[0]["attempt"], &events[1]["attempt"]], [1, 2]);
}

#[test]
fn a_providers_no_is_final_and_forwarded_as_it_is() {
    let upstream = ReplayUpstream::start();
    let (weighbridge, key) = start(&upstream, QUICK);
    upstream.set("one", fixtures::reply("openai-400.json"));
    let answer = ask(&weighbridge, "both", &key);
    assert_eq!((answer.status, &answer.body[..]), (400, &fixtures::bytes("openai-400.json")[..]));
    upstream.take_one("one");
    assert!(upstream.take("two").is_empty());
}

#[test]
fn the_last_failure_is_forwarded_when_nothing_is_left_to_try() {
    let upstream = ReplayUpstream::start();
    let (weighbridge, key) = start(&upstream, QUICK);
    upstream.set("one", failing(503));
    upstream.set("two", failing(529));
    let answer = ask(&weighbridge, "both", &key);
    assert_eq!((answer.status, answer.text().contains("not now")), (529, true));
    let events = weighbridge.admin().wait_for_events(4);
    assert_eq!(
        attempts(&events),
        ["1 one 503 upstream_error free", "2 one 503 upstream_error free", "3 two 529 upstream_error free", "4 two 529 upstream_error free"]
    );
}

#[test]
fn an_outage_is_not_multiplied_by_retries_beyond_the_budget() {
    let upstream = ReplayUpstream::start();
    let (weighbridge, key) = start(&upstream, &format!("{QUICK}retry_budget_floor = 2\nretry_budget_percent = 20\n"));
    upstream.set("one", failing(503));
    for _ in 0..10 {
        assert_eq!(ask(&weighbridge, "one/gpt-4o-mini", &key).status, 503);
    }
    // Ten calls: two retries by the floor, and a fifth of the calls.
    assert_eq!(upstream.take("one").len(), 14);
    assert_eq!(weighbridge.admin().wait_for_events(14).iter().filter(|event| event["attempt"] == 2).count(), 4);
}

#[test]
fn a_short_retry_after_is_waited_for_and_a_long_one_is_not() {
    let upstream = ReplayUpstream::start();
    let (weighbridge, key) = start(&upstream, &format!("{QUICK}retries = 1\n"));
    upstream.set_in_turn("one", [failing(429).header("retry-after-ms", "300").into(), good()]);
    let begun = std::time::Instant::now();
    assert_eq!(ask(&weighbridge, "one/gpt-4o-mini", &key).status, 200);
    assert!(begun.elapsed() >= Duration::from_millis(300), "never sooner than it was asked to");
    assert_eq!(upstream.take("one").len(), 2);
    for reply in [failing(429).header("retry-after", "30"), failing(429), failing(503).header("retry-after", "30")] {
        upstream.set("one", reply.clone());
        assert_eq!(ask(&weighbridge, "one/gpt-4o-mini", &key).status, reply.status);
        upstream.take_one("one");
    }
    upstream.set("one", failing(429).header("retry-after", "30"));
    upstream.set("two", good());
    assert_eq!(ask(&weighbridge, "both", &key).status, 200, "another candidate need not wait");
}

#[test]
fn what_was_sent_and_not_answered_is_not_sent_again_and_what_it_consumed_is_unknown() {
    let upstream = ReplayUpstream::start();
    let weighbridge = Weighbridge::start(config(&upstream, QUICK).limit("first_byte_timeout_ms", 200));
    let key = weighbridge.admin().customer_with_key("acme", None);
    for behaviour in [Behaviour::Silence, Behaviour::HangUp] {
        upstream.set("one", behaviour);
        let answer = ask(&weighbridge, "one/gpt-4o-mini", &key);
        assert!([502, 504].contains(&answer.status), "{}", answer.text());
        upstream.take_one("one");
    }
    for event in weighbridge.admin().wait_for_events(2) {
        assert_eq!((text_of(&event["status"]), text_of(&event["charge"]["status"])), ("upstream_error", "free"), "{event:#}");
        assert!(event["flags"].to_string().contains("usage_unknown") && event["cost"]["amount"].is_null(), "{event:#}");
    }
}

#[test]
fn what_was_sent_and_not_answered_is_sent_again_where_the_operator_says_so() {
    let upstream = ReplayUpstream::start();
    let weighbridge = Weighbridge::start(config(&upstream, &format!("{QUICK}retry_sent = true\n")).limit("first_byte_timeout_ms", 200));
    let key = weighbridge.admin().customer_with_key("acme", None);
    upstream.set_in_turn("one", [Behaviour::Silence, good()]);
    assert_eq!(ask(&weighbridge, "one/gpt-4o-mini", &key).status, 200);
    let events = weighbridge.admin().wait_for_events(2);
    assert_eq!(attempts(&events), ["1 one null upstream_error free", "2 one 200 completed rated"]);
    assert!(events[0]["flags"].to_string().contains("usage_unknown"), "{:#}", events[0]);
}

#[test]
fn a_client_that_leaves_while_a_retry_is_waited_for_ends_the_tries() {
    let upstream = ReplayUpstream::start();
    let (weighbridge, key) = start(&upstream, "back_off_ms = 2000\n");
    upstream.set_in_turn("one", [failing(503).into(), good()]);
    let mut client = std::net::TcpStream::connect(weighbridge.address()).expect("a connection");
    client.write_all(&request("one/gpt-4o-mini", &key).encode(weighbridge.address())).expect("the request is sent");
    // The failure is noted, and the pause has begun.
    while provider(&weighbridge.admin().get("providers"), "one")["health"]["last_error"].is_null() {
        std::thread::sleep(Duration::from_millis(10));
    }
    drop(client);
    let events = weighbridge.admin().wait_for_events(1);
    assert_eq!(attempts(&events), ["1 one 503 upstream_error free"]);
    upstream.take_one("one");
}

#[test]
fn a_provider_that_fails_again_and_again_is_left_alone_and_then_probed() {
    let upstream = ReplayUpstream::start();
    let (weighbridge, key) = start(&upstream, "retries = 0\ncircuit_failures = 3\ncircuit_open_ms = 1500\n");
    let health = || provider(&weighbridge.admin().get("providers"), "one")["health"].clone();
    assert_eq!((&health()["state"], &health()["last_error"]), (&"up".into(), &Value::Null));
    upstream.set("one", failing(503));
    upstream.set("two", good());
    for _ in 0..3 {
        assert_eq!(ask(&weighbridge, "both", &key).status, 200);
    }
    assert_eq!(upstream.take("one").len(), 3);
    let open = health();
    assert_eq!(
        (&open["state"], &open["failures_in_a_row"], &open["last_error"], open["since"].is_string()),
        (&"open".into(), &3.into(), &"HTTP 503".into(), true),
        "{open:#}"
    );
    let metrics = Request::new("GET", "/metrics").send(weighbridge.admin_address()).unwrap().text();
    assert!(metrics.contains("weighbridge_provider_up{provider=\"one\"} 0") && metrics.contains("weighbridge_provider_up{provider=\"two\"} 1"), "{metrics}");
    // While it is open the other one is called at once; a call that has no other goes to it all the same.
    assert_eq!(ask(&weighbridge, "both", &key).status, 200);
    assert!(upstream.take("one").is_empty());
    upstream.set("one", good());
    while health()["state"] != "half_open" {
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(ask(&weighbridge, "both", &key).status, 200);
    upstream.take_one("one");
    let up = health();
    assert_eq!((&up["state"], &up["since"], &up["failures_in_a_row"]), (&"up".into(), &Value::Null, &0.into()), "{up:#}");
}

#[test]
fn a_provider_that_is_left_alone_is_tried_all_the_same_where_there_is_no_other() {
    let upstream = ReplayUpstream::start();
    let (weighbridge, key) = start(&upstream, "retries = 0\ncircuit_failures = 1\ncircuit_open_ms = 600000\ncircuit_longest_open_ms = 600000\n");
    upstream.set("one", failing(503));
    assert_eq!(ask(&weighbridge, "one/gpt-4o-mini", &key).status, 503);
    upstream.set("one", good());
    assert_eq!(ask(&weighbridge, "one/gpt-4o-mini", &key).status, 200);
    assert_eq!(provider(&weighbridge.admin().get("providers"), "one")["health"]["state"], "up");
}

#[test]
fn a_provider_that_cannot_be_reached_is_named_without_a_secret() {
    let upstream = ReplayUpstream::start();
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let weighbridge = Weighbridge::start(config(&upstream, QUICK).provider("gone", "openai", &format!("http://{closed}/v1")));
    let key = weighbridge.admin().customer_with_key("acme", None);
    assert_eq!(ask(&weighbridge, "gone/gpt-4o-mini", &key).status, 502);
    let events = weighbridge.admin().wait_for_events(2);
    assert_eq!(attempts(&events), ["1 gone null upstream_error free", "2 gone null upstream_error free"]);
    let health = provider(&weighbridge.admin().get("providers"), "gone")["health"].clone();
    assert_eq!(health["last_error"], "not reached: Connection refused (os error 111)", "{health:#}");
}

#[test]
fn the_cheapest_target_is_tried_first_and_the_unpriced_last() {
    let upstream = ReplayUpstream::start();
    let targets = r#"targets = [
  { provider = "one", model = "no-price" },
  { provider = "one", model = "gpt-4o" },
  { provider = "two", model = "gpt-4o-mini" },
  { provider = "two", model = "gpt-4o-mini-2024-07-18", fallback = true },
]"#;
    let models = format!(
        "[[models]]\nname = \"cheap\"\nstrategy = \"cheapest\"\nretries = 0\n{targets}\n[[models]]\nname = \"written\"\nstrategy = \"order\"\nretries = 0\n{targets}"
    );
    let weighbridge = Weighbridge::start(config(&upstream, QUICK).toml(&models));
    let key = weighbridge.admin().customer_with_key("acme", None);
    upstream.set("one", failing(500));
    upstream.set("two", failing(500));
    let tried = |from: usize, count: usize| -> Vec<String> {
        weighbridge.admin().wait_for_events(count)[from..].iter().map(|event| text_of(&event["routed_model"]).to_owned()).collect()
    };
    ask(&weighbridge, "cheap", &key);
    assert_eq!(tried(0, 4), ["gpt-4o-mini", "gpt-4o", "no-price", "gpt-4o-mini-2024-07-18"]);
    ask(&weighbridge, "written", &key);
    assert_eq!(tried(4, 8), ["no-price", "gpt-4o", "gpt-4o-mini", "gpt-4o-mini-2024-07-18"]);
    let listed = weighbridge.admin().get("models");
    assert_eq!(provider(&listed, "cheap")["strategy"], "cheapest");
}

#[test]
fn a_bare_name_is_served_by_one_seller_or_by_all_of_them_as_configured() {
    for (bare_names, expected) in [("first", 1), ("cheapest", 2)] {
        let upstream = ReplayUpstream::start();
        let (weighbridge, key) = start(&upstream, &format!("{QUICK}bare_names = \"{bare_names}\"\n"));
        upstream.set("one", failing(500));
        upstream.set("two", failing(500));
        assert_eq!(ask(&weighbridge, "gpt-4o-mini", &key).status, 500);
        assert_eq!(weighbridge.admin().wait_for_events(expected).len(), expected, "{bare_names}");
    }
}

#[test]
fn rule_23_a_provider_that_refuses_the_question_for_usage_is_asked_without_it_and_counted() {
    let upstream = ReplayUpstream::start();
    let (weighbridge, key) = start(&upstream, &format!("{QUICK}retries = 0\n"));
    let refusal = r#"{"error":{"message":"Unrecognized request argument supplied: stream_options","type":"invalid_request_error"}}"#;
    let stream = String::from_utf8(fixtures::bytes("openai-chat.sse")).unwrap();
    let without_usage: String = stream.split_inclusive("\n\n").filter(|event| !event.contains("prompt_tokens")).collect();
    upstream.set_in_turn("one", [Reply::new(400, "application/json", refusal).into(), Reply::sse(without_usage.clone()).into()]);
    let streamed = || Request::post("/v1/chat/completions", body("one/gpt-4o-mini", r#","stream":true"#)).bearer(&key).send(weighbridge.address()).unwrap();
    let answer = streamed();
    assert_eq!((answer.status, answer.text()), (200, without_usage.clone()));
    let events = weighbridge.admin().wait_for_events(2);
    assert_eq!(attempts(&events), ["1 one 400 upstream_error free", "2 one 200 completed rated"]);
    assert_eq!(events[1]["usage_source"]["output"], "counted", "{:#}", events[1]);
    assert!(events[1]["flags"].to_string().contains("usage_counted"), "{:#}", events[1]);
    let asked: Vec<bool> = upstream.take("one").iter().map(|request| String::from_utf8_lossy(&request.body).contains("include_usage")).collect();
    assert_eq!(asked, [true, false]);
    // It is remembered for this model.
    assert_eq!(streamed().text(), without_usage);
    assert!(!String::from_utf8_lossy(&upstream.take_one("one").body).contains("stream_options"));
    // A client's own question is the client's: the refusal is forwarded.
    upstream.set("one", Reply::new(400, "application/json", refusal));
    let own = body("one/gpt-4o-mini", r#","stream":true,"stream_options":{"include_usage":true}"#);
    let answer = Request::post("/v1/chat/completions", own).bearer(&key).send(weighbridge.address()).unwrap();
    assert_eq!((answer.status, answer.text().as_str()), (400, refusal));
    // So is any other refusal of a stream, byte for byte.
    let other = r#"{"error":{"message":"messages is too long","type":"invalid_request_error"}}"#;
    upstream.set("two", Reply::new(400, "application/json", other));
    let answer = Request::post("/v1/chat/completions", body("two/gpt-4o-mini", r#","stream":true"#)).bearer(&key).send(weighbridge.address()).unwrap();
    assert_eq!((answer.status, answer.text().as_str()), (400, other));
}

#[test]
fn a_stream_that_begins_with_an_error_falls_back_before_a_byte_was_forwarded() {
    let upstream = ReplayUpstream::start();
    let (weighbridge, key) = start(&upstream, QUICK);
    let error = ": hello\n\ndata: {\"error\":{\"message\":\"The server is overloaded\",\"type\":\"server_error\"}}\n\ndata: [DONE]\n\n";
    let streamed = || {
        let own = body("both", r#","stream":true,"stream_options":{"include_usage":true}"#);
        Request::post("/v1/chat/completions", own).bearer(&key).send(weighbridge.address()).unwrap()
    };
    for cuts in [weighbridge_tests::Cuts::Whole, weighbridge_tests::Cuts::EachByte] {
        upstream.set("one", Reply::sse(error).cut(cuts));
        upstream.set("two", fixtures::reply("openai-chat.sse"));
        let answer = streamed();
        assert_eq!((answer.status, &answer.body[..]), (200, &fixtures::bytes("openai-chat.sse")[..]));
    }
    let events = weighbridge.admin().wait_for_events(4);
    assert_eq!(attempts(&events[..2]), ["1 one 200 upstream_error free", "2 two 200 completed rated"]);
    // A good first event is looked at and forwarded like any other.
    upstream.set("one", fixtures::reply("openai-chat.sse").cut(weighbridge_tests::Cuts::Random(7)));
    assert_eq!(&streamed().body[..], &fixtures::bytes("openai-chat.sse")[..]);
    // With nowhere else to go the error is the answer.
    upstream.set("one", Reply::sse(error));
    upstream.set("two", Reply::sse(error));
    assert_eq!(streamed().text(), error);
}

#[test]
fn a_reload_changes_the_policy_and_forgets_no_providers_health() {
    let upstream = ReplayUpstream::start();
    let (weighbridge, key) = start(&upstream, "retries = 0\ncircuit_failures = 1\ncircuit_open_ms = 600000\ncircuit_longest_open_ms = 600000\n");
    upstream.set("one", failing(503));
    upstream.set("two", failing(500));
    ask(&weighbridge, "one/gpt-4o-mini", &key);
    let path = weighbridge.folder().join("weighbridge.toml");
    let text = std::fs::read_to_string(&path).unwrap().replace("name = \"both\"", "name = \"renamed\"");
    std::fs::write(&path, text).unwrap();
    while ask(&weighbridge, "renamed", &key).status == 404 {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(provider(&weighbridge.admin().get("providers"), "one")["health"]["state"], "open");
    upstream.take_one("one");
}
