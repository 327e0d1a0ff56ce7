//! The stage for clients in other languages: a gateway and a replaying upstream, led by JSON lines.
//!
//! On start it prints `{"base_url", "upstream_url", "key", "cases"}`. Then it takes commands, a line each, and answers each with a line:
//! `{"set": ROUTE, "case": ID | "fixture": NAME, "cuts": "whole"|"each_byte"|"random"}` (ROUTE is a provider: `openai`, `anthropic`),
//! `{"take": ROUTE}` gives the requests that came in, `{"events": true}` the usage events. When its input ends it checks the invariants,
//! stops the gateway and ends with 0 if all is well.

use std::{
    collections::BTreeSet,
    io::{self, BufRead},
};

use serde_json::{Value, json};
use weighbridge_tests::{Behaviour, Config, Cuts, ReplayUpstream, Weighbridge, corpus::Corpus, fixtures};

fn main() {
    let corpus = Corpus::open();
    let cases = corpus.as_ref().map(|corpus| corpus.cases(&["openai.chat", "anthropic.messages"])).unwrap_or_default();
    let upstream = ReplayUpstream::start();
    let mut config = Config::new()
        .provider("openai", "openai", &upstream.base_url("openai"))
        .provider("anthropic", "anthropic", &upstream.base_url("anthropic"))
        .model("translated", "anthropic", "claude-sonnet-4-6");
    let mut models = BTreeSet::from([("gpt-4o-mini".to_owned(), "openai"), ("claude-sonnet-4-6".to_owned(), "anthropic")]);
    models.extend(cases.iter().map(|case| (case.model().to_owned(), if case.id.starts_with("openai") { "openai" } else { "anthropic" })));
    for (model, provider) in &models {
        config = config.model(model, provider, model);
    }
    let weighbridge = Weighbridge::start(config);
    let key = weighbridge.admin().customer_with_key("acme", None);
    let listed: Vec<Value> = cases
        .iter()
        .map(|case| json!({ "id": case.id, "model": case.model(), "streamed": case.streamed(), "status": case.status(), "request": case.recorded_request() }))
        .collect();
    say(&json!({
        "base_url": format!("http://{}", weighbridge.address()),
        "upstream_url": format!("http://{}", upstream.address()),
        "key": key,
        "cases": listed,
    }));
    for line in io::stdin().lock().lines() {
        let Ok(line) = line else { break };
        let command: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("a command is a line of JSON ({error}): {line}"));
        say(&obey(&command, &upstream, &weighbridge, corpus.as_ref()));
    }
}

fn obey(command: &Value, upstream: &ReplayUpstream, weighbridge: &Weighbridge, corpus: Option<&Corpus>) -> Value {
    if let Some(route) = command["set"].as_str() {
        upstream.set(route, behaviour(command, corpus));
        return json!({});
    }
    if let Some(route) = command["take"].as_str() {
        let received = upstream.take(route).into_iter().map(|request| {
            let body = String::from_utf8_lossy(&request.body).into_owned();
            json!({ "path": request.path, "headers": request.headers.into_iter().collect::<std::collections::BTreeMap<_, _>>(), "body": body })
        });
        return received.collect();
    }
    if command["events"] == true {
        return weighbridge.admin().events("").into();
    }
    panic!("an unknown command: {command}");
}

fn behaviour(command: &Value, corpus: Option<&Corpus>) -> Behaviour {
    let reply = match (command["case"].as_str(), command["fixture"].as_str(), corpus) {
        (Some(id), _, Some(corpus)) => corpus.case(id).reply(),
        (_, Some(name), _) => fixtures::reply(name),
        _ if command["hang_up"] == true => return Behaviour::HangUp,
        _ => panic!("set needs a case, a fixture or hang_up: {command}"),
    };
    let cuts = match command["cuts"].as_str() {
        Some("each_byte") => Cuts::EachByte,
        Some("random") => Cuts::Random(7),
        _ => Cuts::Whole,
    };
    Behaviour::Answer(reply.cut(cuts))
}

fn say(answer: &Value) {
    println!("{answer}");
}
