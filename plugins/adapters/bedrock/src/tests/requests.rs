//! What goes upstream, and which settings are refused.

use weighbridge_plugin::{
    Adapter,
    adapter::{Auth, BodyPlan, ClientRequest, UpstreamRequest},
};

use super::adapter;
use crate::{Bedrock, config::Config};

fn prepared(dialect: &str, model: &str, streamed: bool) -> UpstreamRequest {
    let request = ClientRequest {
        dialect: dialect.into(),
        model: "m".into(),
        upstream_model: model.into(),
        streamed,
        query: String::new(),
        headers: vec![],
        fields: vec![],
        body: None,
        attrs: vec![],
    };
    adapter().prepare(request).unwrap_or_else(|error| panic!("{}", error.message))
}

#[test]
fn the_path_names_the_model_and_the_verb() {
    for (dialect, streamed, verb) in [
        ("bedrock.converse", false, "converse"),
        ("bedrock.converse", true, "converse-stream"),
        ("bedrock.invoke", false, "invoke"),
        ("bedrock.invoke", true, "invoke-with-response-stream"),
        ("bedrock.count_tokens", false, "count-tokens"),
    ] {
        let sent = prepared(dialect, "amazon.nova-lite-v1:0", streamed);
        assert_eq!((sent.path_and_query, sent.body), (format!("/model/amazon.nova-lite-v1%3A0/{verb}"), BodyPlan::Unchanged));
    }
    let arn = "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.amazon.nova-lite-v1:0";
    let sent = prepared("bedrock.converse", arn, false);
    assert_eq!(sent.path_and_query, "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Ainference-profile%2Fus.amazon.nova-lite-v1%3A0/converse");
}

#[test]
fn rule_19_an_inference_profile_names_its_geography() {
    let geography = |model: &str| prepared("bedrock.converse", model, false).attrs.first().map(|attr| format!("{}={}", attr.key, attr.value));
    for (model, expected) in [
        ("amazon.nova-lite-v1:0", None),
        ("us.amazon.nova-lite-v1:0", Some("geography=us")),
        ("eu.anthropic.claude-haiku-4-5-20251001-v1:0", Some("geography=eu")),
        ("global.anthropic.claude-sonnet-4-5-20250929-v1:0", Some("geography=global")),
        ("us-gov.anthropic.claude-3-haiku-20240307-v1:0", Some("geography=us-gov")),
        ("arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.amazon.nova-lite-v1:0", Some("geography=us")),
        ("arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2c3", None),
    ] {
        assert_eq!(geography(model).as_deref(), expected, "{model}");
    }
}

#[test]
fn requests_are_signed_or_bear_a_key() {
    let auth = |config: &str| Bedrock::configure(config).map(|adapter| adapter.plans()[0].auth.clone()).map_err(|error| error.message);
    assert_eq!(auth("{}"), Ok(Auth::AwsSigv4("bedrock".into())));
    assert_eq!(auth(r#"{"auth":"bearer"}"#), Ok(Auth::Bearer));
    assert_eq!(auth(r#"{"auth":"basic"}"#), Err("the settings of bedrock: unknown variant `basic`, expected `sigv4` or `bearer` at line 1 column 15".into()));
}

#[test]
fn another_dialect_is_refused() {
    let request = ClientRequest {
        dialect: "openai.chat".into(),
        model: "m".into(),
        upstream_model: "m".into(),
        streamed: false,
        query: String::new(),
        headers: vec![],
        fields: vec![],
        body: None,
        attrs: vec![],
    };
    assert_eq!(adapter().prepare(request).expect_err("a refusal").message, "the dialect \"openai.chat\" is not spoken here");
}

#[test]
fn the_manifest_writes_out_the_defaults() {
    let manifest: toml::Table = include_str!("../../plugin.toml").parse().expect("TOML");
    assert_eq!(Config::parse(&serde_json::to_string(&manifest["config"]).expect("JSON")).map_err(|error| error.message), Ok(Config::default()));
}
