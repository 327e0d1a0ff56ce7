//! Every refusal with its code, status, fault and whole text.

use std::sync::Arc;

use http::Method;
use weighbridge_domain::Digest;
use weighbridge_plugin_api::{Failure, PluginError, PluginIdentity};

use super::*;
use crate::dialect::ErrorStyle;

fn plugin(failure: Failure) -> PluginError {
    let plugin = PluginIdentity { name: "acme-ai".into(), version: "1.0.0".into(), digest: Digest::of(b"") };
    PluginError { plugin: Arc::new(plugin), call: "prepare", failure }
}

/// Every refusal with its code, status, fault and whole text: a change of any is a change of the contract.
#[test]
fn every_refusal_says_what_is_wrong_whose_fault_it_is_and_what_was_billed() {
    let all = [
        Refusal::no_such_route(&Method::GET, "/v1/chat"),
        Refusal::method_not_allowed(&Method::GET, "/v1/messages"),
        Refusal::missing_api_key(),
        Refusal::invalid_api_key(),
        Refusal::revoked_api_key("wb-abcd"),
        Refusal::expired_api_key("wb-abcd", "2026-01-01T00:00:00Z"),
        Refusal::unnamed_customer(),
        Refusal::unknown_customer("acme"),
        Refusal::bad_customer_id(weighbridge_domain::ids::check_slug("a b").unwrap_err()),
        Refusal::archived_customer("acme"),
        Refusal::no_plan("acme"),
        Refusal::request_too_large(1024),
        Refusal::broken_body(),
        Refusal::slow_body(60),
        Refusal::invalid_json("EOF while parsing an object at line 1 column 1"),
        Refusal::invalid_form("its content-type has no boundary"),
        Refusal::read_in_two_ways("some would read \"Model\" as \"model\" at line 1 column 9"),
        Refusal::given_twice("model"),
        Refusal::header_given_twice("x-acme-version"),
        Refusal::wrong_type("stream", "true or false"),
        Refusal::missing_model(),
        Refusal::bad_header("x-weighbridge-session", "1 to 256 visible ASCII characters"),
        Refusal::unfit_model("a/../b\n", "has control characters or invisible ones in it"),
        Refusal::model_not_found("no-such"),
        Refusal::model_not_allowed("dear"),
        Refusal::dialect_not_spoken("anthropic.messages", "acme-ai", "m"),
        Refusal::unpriced_model("new", "acme-ai", "standard"),
        Refusal::rate_limited("requests", 60, 12),
        Refusal::no_such_resource("batch", "batch_1"),
        Refusal::provider_gone("acme-ai", "batch_1"),
        Refusal::resource_in_progress("video", "video_1"),
        Refusal::provider_lacks("openai.batches", "acme-ai"),
        Refusal::missing_parameter("input_file_id"),
        Refusal::streamed_look("background response"),
        Refusal::file_for_batch(),
        Refusal::bad_batch_line(7),
        Refusal::batch_of_alias("fast"),
        Refusal::batch_of_several(["one", "other"].into_iter()),
        Refusal::start_unknown("video", "acme-ai", "no answer within 600000 ms"),
        Refusal::upstream_refused_look("acme-ai", 500),
        Refusal::results_not_billed("the ledger is closed"),
        Refusal::upstream_unreachable("acme-ai", "Connection refused (os error 111)"),
        Refusal::no_credential("acme-ai", "no access token from tokens.example.com: 400 invalid_grant"),
        Refusal::upstream_broke_off("acme-ai", "connection closed before message completed"),
        Refusal::upstream_redirect("acme-ai", 307),
        Refusal::upstream_not_json("acme-ai", 200),
        Refusal::upstream_undecodable("acme-ai", "content-encoding \"snappy\" cannot be read"),
        Refusal::upstream_too_large("acme-ai", 1024),
        Refusal::upstream_timeout("acme-ai", "answer", 600_000),
        Refusal::upstream_fell_silent("acme-ai", 120_000),
        Refusal::upstream_unreadable("acme-ai", "an event of the stream is larger than 16777216 bytes"),
        Refusal::plugin(&plugin(Failure::Unsupported("the parameter \"n\" above 1 cannot be translated".into()))),
        Refusal::plugin(&plugin(Failure::Deadline { limit_ms: 5 })),
        Refusal::plugin(&plugin(Failure::Host("out of instances".into()))),
        Refusal::plugin_after_answer(&plugin(Failure::Trap("unreachable".into()))),
        Refusal::plugin_nonsense("acme-ai", "\"x\" is not a JSON pointer to a member of an object"),
        Refusal::ledger_unavailable("the disk is full"),
        Refusal::ledger_lost_answer("the disk is full"),
        Refusal::internal(),
    ];
    let lines: Vec<_> = all.iter().map(|r| format!("{} {} {}: {}", r.status().as_u16(), r.code(), r.fault().as_str(), r.message())).collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn each_dialect_has_its_own_shape_of_the_same_refusal() {
    let refusal = Refusal::missing_model();
    let shape = |style: &str| String::from_utf8(ErrorStyle::parse(style).unwrap().body(&refusal)).unwrap();
    insta::assert_snapshot!(shape("openai"), @r#"{"error":{"message":"The request names no \"model\". Name one of those that GET /v1/models lists. Nothing was billed.","type":"invalid_request_error","param":"model","code":"invalid_request"}}"#);
    insta::assert_snapshot!(shape("anthropic"), @r#"{"type":"error","error":{"type":"invalid_request_error","message":"The request names no \"model\". Name one of those that GET /v1/models lists. Nothing was billed.","code":"invalid_request"}}"#);
    insta::assert_snapshot!(shape("gemini"), @r#"{"error":{"code":400,"message":"The request names no \"model\". Name one of those that GET /v1/models lists. Nothing was billed.","status":"INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","domain":"weighbridge","reason":"invalid_request"}]}}"#);
    insta::assert_snapshot!(shape("bedrock"), @r#"{"message":"The request names no \"model\". Name one of those that GET /v1/models lists. Nothing was billed.","code":"invalid_request"}"#);
    insta::assert_snapshot!(shape("ollama"), @r#"{"error":"The request names no \"model\". Name one of those that GET /v1/models lists. Nothing was billed.","code":"invalid_request"}"#);
    insta::assert_snapshot!(shape(r#"{"message":{message},"id":{code},"x":["{y}",{status},{type}]}"#), @r#"{"message":"The request names no \"model\". Name one of those that GET /v1/models lists. Nothing was billed.","id":"invalid_request","x":["{y}",400,"invalid_request_error"]}"#);
}
