//! Recorded provider traffic through the running gateway: every high-confidence case is metered exactly as expected, and what the
//! client gets is what the provider sent, byte for byte.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde_json::{Value, json};
use weighbridge_tests::{
    Config, Cuts, ReplayUpstream, Reply, Request, Weighbridge,
    corpus::{Case, Corpus},
    decimal,
};

/// A family of cases: its prefix, the provider that serves it, the endpoint that its clients call.
const FAMILIES: &[(&str, &str, &str)] = &[("openai.chat", "openai", "/v1/chat/completions"), ("anthropic.messages", "anthropic", "/v1/messages")];

#[test]
fn rule_28_recorded_answers_are_forwarded_as_they_are_and_weighed_exactly() {
    let Some(corpus) = Corpus::open() else { return };
    let upstream = ReplayUpstream::start();
    let families: Vec<&str> = FAMILIES.iter().map(|(family, ..)| *family).collect();
    let cases = corpus.cases(&families);
    assert_eq!(cases.len(), 136, "the corpus has other cases than this test was written for");
    let weighbridge = Weighbridge::start(config(&upstream, &cases));
    let key = weighbridge.admin().customer_with_key("acme", None);
    let mut wrong = Vec::new();
    for (n, case) in cases.iter().enumerate() {
        // As recorded and in one piece; then with usage asked for and a byte at a time; then cut at random.
        for (asks, cuts) in [(false, Cuts::Whole), (true, Cuts::EachByte), (true, Cuts::Random(n as u64))] {
            let problems = Run { case, upstream: &upstream, weighbridge: &weighbridge, key: &key, asks, cuts }.problems();
            wrong.extend(problems.into_iter().map(|problem| format!("{} ({cuts:?}): {problem}", case.id)));
        }
    }
    assert!(wrong.is_empty(), "{} of {} cases' runs are wrong:\n{}", wrong.len(), cases.len() * 3, wrong.join("\n"));
}

fn config(upstream: &ReplayUpstream, cases: &[Case]) -> Config {
    let mut config = Config::new();
    for (_, provider, _) in FAMILIES {
        config = config.provider(provider, provider, &upstream.base_url(provider));
    }
    let models: BTreeSet<(&str, &str)> = cases.iter().map(|case| (case.model(), family(case).1)).collect();
    models.into_iter().fold(config, |config, (model, provider)| config.model(model, provider, model))
}

fn family(case: &Case) -> (&'static str, &'static str, &'static str) {
    *FAMILIES.iter().find(|(family, ..)| case.id.starts_with(family)).expect("a case of these families")
}

/// One call with one case behind it.
struct Run<'a> {
    case: &'a Case,
    upstream: &'a ReplayUpstream,
    weighbridge: &'a Weighbridge,
    key: &'a str,
    /// Whether the client asks for usage in the stream.
    asks: bool,
    cuts: Cuts,
}

impl Run<'_> {
    fn problems(&self) -> Vec<String> {
        let (_, provider, path) = family(self.case);
        let reply = self.case.reply().cut(self.cuts);
        self.upstream.set(provider, reply.clone());
        let request = self.request();
        let sent = request.to_string();
        let answer = Request::post(path, sent.clone()).bearer(self.key).send(self.weighbridge.address());
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => return vec![format!("no answer: {error}")],
        };
        let mut problems = Vec::new();
        let received = self.upstream.take_one(provider);
        self.check_request(&request, &sent, &received.body, &mut problems);
        self.check_answer(&request, &reply, answer.status, &answer.body, &mut problems);
        let Some(id) = answer.header("x-weighbridge-id") else {
            problems.push(format!("no x-weighbridge-id: HTTP {} {}", answer.status, answer.text()));
            return problems;
        };
        let events = self.weighbridge.admin().events("");
        let events: Vec<&Value> = events.iter().filter(|event| event["request_id"] == id).collect();
        match events.split_first() {
            Some((event, extra)) => self.check_record(event, extra, &mut problems),
            None => problems.push("no usage event".into()),
        }
        problems
    }

    /// The recorded request where it is whole, else a plausible one with the same stream flags.
    fn request(&self) -> Value {
        let plausible = || json!({ "model": self.case.model(), "max_tokens": 512, "messages": [{ "role": "user", "content": "How heavy is it?" }] });
        let mut request = self.case.recorded_request().cloned().unwrap_or_else(plausible);
        if self.case.streamed() {
            request["stream"] = json!(true);
            if self.asks && family(self.case).1 == "openai" {
                request["stream_options"] = json!({ "include_usage": true });
            }
        }
        request
    }

    /// Same-dialect requests are forwarded as they are, but for the question for usage.
    fn check_request(&self, request: &Value, sent: &str, received: &[u8], problems: &mut Vec<String>) {
        if !self.must_inject(request) {
            if received != sent.as_bytes() {
                problems.push(format!("the request changed on its way:\n  sent     {sent}\n  received {}", String::from_utf8_lossy(received)));
            }
            return;
        }
        let mut expected = request.clone();
        expected["stream_options"]["include_usage"] = json!(true);
        if serde_json::from_slice::<Value>(received).ok().as_ref() != Some(&expected) {
            problems.push(format!("the request should only gain stream_options: {}", String::from_utf8_lossy(received)));
        }
    }
    fn must_inject(&self, request: &Value) -> bool {
        family(self.case).1 == "openai" && request["stream"] == true && request["stream_options"]["include_usage"] != true
    }

    /// Byte for byte what the provider sent; a client that did not ask for usage does not see the chunk that is only usage.
    fn check_answer(&self, request: &Value, reply: &Reply, status: u16, body: &[u8], problems: &mut Vec<String>) {
        if status != reply.status {
            problems.push(format!("HTTP {status} instead of {}: {}", reply.status, String::from_utf8_lossy(body)));
        }
        let expected = if self.must_inject(request) { without_usage_chunks(&reply.body) } else { reply.body.to_vec() };
        if body != expected {
            let at = body.iter().zip(&expected).take_while(|(a, b)| a == b).count();
            problems.push(format!("the answer differs from byte {at} on ({} bytes, expected {})", body.len(), expected.len()));
        }
    }

    fn check_record(&self, event: &Value, extra: &[&Value], problems: &mut Vec<String>) {
        let expected = &self.case.json["expected"];
        let usage: BTreeMap<String, Decimal> =
            event["usage"].as_object().into_iter().flatten().map(|(meter, quantity)| (meter.clone(), decimal(quantity))).collect();
        let mut expect = |holds: bool, what: &str| {
            if !holds {
                problems.push(format!("{what}: usage {}, flags {}, expected {}", event["usage"], event["flags"], expected["tokens"]));
            }
        };
        match self.case.status() {
            "error" => {
                expect(event["status"] == "upstream_error" && usage.is_empty(), "an error bills nothing");
                expect(event["charge"]["amount"].is_null() || decimal(&event["charge"]["amount"]).is_zero(), "an error charges nothing");
            }
            "no_usage" => {
                expect(flagged(event, "usage_counted") || flagged(event, "usage_unknown"), "usage that was not reported is flagged");
                expect(event["cost"]["status"] != "priced", "what was not reported is not priced as if it were");
                expect(event["cost"]["amount"].is_null() || !decimal(&event["cost"]["amount"]).is_zero(), "what was not reported is never nothing");
            }
            "usage" if self.case.is_certain() => {
                let (present, absent) = expected_meters(self.case);
                let nonzero: BTreeMap<String, Decimal> = usage.iter().filter(|(_, quantity)| !quantity.is_zero()).map(|(m, q)| (m.clone(), *q)).collect();
                if overlaps(self.case) {
                    let output = ["output", "reasoning", "output_audio", "output_image"].iter().filter_map(|meter| usage.get(*meter)).sum::<Decimal>();
                    expect(output == whole(&expected["tokens"]["output"]).into(), "no token of the output is counted twice");
                    expect(!event["flags"].as_array().is_none_or(Vec::is_empty), "a report that contradicts itself is flagged");
                } else {
                    expect(nonzero == present, "the meters are not as expected");
                }
                expect(absent.iter().all(|meter| !usage.contains_key(*meter)), "what was not reported has to be absent");
                expect(event["usage_source"].as_object().is_some_and(|sources| sources.values().all(|source| source == "reported")), "all of it was reported");
                expect(event["served_model"] == expected["model"], &format!("served by {} instead of {}", event["served_model"], expected["model"]));
                expect(event["status"] == "completed", &format!("the record is {}", event["status"]));
            }
            // Several answers in one body: the record is closed with the first, whatever follows it.
            _ if self.case.has_flag("duplicate_message_start") => {}
            _ => expect(!event["flags"].as_array().is_none_or(Vec::is_empty), "what is doubtful is flagged"),
        }
        check_extra(self.case, extra, problems);
    }
}

/// Inference at other models inside the same answer has a record of its own.
fn check_extra(case: &Case, events: &[&Value], problems: &mut Vec<String>) {
    let billed = case.json["expected"]["extra"].as_array().into_iter().flatten().filter(|extra| extra["kind"] == "billed_in_addition");
    let expected: Vec<(&Value, i64, i64)> = billed.map(|extra| (&extra["model"], whole(&extra["input_uncached"]), whole(&extra["output"]))).collect();
    let quantity = |event: &Value, meter: &str| event["usage"].get(meter).map_or(0, |quantity| i64::try_from(decimal(quantity)).unwrap_or(-1));
    let found: Vec<(&Value, i64, i64)> = events.iter().map(|event| (&event["routed_model"], quantity(event, "input"), quantity(event, "output"))).collect();
    if case.is_certain() && expected != found {
        problems.push(format!("inference at other models: {found:?}, expected {expected:?}"));
    }
}

fn whole(value: &Value) -> i64 {
    value.as_i64().unwrap_or(0)
}

fn flagged(event: &Value, flag: &str) -> bool {
    event["flags"].as_array().into_iter().flatten().any(|f| f == flag)
}

/// The case's quantities as disjoint meters (those that are not zero), and the meters that have to be absent.
fn expected_meters(case: &Case) -> (BTreeMap<String, Decimal>, Vec<&'static str>) {
    let expected = &case.json["expected"];
    let tokens = |name: &str| whole(&expected["tokens"][name]);
    let audio_in = tokens("input_audio") - tokens("cache_read_audio");
    let meters = BTreeMap::from([
        ("input", tokens("input_uncached") - audio_in - tokens("input_image") - tokens("input_video")),
        ("input_audio", audio_in),
        ("input_image", tokens("input_image")),
        ("input_video", tokens("input_video")),
        ("cache_read", tokens("cache_read") - tokens("cache_read_audio")),
        ("cache_read_audio", tokens("cache_read_audio")),
        ("cache_write", tokens("cache_write_other")),
        ("cache_write_5m", tokens("cache_write_5m")),
        ("cache_write_1h", tokens("cache_write_1h")),
        ("output", tokens("output") - tokens("reasoning") - tokens("output_audio") - tokens("output_image")),
        ("reasoning", tokens("reasoning")),
        ("output_audio", tokens("output_audio")),
        ("output_image", tokens("output_image")),
        ("web_searches", whole(&expected["calls"]["web_search"])),
    ]);
    let present = meters.iter().filter(|(_, quantity)| **quantity != 0).map(|(meter, quantity)| ((*meter).to_owned(), Decimal::from(*quantity))).collect();
    let absent = ["reasoning", "input_audio", "output_audio", "input_image", "output_image"].into_iter().filter(|name| expected["tokens"][name].is_null());
    (present, absent.collect())
}

/// Whether the report's parts are more than its whole, so that nobody can tell them apart.
fn overlaps(case: &Case) -> bool {
    let tokens = |name: &str| whole(&case.json["expected"]["tokens"][name]);
    tokens("reasoning") + tokens("output_audio") + tokens("output_image") > tokens("output")
}

/// The stream without the events whose `choices` are empty and that carry usage.
fn without_usage_chunks(body: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(body);
    let is_usage = |event: &str| {
        let data = event.trim().strip_prefix("data:").and_then(|data| serde_json::from_str::<Value>(data).ok());
        data.is_some_and(|data| data["usage"].is_object() && data["choices"].as_array().is_some_and(Vec::is_empty))
    };
    text.split_inclusive("\n\n").filter(|event| !is_usage(event)).collect::<String>().into_bytes()
}
