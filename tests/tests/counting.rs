//! Usage that was not reported: whose tokenizer counts it, and what the record says of the count.
#![allow(clippy::unwrap_used, reason = "a test")]

use serde_json::Value;
use weighbridge_tests::{Config, ReplayUpstream, Reply, Request, Weighbridge};

/// Nine tokens in cl100k_base, eight in o200k_base (as OpenAI's cookbook counts them).
const BIRTHDAY: &str = "お誕生日おめでとう";

/// `lower` has the tokens `low` and `er`.
const SMALL: &str = r#"{"version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": null, "pre_tokenizer": {"type": "Whitespace"},
    "post_processor": null, "decoder": null, "model": {"type": "BPE", "vocab": {"l": 0, "o": 1, "w": 2, "e": 3, "r": 4, "lo": 5, "low": 6, "er": 7},
    "merges": [["l", "o"], ["lo", "w"], ["e", "r"]]}}"#;

fn start(config: Config) -> (ReplayUpstream, Weighbridge, String) {
    let upstream = ReplayUpstream::start();
    let weighbridge = Weighbridge::start(config.provider("openai", "openai", &upstream.base_url("openai")));
    let key = weighbridge.admin().customer_with_key("acme", None);
    (upstream, weighbridge, key)
}

/// A stream with this text and without usage.
fn silent(text: &str) -> Reply {
    let chunk = |delta: &str, reason: &str| {
        format!(r#"data: {{"id":"x","object":"chat.completion.chunk","choices":[{{"index":0,"delta":{delta},"finish_reason":{reason}}}]}}"#)
    };
    Reply::sse(format!("{}\n\n{}\n\ndata: [DONE]\n\n", chunk(&format!(r#"{{"content":"{text}"}}"#), "null"), chunk("{}", "\"stop\"")))
}

/// The record of a call.
fn weighed((upstream, weighbridge, key): &(ReplayUpstream, Weighbridge, String), model: &str, text: &str, content: &str) -> Value {
    upstream.set("openai", silent(text));
    let ask = format!(r#"{{"model":"openai/{model}","messages":[{{"role":"user","content":{content}}}],"stream":true}}"#);
    let before = weighbridge.admin().events("").len();
    assert_eq!(Request::post("/v1/chat/completions", ask).bearer(key).send(weighbridge.address()).unwrap().status, 200);
    let events = weighbridge.admin().wait_for_events(before + 1);
    events.into_iter().find(|event| event["requested_model"].as_str().is_some_and(|asked| asked.ends_with(model))).unwrap()
}

fn said(event: &Value) -> String {
    format!("{} {} {} {}", event["usage"], event["usage_source"], event["flags"], event["cost"]["status"])
}

#[test]
fn the_models_own_tokenizer_counts_what_was_not_reported() {
    let scene = start(Config::new());
    let old = weighed(&scene, "gpt-4-turbo", BIRTHDAY, r#""hello world""#);
    insta::assert_snapshot!(said(&old), @r#"{"input":"9","output":"9"} {"input":"counted","output":"counted"} ["usage_counted"] "estimated""#);
    let new = weighed(&scene, "gpt-4o-mini", BIRTHDAY, r#""hello world""#);
    insta::assert_snapshot!(said(&new), @r#"{"input":"9","output":"8"} {"input":"counted","output":"counted"} ["usage_counted"] "estimated""#);
}

#[test]
fn a_model_that_no_counter_knows_is_counted_by_another_tokenizer_and_says_so() {
    let scene = start(
        Config::new().toml("[[plugins]]\npath = \"huggingface\"\n[plugins.config]\nfile = \"small.json\"\nmodels = [\"small-*\"]").file("small.json", SMALL),
    );
    insta::assert_snapshot!(said(&weighed(&scene, "unheard-of", BIRTHDAY, r#""hello world""#)), @r#"{"input":"9","output":"8"} {"input":"counted","output":"counted"} ["counted_by_other_tokenizer","unpriced_model","usage_counted"] "unpriced""#);
    insta::assert_snapshot!(said(&weighed(&scene, "small-1", "lower low", r#""low""#)), @r#"{"input":"9","output":"3"} {"input":"counted","output":"counted"} ["unpriced_model","usage_counted"] "unpriced""#);
}

#[test]
fn images_are_counted_by_their_size_or_not_and_the_record_says_so() {
    let scene = start(Config::new());
    let picture = |url: &str| format!(r#"[{{"type":"text","text":"hello world"}},{{"type":"image_url","image_url":{{"url":"{url}"}}}}]"#);
    let known = picture("data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAABAAAAAQACAIAAAA=");
    insta::assert_snapshot!(said(&weighed(&scene, "gpt-4o", "hello", &known)), @r#"{"input":"774","output":"1"} {"input":"counted","output":"counted"} ["usage_counted"] "estimated""#);
    insta::assert_snapshot!(said(&weighed(&scene, "gpt-4.1", "hello", &picture("https://example.org/a.png"))), @r#"{"input":"9","output":"1"} {"input":"counted","output":"counted"} ["images_not_counted","usage_counted"] "estimated""#);
}

#[test]
fn a_wrong_tokenizer_file_is_refused_at_the_start() {
    let config =
        Config::new().toml("[[plugins]]\npath = \"huggingface\"\n[plugins.config]\nfile = \"small.json\"\nmodels = [\"small-*\"]").file("small.json", "{}");
    let Err(refused) = Weighbridge::try_start(config) else { panic!("it started") };
    let place = refused.stderr.find("config: ").map_or(0, |at| at + "config: ".len());
    let file = refused.stderr.find("small.json is").unwrap_or(place);
    insta::assert_snapshot!(format!("{}…/{}", &refused.stderr[..place], &refused.stderr[file..]), @"error: weighbridge.toml: plugins[0].config: …/small.json is no tokenizer.json: missing field `model` at line 1 column 2");
}
