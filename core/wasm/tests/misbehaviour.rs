//! A plugin that loops, allocates without end, traps or returns nonsense fails its own call, with a clear error and its blame;
//! the next call works.

#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use std::collections::BTreeMap;

use common::{host, hostile_rule, rate, shared};
use weighbridge_plugin_api::adapter::{Adapter, ClientRequest, EventRef, StreamStep, UpstreamResponse};
use weighbridge_plugin_api::pricing::PricingRules;
use weighbridge_plugin_api::{Blame, PluginError};
use weighbridge_wasm::HostOptions;

/// One bad call between good ones: of the same plugin and of another.
fn one_bad_rating(model: &str) -> PluginError {
    let hostile = hostile_rule(shared(), model.to_ascii_uppercase().as_str());
    let other = hostile_rule(shared(), "another sheet");
    assert_eq!(rate(&*hostile, "good").unwrap().items.len(), 1);
    let error = rate(&*hostile, model).unwrap_err();
    assert_eq!(&*rate(&*hostile, "good").unwrap().items[0].description, "fine", "the next call of the same plugin works");
    assert_eq!(&*rate(&*other, "good").unwrap().items[0].description, "fine", "another plugin never noticed");
    error
}

#[test]
fn what_a_pricing_rule_can_do_wrong_and_what_is_said_of_it() {
    for (model, text) in [
        ("loop", "it did not finish within its deadline of 10 ms"),
        ("allocate", "it asked for more than its 16 MiB of memory"),
        ("trap", "it crashed (unreachable code)"),
        ("recurse", "it crashed (stack overflow)"),
        ("big-frames", "it crashed (out-of-bounds memory access)"),
        ("internal", "it failed: lost my place"),
        ("negative", "it returned nonsense: the line \"fine\" has the negative amount -1, and is not marked as a credit"),
        ("negative-quantity", "it returned nonsense: the line \"fine\" has the negative quantity -1"),
        ("bad-meter", "it returned nonsense: \"Bad Meter\" is not a meter: a name is snake_case, 1 to 64 characters"),
        ("no-description", "it returned nonsense: the description \"\" is empty, longer than 512 bytes or more than one line"),
        ("undeclared", "it returned nonsense: a contribution to the aggregate \"mine\", which the sheet does not declare"),
        ("many", "it returned nonsense: 1001 lines; at most 1000"),
        ("huge", "it returned nonsense: its answer is larger than 1 MiB"),
    ] {
        let error = one_bad_rating(model);
        assert_eq!(error.to_string(), format!("plugin \"hostile\" rate: {text}"));
        assert_eq!(error.blame(), Blame::Guest, "{model}");
    }
}

#[test]
fn a_panic_is_told_in_its_own_words() {
    let text = one_bad_rating("panic").to_string();
    assert!(text.starts_with("plugin \"hostile\" rate: it crashed (unreachable code: panicked at ") && text.ends_with("out of ideas)"), "{text}");
}

#[test]
fn a_plugin_that_says_why_not_is_not_to_blame() {
    let error = one_bad_rating("unsupported");
    assert_eq!((error.to_string().as_str(), error.blame()), ("plugin \"hostile\" rate: this model [2J has no price", Blame::Input));
}

#[test]
fn a_negative_line_is_taken_only_as_a_credit() {
    let rated = rate(&*hostile_rule(shared(), "credit"), "credit").unwrap();
    assert_eq!(rated.items[0].amount, (-1).into());
}

#[test]
fn a_sheet_that_makes_the_rule_misbehave_is_not_loaded() {
    let refusal = |sheet| shared().load("hostile", sheet).map(|_| ()).unwrap_err().to_string();
    assert_eq!(refusal("refuse"), "a b: first; c: second");
    assert_eq!(refusal("trap"), "plugin \"hostile\" load: it crashed (unreachable code)");
    let quick = host(HostOptions { configure_ms: 20, ..HostOptions::default() });
    assert_eq!(quick.load("hostile", "loop").map(|_| ()).unwrap_err().to_string(), "plugin \"hostile\" load: it did not finish within its deadline of 20 ms");
    assert_eq!(
        shared().load("missing", "{}").map(|_| ()).unwrap_err().to_string(),
        "there is no pricing plugin named \"missing\"; there is: blended-margin, contract, cost-plus, coupon, expression, free-tier, graduated, hostile, included-allowance, minimum-commitment, package, per-request, per-token, percentage-discount, prepaid-commit, session-cap, volume"
    );
}

fn adapter() -> std::sync::Arc<dyn Adapter> {
    shared().adapter("hostile", &BTreeMap::new()).unwrap()
}

fn prepare(adapter: &dyn Adapter, model: &str) -> Result<String, String> {
    let request = ClientRequest {
        dialect: "acme.chat",
        model,
        upstream_model: model,
        streamed: false,
        query: "",
        headers: vec![],
        fields: vec![],
        body: None,
        attrs: vec![],
    };
    adapter.prepare(&request).map(|request| request.path_and_query).map_err(|error| {
        assert_eq!(error.blame(), Blame::Guest);
        error.to_string()
    })
}

#[test]
fn what_an_adapter_can_make_of_a_request() {
    let adapter = adapter();
    for (model, text) in [
        ("absolute", "the path \"https://evil.example/steal\": it must begin with a single \"/\"; scheme, host and base path are the operator's"),
        ("method", "the method \"PUT\": it must be \"POST\" or \"GET\", and \"PATCH\" or \"DELETE\" for what an earlier call left"),
        ("credential", "it sets the header \"authorization\": credentials are added by the host"),
        ("host", "it sets the header \"host\", which is the host's own"),
        ("bad-header", "\"a b\" is not a header's name"),
        ("bad-json", "the edit of \"/model\" is not JSON (key must be a string at line 1 column 2): \"{oops\""),
        ("bad-pointer", "\"model\" is not a JSON pointer such as \"/usage/input\""),
        ("root", "an edit of the whole body: replace it instead"),
        ("state", "5000 bytes of state; at most 4096"),
    ] {
        assert_eq!(prepare(&*adapter, model), Err(format!("plugin \"hostile\" prepare: it returned nonsense: {text}")));
        assert_eq!(prepare(&*adapter, "good"), Ok("/chat".into()));
    }
    assert_eq!(prepare(&*adapter, "trap"), Err("plugin \"hostile\" prepare: it crashed (unreachable code)".into()));
    assert_eq!(prepare(&*adapter, "good"), Ok("/chat".into()));
}

#[test]
fn what_an_adapter_can_make_of_usage() {
    let adapter = adapter();
    for (dialect, text) in [
        ("negative", "the quantity input is negative: -5"),
        ("twice", "the quantity input is given twice"),
        ("absurd", "the quantity input is absurdly large: 9223372036854775807"),
        ("bad-meter", "\"Bad Meter\" is not a meter: a name is snake_case, 1 to 64 characters"),
        ("doubt", "the doubt \"Not Snake\" is not snake_case of 1 to 64 characters"),
        ("extra", "the quantity output is negative: -1"),
    ] {
        let error = adapter.read_usage(dialect, &[]).unwrap_err();
        assert_eq!(error.to_string(), format!("plugin \"hostile\" read-usage: it returned nonsense: {text}"));
        assert_eq!(adapter.read_usage("good", &[]).unwrap().quantities.len(), 1);
    }
}

#[test]
fn what_an_adapter_can_make_of_answers_and_events() {
    let adapter = adapter();
    let answer = UpstreamResponse { status: 200, fields: vec![], body: None };
    let response = |state| adapter.read_response(state, &answer).map(|answer| answer.status).map_err(|error| error.to_string());
    assert_eq!(response(b"status"), Err("plugin \"hostile\" read-response: it returned nonsense: the status 42: it must be 200 to 599".into()));
    assert_eq!(
        response(b"cookie"),
        Err("plugin \"hostile\" read-response: it returned nonsense: it sets the header \"set-cookie\": credentials are added by the host".into())
    );
    assert_eq!(response(b""), Ok(200));

    let events = [EventRef { name: None, data: b"x" }, EventRef { name: Some("a"), data: b"y" }];
    let step = |state| adapter.on_events(state, &events).map(|step: StreamStep| step.events.len()).map_err(|error| error.to_string());
    assert_eq!(step(b"one-more"), Err("plugin \"hostile\" on-events: it returned nonsense: 3 results for 2 events".into()));
    assert_eq!(step(b"none"), Err("plugin \"hostile\" on-events: it returned nonsense: 0 results for 2 events".into()));
    assert_eq!(
        step(b"name"),
        Err("plugin \"hostile\" on-events: it returned nonsense: the event's name \"a data: b\" is empty, longer than 128 bytes or more than one line".into())
    );
    assert_eq!(step(b""), Ok(2));
}

#[test]
fn plans_that_cannot_be_evaluated_are_refused_at_once() {
    for (config, text) in [
        ("no plans", "it has no plan for any dialect"),
        ("two plans", "it has two plans for the dialect \"acme.chat\""),
        ("peek", "in the plan for \"acme.chat\", it asks for the header \"authorization\": names are in lower case, and credentials are not shown"),
        ("bad pointer", "in the plan for \"acme.chat\", \"model\" is not a JSON pointer such as \"/usage/input\""),
    ] {
        let operator = BTreeMap::from([("do".to_owned(), config.into())]);
        let error = shared().adapter("hostile", &operator).map(|_| ()).unwrap_err();
        assert_eq!(error.to_string(), format!("plugin \"hostile\" configure: it returned nonsense: {text}"));
    }
}
