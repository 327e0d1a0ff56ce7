//! The stage for clients in other languages: a gateway and a replaying upstream, led by JSON lines.
//!
//! On start it prints `{"base_url", "upstream_url", "key", "cases"}`. Then it takes commands, a line each, and answers each with a line:
//! `{"set": ROUTE, "case": ID | "fixture": NAME, "cuts": "whole"|"each_byte"|"random"}` (ROUTE is a provider, see `PROVIDERS`;
//! also `"json": {}`, `"text": ""` or `"hang_up": true`, and `"at": "GET /v1/…"` for one method and path only),
//! `{"take": ROUTE}` gives the requests that came in, `{"events": true}` the usage events. When its input ends it checks the invariants,
//! stops the gateway and ends with 0 if all is well.

use std::{
    collections::BTreeMap,
    io::{self, BufRead},
};

use serde_json::{Value, json};
use weighbridge_tests::{
    Behaviour, Config, Cuts, ReplayUpstream, Reply, Weighbridge,
    corpus::{Case, Corpus},
    fixtures,
};

/// The providers, each with a model that is always there and the recorded families that are its own.
const PROVIDERS: &[(&str, &str, &[&str])] = &[
    ("openai", "gpt-4o-mini", &["openai.chat", "openai.responses", "openai.embeddings", "openai.moderations", "openai.audio.transcriptions"]),
    ("anthropic", "claude-sonnet-4-6", &["anthropic.messages"]),
    ("gemini", "gemini-2.5-flash", &["google.generateContent"]),
    ("bedrock", "us.anthropic.claude-sonnet-4-6", &["bedrock.converse", "bedrock.invoke"]),
    ("ollama", "llama3.2", &["ollama.api.chat"]),
    ("cohere", "command-a-03-2025", &["cohere.chat", "cohere.rerank"]),
    ("mistral", "mistral-small-latest", &["mistral.chat"]),
];

fn main() {
    let corpus = Corpus::open();
    let upstream = ReplayUpstream::start();
    let mut config = Config::new().model("translated", "anthropic", "claude-sonnet-4-6");
    let mut models = BTreeMap::new();
    let mut cases = Vec::new();
    for (provider, model, families) in PROVIDERS {
        let further = if *provider == "bedrock" { "[providers.bedrock.config]\nauth = \"bearer\"" } else { "" };
        config = config.provider_with(provider, provider, &upstream.base_url(provider), further);
        let recorded = corpus.as_ref().map(|corpus| corpus.cases(families)).unwrap_or_default();
        models.insert((*model).to_owned(), (*provider, (*model).to_owned()));
        models.extend(recorded.iter().map(|case| (name_of(case), (*provider, model_of(case)))));
        cases.extend(recorded);
    }
    for (name, (provider, model)) in &models {
        config = config.model(name, provider, model);
    }
    let weighbridge = Weighbridge::start(config);
    let key = weighbridge.admin().customer_with_key("acme", None);
    let listed: Vec<Value> = cases
        .iter()
        .map(|case| {
            json!({
                "id": case.id,
                "model": name_of(case),
                "streamed": case.streamed(),
                "status": case.status(),
                "request": case.recorded_request(),
                "url": case.json["request"]["url"],
                "framing": case.json["framing"],
                "certain": case.is_certain(),
                "tokens": case.json["expected"]["tokens"],
            })
        })
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

/// The model that was asked for: some providers are told it in the path.
fn model_of(case: &Case) -> String {
    let url = case.json["request"]["url"].as_str().unwrap_or_default();
    let in_path = ["/model/", "/models/"].iter().find_map(|mark| url.split_once(mark)).and_then(|(_, rest)| rest.split(['/', ':']).next());
    in_path.map_or_else(|| case.model().to_owned(), |model| model.replace("%3A", ":"))
}

/// What clients call it: several providers have models of one name.
fn name_of(case: &Case) -> String {
    format!("{}.{}", case.provider(), model_of(case)).replace(':', "-")
}

fn obey(command: &Value, upstream: &ReplayUpstream, weighbridge: &Weighbridge, corpus: Option<&Corpus>) -> Value {
    if let Some(route) = command["set"].as_str() {
        match command["at"].as_str() {
            Some(at) => upstream.set_at(route, at, behaviour(command, corpus)),
            None => upstream.set(route, behaviour(command, corpus)),
        }
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
        _ if command["text"].is_string() => Reply::new(200, "application/octet-stream", command["text"].as_str().unwrap_or_default()),
        _ if command["json"].is_object() => Reply::json(command["json"].to_string()),
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
