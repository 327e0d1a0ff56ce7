//! Recorded streams whose provider breaks off: cut anywhere, in every framing and dialect, a call leaves one record that says what
//! was reported or counted until then, and never more. And recorded streams whose client leaves: what the provider reports at
//! their end is on the record all the same.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::{
    collections::{BTreeMap, BTreeSet},
    thread,
    time::Duration,
};

use rust_decimal::Decimal;
use serde_json::Value;
use weighbridge_tests::{
    Answering, Cuts, Framing, Random, ReplayUpstream, Reply, Weighbridge,
    corpus::{self, Case, Corpus},
    decimal, invariants,
};

/// Cuts of each stream at places that nobody chose.
const ANYWHERE: usize = 14;
/// Streams of each framing and endpoint.
const OF_A_KIND: usize = 3;
/// Events at the end of a stream around whose edges it is cut.
const LAST_EVENTS: usize = 4;

struct Scene {
    upstream: ReplayUpstream,
    weighbridge: Weighbridge,
    key: String,
}

/// What the client got, and the record.
struct Outcome {
    status: u16,
    body: Vec<u8>,
    ended: bool,
    record: Value,
}

impl Scene {
    fn set(cases: &[Case]) -> Self {
        let upstream = ReplayUpstream::start();
        let weighbridge = Weighbridge::start(corpus::config(&upstream, cases));
        let key = weighbridge.admin().customer_with_key("acme", None);
        Self { upstream, weighbridge, key }
    }

    fn open(&self, case: &Case, reply: Reply) -> Answering {
        self.upstream.set(&case.route(), reply);
        case.call().bearer(&self.key).open(self.weighbridge.address()).unwrap_or_else(|error| panic!("{}: {error}", case.id))
    }

    fn run(&self, case: &Case, reply: Reply) -> Outcome {
        let mut answering = self.open(case, reply);
        let mut body = Vec::new();
        let ended = loop {
            match answering.piece() {
                Ok(Some(piece)) => body.extend(piece),
                Ok(None) => break true,
                Err(_) => break false,
            }
        };
        let id = answering.header("x-weighbridge-id").unwrap_or_else(|| panic!("{}: no x-weighbridge-id", case.id));
        // The record is on the books before the client sees the end.
        Outcome { status: answering.status, body, ended, record: self.weighbridge.admin().get(&format!("usage-events/{id}")) }
    }

    fn record_within_seconds(&self, id: &str) -> Value {
        for _ in 0..1000 {
            let answer = self.weighbridge.admin().request("GET", &format!("usage-events/{id}"), None);
            if answer.status == 200 {
                return answer.json();
            }
            thread::sleep(Duration::from_millis(10));
        }
        panic!("no record of {id}");
    }
}

/// A few streams of each framing, provider's wire and endpoint, the shortest of them: their ends are alike, and they are quick.
fn sample() -> Option<Vec<Case>> {
    let mut cases = Corpus::open()?.all();
    cases.retain(|case| case.streamed() && case.json["http_status"] == 200);
    cases.sort_by_key(|case| case.body.len());
    let mut taken = BTreeMap::<(String, String, bool), usize>::new();
    cases.retain(|case| {
        let kind = (case.json["framing"].to_string(), case.endpoint().to_owned(), case.status() == "usage");
        let taken = taken.entry(kind).or_default();
        *taken += 1;
        *taken <= OF_A_KIND
    });
    Some(cases)
}

/// Where to cut: the very ends, around the edges of the last events, and anywhere.
fn cuts(case: &Case) -> BTreeSet<usize> {
    let length = case.body.len();
    let mut cuts = BTreeSet::from([0, 1, length - 1, length]);
    for edge in edges(case).into_iter().rev().take(LAST_EVENTS) {
        cuts.extend([edge.saturating_sub(2), edge.saturating_sub(1), edge, edge + 1]);
    }
    let mut random = Random::new(length as u64);
    cuts.extend((0..ANYWHERE).map(|_| random.below(length)));
    cuts.retain(|cut| *cut <= length);
    cuts
}

/// Where events end.
fn edges(case: &Case) -> Vec<usize> {
    let body = &case.body;
    if case.json["framing"] == "aws" {
        let mut edges = Vec::new();
        let mut at = 0;
        while let Some(length) = body[at..].first_chunk::<4>() {
            at += u32::from_be_bytes(*length) as usize;
            edges.push(at);
        }
        return edges;
    }
    (1..=body.len()).filter(|end| body[end - 1] == b'\n' && (*end < 2 || body[end - 2] != b'\n')).collect()
}

#[test]
fn a_recorded_stream_cut_anywhere_leaves_one_record_of_what_came() {
    let Some(cases) = sample() else { return };
    let scene = Scene::set(&cases);
    let mut wrong = Vec::new();
    let mut calls = 0;
    for case in &cases {
        let whole = scene.run(case, case.reply());
        calls += 1;
        for cut in cuts(case) {
            for framing in [Framing::Chunked, Framing::Untold] {
                let outcome = scene.run(case, Reply { framing, ..case.reply() }.cut_off_after(cut));
                calls += 1;
                let problems = problems(case, cut, framing, &outcome, &whole.record);
                wrong.extend(problems.into_iter().map(|problem| {
                    let Value::Object(mut record) = outcome.record.clone() else { panic!("no record") };
                    record.retain(|name, _| ["status", "usage", "usage_source", "flags"].contains(&name.as_str()));
                    format!("{} cut at {cut} of {} ({framing:?}): {problem}: {}", case.id, case.body.len(), Value::from(record))
                }));
            }
        }
    }
    assert!(wrong.is_empty(), "{} problems with {calls} calls of {} streams:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    assert_eq!(records(&scene), calls, "a record for each call");
}

#[test]
fn a_client_that_leaves_a_recorded_stream_pays_what_is_reported_at_its_end() {
    let Some(cases) = sample() else { return };
    let scene = Scene::set(&cases);
    for case in &cases {
        let whole = scene.run(case, case.reply()).record;
        let mut answering = scene.open(case, case.reply().cut(Cuts::PausedAt(case.body.len() / 2)));
        answering.piece().unwrap();
        let id = answering.header("x-weighbridge-id").unwrap().to_owned();
        drop(answering);
        let record = scene.record_within_seconds(&id);
        let what = ["usage", "usage_source", "served_model"];
        assert_eq!(what.map(|part| &record[part]), what.map(|part| &whole[part]), "{}: {record:#}", case.id);
        let status = if whole["status"] == "completed" { "partial".into() } else { whole["status"].clone() };
        assert_eq!((&record["status"], &record["charge"]["status"]), (&status, &whole["charge"]["status"]), "{}: {record:#}", case.id);
    }
    assert_eq!(records(&scene), 2 * cases.len(), "a record for each call");
}

/// Calls that have one record, besides those of other models inside the same answer.
fn records(scene: &Scene) -> usize {
    let events = scene.weighbridge.admin().events("");
    let own: Vec<_> = events.iter().filter(|event| !flags(event).any(|flag| flag == "nested_inference")).map(|event| event["request_id"].to_string()).collect();
    assert_eq!(own.iter().collect::<BTreeSet<_>>().len(), own.len(), "a call has two records");
    own.len()
}

fn problems(case: &Case, cut: usize, framing: Framing, outcome: &Outcome, whole: &Value) -> Vec<String> {
    let mut problems = Vec::new();
    let mut expect = |holds: bool, what: &str| {
        if !holds {
            problems.push(what.to_owned());
        }
    };
    let Outcome { status, body, ended, record } = outcome;
    invariants::check_event(record);
    // Where an answer may be of two kinds, its first byte is waited for: without one, the client is told.
    expect(case.body[..cut] == body[..] || cut == 0 && *status == 502, "the client gets what came");
    let end = record["status"].as_str().unwrap_or_default();
    let quantities = || record["usage"].as_object().into_iter().flatten();
    match end {
        "completed" => {
            let same = record["usage"] == whole["usage"] && record["usage_source"] == whole["usage_source"];
            expect(same || cut > 0 && may_end_anywhere(case, framing), "completed, and it says less than the whole");
        }
        "partial" => expect(quantities().next().is_some() || flags(record).any(|flag| flag == "usage_unknown"), "partial, and it says nothing"),
        "upstream_error" => {
            let failed = whole["status"] == "upstream_error";
            expect(failed || quantities().next().is_none(), "something came");
            expect(record["charge"]["status"] == "free" || failed, "nothing came, and it is charged");
        }
        _ => expect(false, "no such end"),
    }
    let told = framing == Framing::Untold || case.endpoint() != "generateContent";
    expect(cut < case.body.len() || end == whole["status"] || !told, "all of it came");
    expect(*ended || end != "completed" || framing == Framing::Chunked, "a whole answer looks whole");
    expect(!ended || framing == Framing::Untold || end != "partial", "a part does not look whole");
    for (side, is_of) in [("input", is_input as fn(&str) -> bool), ("output", |meter| !is_input(meter))] {
        let sum = |record: &Value| -> Decimal {
            let usage = record["usage"].as_object().into_iter().flatten();
            usage.filter(|(meter, _)| is_of(meter) && record["usage_source"][*meter] == "reported").map(|(_, quantity)| decimal(quantity)).sum()
        };
        let reported_whole = whole["usage_source"].as_object().into_iter().flatten().any(|(meter, source)| is_of(meter) && source == "reported");
        expect(sum(record) <= sum(whole) || !reported_whole, &format!("more {side} than the whole's {}", whole["usage"]));
    }
    let counted = |meter: &str| record["usage_source"][meter] == "counted";
    let flagged = flags(record).any(|flag| flag == "usage_counted");
    expect(flagged || !(counted("input") || counted("output")), "counted, and it does not say so");
    if counted("output") {
        expect(decimal(&record["usage"]["output"]) <= Decimal::from(cut), "more is counted than there was");
    }
    problems
}

/// Streams of this wire have no last event: behind any of them, only the body's end can tell, and here it does not.
fn may_end_anywhere(case: &Case, framing: Framing) -> bool {
    framing == Framing::Untold && case.endpoint() == "generateContent" && case.json["framing"] == "sse"
}

fn is_input(meter: &str) -> bool {
    meter.starts_with("input") || meter.starts_with("cache_")
}

fn flags(record: &Value) -> impl Iterator<Item = &str> {
    record["flags"].as_array().into_iter().flatten().filter_map(Value::as_str)
}
