//! Plugins that loop, allocate without end, crash or return nonsense: each fails its own call only, with a clear error and its
//! blame, and the next call works.
#![allow(clippy::unwrap_used, reason = "a test")]

use serde_json::{Value, json};
use weighbridge_tests::{Config, ReplayUpstream, Reply, Request, Weighbridge, fixtures};

fn manifest(name: &str, kind: &str) -> String {
    format!("name = \"{name}\"\nversion = \"0.0.1\"\nkind = \"{kind}\"\ncontract = \"0.1.0\"\ndescription = \"misbehaves as the model's name says\"\n")
}

fn with_hostile_pricing(upstream: &ReplayUpstream) -> Config {
    Config::new()
        .file("hostile/plugin.toml", manifest("hostile", "pricing"))
        .file("hostile/hostile.wasm", weighbridge_hostile::PRICING)
        .toml("[[plugins]]\npath = \"hostile/hostile.wasm\"")
        .plan("hostile", r#"{ rule = "hostile" }"#)
        .provider("openai", "openai", &upstream.base_url("openai"))
}

/// Calls with a model whose name says what the rule does.
fn call(weighbridge: &Weighbridge, upstream: &ReplayUpstream, key: &str, model: &str) -> Value {
    let body = String::from_utf8(fixtures::bytes("openai-chat.json")).unwrap().replace("gpt-4o-mini-2024-07-18", model);
    upstream.set("openai", Reply::json(body));
    let ask = format!(r#"{{"model":"openai/{model}","messages":[{{"role":"user","content":"How heavy?"}}]}}"#);
    let answer = Request::post("/v1/chat/completions", ask).bearer(key).send(weighbridge.address()).unwrap();
    assert_eq!(answer.status, 200, "a failing rule is no reason to refuse what was consumed: {}", answer.text());
    assert_eq!(answer.header("x-weighbridge-charge").is_some(), model == "good", "a charge that is not known is not told");
    weighbridge.admin().event_of(&answer)
}

/// What the record says of the charge.
fn charge_of(event: &Value) -> String {
    assert_eq!(event["cost"]["status"], "priced", "the cost does not depend on the rule: {event:#}");
    let charge = &event["charge"];
    format!("{} {} {}", charge["status"].as_str().unwrap(), charge["amount"], charge["reason"].as_str().unwrap_or("-"))
}

/// A plugin that hoards runs into the limit of its memory or into its deadline, whichever is nearer on this machine.
fn whichever_limit(told: &str) -> String {
    ["it did not finish within its deadline of 10 ms", "it asked for more than its 16 MiB of memory"]
        .iter()
        .fold(told.to_owned(), |told, limit| told.replace(limit, "[a limit]"))
}

/// The circuit opens after five failures within a minute, so each process sees fewer.
fn bad_ratings(models: &[&str]) -> String {
    let upstream = ReplayUpstream::start();
    let weighbridge = Weighbridge::start(with_hostile_pricing(&upstream));
    let prices: serde_json::Map<String, Value> = models
        .iter()
        .chain(&["good"])
        .map(|model| {
            ((*model).to_owned(), json!({ "litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 1e-6, "output_cost_per_token": 2e-6 }))
        })
        .collect();
    weighbridge.admin().post("prices/import", &json!({ "format": "litellm", "content": Value::Object(prices).to_string() }));
    let key = weighbridge.admin().customer_with_key("acme", Some("hostile"));
    let other = weighbridge.admin().customer_with_key("globex", Some("standard"));
    let mut told = String::new();
    for model in models {
        told += &format!("{model}: {}\n", whichever_limit(&charge_of(&call(&weighbridge, &upstream, &key, model))));
        assert_eq!(charge_of(&call(&weighbridge, &upstream, &key, "good")), r#"rated "1" -"#, "after {model}, the next call of the same rule works");
        let event = call(&weighbridge, &upstream, &other, "good");
        assert_eq!((&event["charge"]["status"], &event["charge"]["plan"]), (&"rated".into(), &"standard".into()), "after {model}, another plan never noticed");
    }
    told
}

#[test]
fn a_rule_that_runs_away_fails_its_own_call_only() {
    insta::assert_snapshot!(bad_ratings(&["loop", "allocate", "trap", "recurse"]), @r#"
    loop: unrated null plugin "hostile" rate: [a limit]
    allocate: unrated null plugin "hostile" rate: [a limit]
    trap: unrated null plugin "hostile" rate: it crashed (unreachable code)
    recurse: unrated null plugin "hostile" rate: it crashed (stack overflow)
    "#);
}

#[test]
fn a_rule_that_returns_nonsense_fails_its_own_call_only() {
    insta::assert_snapshot!(bad_ratings(&["negative", "bad-meter", "huge", "internal"]), @r#"
    negative: unrated null plugin "hostile" rate: it returned nonsense: the line "fine" has the negative amount -1, and is not marked as a credit
    bad-meter: unrated null plugin "hostile" rate: it returned nonsense: "Bad Meter" is not a meter: a name is snake_case, 1 to 64 characters
    huge: unrated null plugin "hostile" rate: it returned nonsense: its answer is larger than 1 MiB
    internal: unrated null plugin "hostile" rate: it failed: lost my place
    "#);
}

#[test]
fn an_adapter_that_misbehaves_fails_its_own_call_only() {
    let upstream = ReplayUpstream::start();
    upstream.set("odd", fixtures::reply("openai-chat.json"));
    upstream.set("openai", fixtures::reply("openai-chat.json"));
    // The adapter goes by the name that the client asks for.
    let config = ["trap", "absolute", "credential", "bad-json", "good"].iter().fold(Config::new(), |config, model| config.model(model, "odd", model));
    let config = config
        .file("hostile/plugin.toml", manifest("hostile", "adapter"))
        .file("hostile/hostile.wasm", weighbridge_hostile::ADAPTER)
        .toml("[[plugins]]\npath = \"hostile/hostile.wasm\"")
        .provider_with("odd", "hostile", &upstream.base_url("odd"), "config = { as = \"real dialect\" }")
        .provider("openai", "openai", &upstream.base_url("openai"));
    let weighbridge = Weighbridge::start(config);
    let key = weighbridge.admin().customer_with_key("acme", None);
    let ask = |model: &str| {
        let body = format!(r#"{{"model":"{model}","messages":[{{"role":"user","content":"How heavy?"}}]}}"#);
        Request::post("/v1/chat/completions", body).bearer(&key).send(weighbridge.address()).unwrap()
    };
    let mut told = String::new();
    for model in ["trap", "absolute", "credential", "bad-json"] {
        let answer = ask(model);
        told += &format!("{model}: HTTP {} {}\n", answer.status, answer.text());
        let received = upstream.take("odd");
        assert!(received.is_empty(), "{model}: {told} nothing was to be sent: {received:#?}");
        assert_eq!(ask("good").status, 200, "after {model}, the next call of the same adapter works");
        assert_eq!(upstream.take("odd").len(), 1);
        assert_eq!(ask("openai/gpt-4o-mini").status, 200, "after {model}, another adapter never noticed");
    }
    insta::assert_snapshot!(told, @r#"
    trap: HTTP 502 {"error":{"message":"The plugin \"hostile\" failed in prepare: it crashed (unreachable code). The fault is the plugin's. Nothing was billed.","type":"server_error","param":null,"code":"plugin_failed"}}
    absolute: HTTP 502 {"error":{"message":"The plugin \"hostile\" failed in prepare: it returned nonsense: the path \"https://evil.example/steal\": it must begin with a single \"/\"; scheme, host and base path are the operator's. The fault is the plugin's. Nothing was billed.","type":"server_error","param":null,"code":"plugin_failed"}}
    credential: HTTP 502 {"error":{"message":"The plugin \"hostile\" failed in prepare: it returned nonsense: it sets the header \"authorization\": credentials are added by the host. The fault is the plugin's. Nothing was billed.","type":"server_error","param":null,"code":"plugin_failed"}}
    bad-json: HTTP 502 {"error":{"message":"The plugin \"hostile\" failed in prepare: it returned nonsense: the edit of \"/model\" is not JSON (key must be a string at line 1 column 2): \"{oops\". The fault is the plugin's. Nothing was billed.","type":"server_error","param":null,"code":"plugin_failed"}}
    "#);
    let refused: Vec<Value> = weighbridge.admin().events("").into_iter().filter(|event| event["status"] != "completed").collect();
    assert!(refused.iter().all(|event| event["status"] == "refused" && event["charge"]["amount"] == "0" && event["usage"] == json!({})), "{refused:#?}");
    assert_eq!(refused.len(), 4);
}

#[test]
fn a_plugin_that_asks_for_more_than_it_may_is_not_installed() {
    let config = Config::new()
        .file("hostile/plugin.toml", manifest("hostile", "pricing"))
        .file("hostile/hostile.wasm", weighbridge_hostile::ESCAPE)
        .toml("[[plugins]]\npath = \"hostile/hostile.wasm\"");
    let Err(refused) = Weighbridge::try_start(config) else { panic!("it started") };
    insta::assert_snapshot!(refused.stderr, @r#"error: weighbridge.toml: plugins[0].path: plugin "hostile" imports "escape:hatch/sockets@1.0.0": a plugin of kind "pricing" may import "weighbridge:plugin/log@0.1.0" and nothing else"#);
}
