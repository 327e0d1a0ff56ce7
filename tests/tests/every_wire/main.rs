//! All recorded provider traffic through the running gateway, each answer through its provider's own plugin: what is certain is
//! metered exactly, what is not is flagged, errors bill nothing, and the client gets what the provider sent, byte for byte. In one
//! piece, a byte at a time, cut at random, and compressed.
#![allow(clippy::unwrap_used, reason = "a test")]

mod expect;

use std::io::Write;

use serde_json::Value;
use weighbridge_tests::{
    Cuts, ReplayUpstream, Reply, Weighbridge,
    corpus::{self, Case, Corpus},
};

/// How an answer arrives.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Arrival {
    Cut(Cuts),
    Gzip,
}

#[test]
fn every_recorded_answer_is_metered_through_its_providers_plugin() {
    let Some(recorded) = Corpus::open() else { return };
    let cases = recorded.all();
    let upstream = ReplayUpstream::start();
    let weighbridge = Weighbridge::start(corpus::config(&upstream, &cases));
    let key = weighbridge.admin().customer_with_key("acme", None);
    let mut wrong = Vec::new();
    for (n, case) in cases.iter().enumerate() {
        for arrival in [Arrival::Cut(Cuts::Whole), Arrival::Cut(Cuts::Random(n as u64)), Arrival::Cut(Cuts::EachByte), Arrival::Gzip] {
            // A byte at a time is a write to the system for each: of the long ones, random pieces say the same.
            if arrival == Arrival::Cut(Cuts::EachByte) && case.body.len() > 64 * 1024 {
                continue;
            }
            let problems = run(case, &upstream, &weighbridge, &key, arrival);
            wrong.extend(problems.into_iter().map(|problem| format!("{} ({arrival:?}): {problem}", case.id)));
        }
    }
    assert!(wrong.is_empty(), "{} problems with {} recorded answers:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

fn run(case: &Case, upstream: &ReplayUpstream, weighbridge: &Weighbridge, key: &str, arrival: Arrival) -> Vec<String> {
    let reply = match arrival {
        Arrival::Cut(cuts) => case.reply().cut(cuts),
        Arrival::Gzip => gzipped(case.reply()),
    };
    let provider = case.route();
    upstream.set(&provider, reply.clone());
    let sent = case.call().bearer(key).header("accept-encoding", "gzip").send(weighbridge.address());
    let answer = match sent {
        Ok(answer) => answer,
        Err(error) => return vec![format!("no answer: {error}")],
    };
    let mut problems = Vec::new();
    if upstream.take(&provider).len() != 1 {
        return vec![format!("it was not sent to the provider once: HTTP {} {}", answer.status, answer.text())];
    }
    if answer.status != reply.status || answer.body != *reply.body {
        let at = answer.body.iter().zip(&*reply.body).take_while(|(a, b)| a == b).count();
        problems.push(format!("HTTP {}; the answer differs from byte {at} on ({} bytes, expected {})", answer.status, answer.body.len(), reply.body.len()));
    }
    if answer.header("x-weighbridge-id").is_none() {
        problems.push("no x-weighbridge-id".into());
        return problems;
    }
    let record: Value = weighbridge.admin().event_of(&answer);
    problems.extend(expect::problems(case, &record));
    // Metering rule 19: the request decides where it is served, and the record keeps it for the price.
    if case.provider() == "bedrock" && case.status() == "usage" && case.upstream_model().starts_with("us.") && record["dimensions"]["geography"] != "us" {
        problems.push(format!("the geography is not on the record: {}", record["dimensions"]));
    }
    problems
}

fn gzipped(reply: Reply) -> Reply {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(&reply.body).unwrap();
    Reply { body: encoder.finish().unwrap().into(), ..reply }.header("content-encoding", "gzip")
}
