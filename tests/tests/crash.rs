//! `kill -9` at random moments under load, twenty times: what a client was told is on the books exactly once, and nothing is left held.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use serde_json::Value;
use weighbridge_tests::{Config, Random, ReplayUpstream, Request, Weighbridge, decimal, fixtures, invariants};

const ROUNDS: u64 = 20;
const CLIENTS: u64 = 8;

#[test]
fn rule_34_nothing_acknowledged_is_lost_or_doubled_by_twenty_kills() {
    let upstream = ReplayUpstream::start();
    upstream.forget_requests();
    upstream.set("whole", fixtures::reply("openai-chat.json"));
    upstream.set("streamed", fixtures::reply("openai-chat.sse"));
    let config = Config::new().provider("whole", "openai", &upstream.base_url("whole")).provider_with("streamed", "openai", &upstream.base_url("streamed"), "");
    let mut weighbridge = Weighbridge::start(config);
    let keys = ["acme", "globex"].map(|customer| weighbridge.admin().customer_with_key(customer, None));
    let acknowledged = Mutex::new(Vec::new());
    let mut random = Random::new(20_261_123);
    for round in 0..ROUNDS {
        let stop = AtomicBool::new(false);
        thread::scope(|scope| {
            for client in 0..CLIENTS {
                let (key, stop, acknowledged, address) = (&keys[(client % 2) as usize], &stop, &acknowledged, weighbridge.address());
                scope.spawn(move || call_until_stopped(address, key, Random::new(round * CLIENTS + client), stop, acknowledged));
            }
            thread::sleep(Duration::from_millis(20 + random.below(180) as u64));
            weighbridge.kill();
            stop.store(true, Ordering::Relaxed);
        });
        weighbridge.restart();
        let told = acknowledged.lock().expect("no client panicked").clone();
        check_books(&weighbridge, &told, round);
    }
    let told = acknowledged.into_inner().expect("no client panicked").len();
    assert!(told as u64 > ROUNDS * CLIENTS, "only {told} calls were answered in {ROUNDS} rounds: this test proves nothing");
}

/// Calls, streamed and not, and notes the id of every answer that arrived to its end.
fn call_until_stopped(address: SocketAddr, key: &str, mut random: Random, stop: &AtomicBool, acknowledged: &Mutex<Vec<String>>) {
    while !stop.load(Ordering::Relaxed) {
        let (provider, stream) = if random.below(3) == 0 { ("streamed", r#","stream":true,"stream_options":{"include_usage":true}"#) } else { ("whole", "") };
        let body = format!(r#"{{"model":"{provider}/gpt-4o-mini","messages":[{{"role":"user","content":"How heavy is it?"}}]{stream}}}"#);
        let Ok(answer) = Request::post("/v1/chat/completions", body).bearer(key).send(address) else { continue };
        assert_eq!(answer.status, 200, "{}", answer.text());
        if let (Some(id), Ok(mut acknowledged)) = (answer.header("x-weighbridge-id"), acknowledged.lock()) {
            acknowledged.push(id.to_owned());
        }
    }
}

fn check_books(weighbridge: &Weighbridge, told: &[String], round: u64) {
    let mut found: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for event in weighbridge.admin().events("") {
        found.entry(event["id"].as_str().expect("an id").to_owned()).or_default().push(event);
    }
    for id in told {
        let events = found.get(id).map_or(&[][..], Vec::as_slice);
        assert_eq!(events.len(), 1, "round {round}: the answered call {id} is on the books {} times", events.len());
        assert_eq!(events[0]["status"], "completed", "round {round}: {:#}", events[0]);
        assert_eq!(decimal(&events[0]["usage"]["cache_read"]), 1024.into(), "round {round}: {:#}", events[0]);
    }
    // What was under way when it died is there as such: its usage unknown, never nothing.
    for event in found.values().flatten().filter(|event| event["status"] == "abandoned") {
        assert!(event["cost"]["amount"].is_null() && event["charge"]["amount"].is_null(), "round {round}: {event:#}");
    }
    invariants::check(&weighbridge.admin());
}
