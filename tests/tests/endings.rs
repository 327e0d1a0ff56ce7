//! The ends a call can come to besides its proper one: the client leaves, the provider breaks off, the gateway is asked to stop.
#![allow(clippy::unwrap_used, reason = "a test")]

use serde_json::Value;
use weighbridge_tests::{Config, Cuts, Framing, ReplayUpstream, Reply, Request, Weighbridge, decimal, fixtures, sum};

const ASK: &str = r#"{"model":"openai/gpt-4o-mini","messages":[{"role":"user","content":"How heavy is it?"}]}"#;
const ASK_STREAM: &str =
    r#"{"model":"openai/gpt-4o-mini","messages":[{"role":"user","content":"How heavy is it?"}],"stream":true,"stream_options":{"include_usage":true}}"#;
const ASK_MESSAGES: &str =
    r#"{"model":"anthropic/claude-sonnet-4-6","max_tokens":100,"messages":[{"role":"user","content":"How heavy is it?"}],"stream":true}"#;

fn start(upstream: &ReplayUpstream) -> (Weighbridge, String) {
    let config = Config::new().provider("openai", "openai", &upstream.base_url("openai")).provider("anthropic", "anthropic", &upstream.base_url("anthropic"));
    let weighbridge = Weighbridge::start(config);
    let key = weighbridge.admin().customer_with_key("acme", None);
    (weighbridge, key)
}

fn assert_usage(event: &Value, expected: &[(&str, &str)]) {
    for (meter, quantity) in expected {
        assert_eq!(event["usage"][meter], *quantity, "{meter}: {event:#}");
    }
}

#[test]
fn rule_24_a_client_that_leaves_in_the_middle_of_a_stream_pays_what_the_provider_reports_at_its_end() {
    let upstream = ReplayUpstream::start();
    let (weighbridge, key) = start(&upstream);
    upstream.set("openai", fixtures::reply("openai-chat.sse").cut(Cuts::SlowEvents));
    let mut answering = Request::post("/v1/chat/completions", ASK_STREAM).bearer(&key).open(weighbridge.address()).expect("an answer");
    answering.read_until("Forty").expect("the first words");
    drop(answering);
    let event = weighbridge.admin().wait_for_events(1).remove(0);
    assert_eq!(event["status"], "partial", "{event:#}");
    assert_usage(&event, fixtures::OPENAI_CHAT_USAGE);
    assert_eq!(event["charge"]["status"], "rated", "{event:#}");
}

#[test]
fn the_same_in_the_other_dialect() {
    let upstream = ReplayUpstream::start();
    let (weighbridge, key) = start(&upstream);
    upstream.set("anthropic", fixtures::reply("anthropic-message.sse").cut(Cuts::SlowEvents));
    let mut answering = Request::post("/v1/messages", ASK_MESSAGES).header("x-api-key", &key).open(weighbridge.address()).expect("an answer");
    answering.read_until("Forty").expect("the first words");
    drop(answering);
    let event = weighbridge.admin().wait_for_events(1).remove(0);
    assert_eq!(event["status"], "partial", "{event:#}");
    assert_usage(&event, fixtures::ANTHROPIC_MESSAGE_USAGE);
}

#[test]
fn rule_24_a_client_that_leaves_before_the_answer_pays_for_what_was_consumed() {
    let upstream = ReplayUpstream::start();
    let (weighbridge, key) = start(&upstream);
    upstream.set("openai", fixtures::reply("openai-chat.json").delayed(std::time::Duration::from_millis(300)));
    let client = std::net::TcpStream::connect(weighbridge.address()).expect("a connection");
    let request = Request::post("/v1/chat/completions", ASK).bearer(&key).encode(weighbridge.address());
    std::io::Write::write_all(&mut &client, &request).expect("the request is sent");
    upstream.wait_for_request("openai");
    drop(client);
    let event = weighbridge.admin().wait_for_events(1).remove(0);
    assert_eq!(event["status"], "partial", "{event:#}");
    assert_usage(&event, fixtures::OPENAI_CHAT_USAGE);
}

#[test]
fn a_stream_that_the_provider_breaks_off_is_counted_and_says_so() {
    let upstream = ReplayUpstream::start();
    let (weighbridge, key) = start(&upstream);
    let reply = fixtures::reply("openai-chat.sse");
    let at = reply.body.len() / 2;
    upstream.set("openai", reply.clone().cut_off_after(at));
    let mut answering = Request::post("/v1/chat/completions", ASK_STREAM).bearer(&key).open(weighbridge.address()).expect("an answer");
    let mut body = Vec::new();
    let ended = loop {
        match answering.piece() {
            Ok(Some(piece)) => body.extend(piece),
            Ok(None) => break "properly",
            Err(_) => break "cut off",
        }
    };
    assert_eq!(ended, "cut off", "a stream that broke off must not look whole: {}", String::from_utf8_lossy(&body));
    assert!(reply.body.starts_with(&body), "what came through is what the provider sent: {}", String::from_utf8_lossy(&body));
    let event = weighbridge.admin().wait_for_events(1).remove(0);
    assert_eq!(
        (&event["status"], &event["usage_source"]["output"], &event["cost"]["status"]),
        (&"partial".into(), &"counted".into(), &"estimated".into()),
        "{event:#}"
    );
    assert!(event["flags"].to_string().contains("usage_counted"), "{event:#}");
    assert!(decimal(&event["usage"]["output"]) > 0.into(), "{event:#}");
}

#[test]
fn an_answer_that_the_provider_breaks_off_is_not_delivered_as_whole() {
    let upstream = ReplayUpstream::start();
    let (weighbridge, key) = start(&upstream);
    for framing in [Framing::Length, Framing::Chunked] {
        let reply = Reply { framing, ..fixtures::reply("openai-chat.json") };
        upstream.set("openai", reply.cut_off_after(200));
        let answer = Request::post("/v1/chat/completions", ASK).bearer(&key).send(weighbridge.address());
        assert!(answer.as_ref().map_or(true, |answer| answer.status == 502), "{framing:?}: {answer:?}");
    }
    for event in weighbridge.admin().wait_for_events(2) {
        assert!(["partial", "upstream_error"].contains(&event["status"].as_str().unwrap_or_default()), "{event:#}");
        assert_ne!(event["cost"]["status"], "priced", "what it consumed was not reported: {event:#}");
    }
}

#[test]
fn a_stop_lets_streams_end_and_settles_them() {
    let upstream = ReplayUpstream::start();
    let (mut weighbridge, key) = start(&upstream);
    let reply = fixtures::reply("openai-chat.sse").cut(Cuts::SlowEvents);
    upstream.set("openai", reply.clone());
    let mut answering = Request::post("/v1/chat/completions", ASK_STREAM).bearer(&key).open(weighbridge.address()).expect("an answer");
    let mut body = answering.read_until("Forty").expect("the first words");
    weighbridge.ask_to_stop();
    while let Some(piece) = answering.piece().expect("the stream goes on to its end") {
        body.extend(piece);
    }
    assert_eq!(body, &*reply.body);
    let status = weighbridge.wait();
    assert!(status.success(), "it ended with {status}: {}", weighbridge.log());
    assert!(Request::post("/v1/chat/completions", ASK).bearer(&key).send(weighbridge.address()).is_err(), "nobody listens any more");
    weighbridge.verify_ledger();
    weighbridge.restart();
    let event = weighbridge.admin().wait_for_events(1).remove(0);
    assert_eq!(event["status"], "completed", "{event:#}");
    assert_usage(&event, fixtures::OPENAI_CHAT_USAGE);
    assert_eq!(decimal(&event["charge"]["amount"]), sum(&event["charge"]["lines"], "amount"));
}

#[test]
fn rule_41_no_answer_is_kept_the_same_request_twice_is_two_calls_and_two_records() {
    let upstream = ReplayUpstream::start();
    let (weighbridge, key) = start(&upstream);
    upstream.set("openai", fixtures::reply("openai-chat.json").header("cache-control", "public, max-age=3600").header("etag", "\"one\""));
    for _ in 0..2 {
        let answer = Request::post("/v1/chat/completions", ASK).bearer(&key).send(weighbridge.address()).unwrap();
        assert_eq!(answer.body, fixtures::bytes("openai-chat.json"));
    }
    let sent = upstream.take("openai");
    assert_eq!((sent.len(), &sent[0].body), (2, &sent[1].body));
    let events = weighbridge.admin().wait_for_events(2);
    assert_ne!(events[0]["id"], events[1]["id"]);
    for event in &events {
        assert_usage(event, fixtures::OPENAI_CHAT_USAGE);
        assert_eq!(
            (&event["status"], &event["cost"]["status"], &event["charge"]["status"]),
            (&"completed".into(), &"priced".into(), &"rated".into()),
            "{event:#}"
        );
    }
    assert_eq!(events[0]["charge"]["amount"], events[1]["charge"]["amount"]);
}
