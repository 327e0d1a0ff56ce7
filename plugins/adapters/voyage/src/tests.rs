//! The adapter as the host drives it, over answers of our own and recorded ones.

use weighbridge_plugin::{
    Adapter,
    adapter::{BodyPlan, ClientRequest, Edit},
};
use weighbridge_plugin_testkit::{corpus::cases, evaluate};

use super::Voyage;

/// The adapter as a manifest configures it.
fn adapter(manifest: &str) -> Voyage {
    let manifest: toml::Table = manifest.parse().expect("TOML");
    Voyage::configure(&serde_json::to_string(&manifest["config"]).expect("JSON")).unwrap_or_else(|error| panic!("{}", error.message))
}

fn voyage() -> Voyage {
    adapter(include_str!("../plugin.toml"))
}

fn read(body: &str) -> String {
    let plan = &voyage().plans()[0];
    let reading = voyage().read_usage(&plan.dialect, &evaluate::body_facts(plan, body.as_bytes())).expect("a reading");
    let quantities = reading.quantities.iter().map(|quantity| format!("{}={}", quantity.meter, quantity.value));
    quantities.chain(reading.doubts).collect::<Vec<_>>().join(" ")
}

fn request(dialect: &str, upstream_model: &str) -> ClientRequest {
    ClientRequest {
        dialect: dialect.into(),
        model: "m".into(),
        upstream_model: upstream_model.into(),
        streamed: false,
        query: String::new(),
        headers: vec![],
        fields: vec![],
        body: None,
        attrs: vec![],
    }
}

#[test]
fn the_total_is_input() {
    assert_eq!(read(r#"{"usage":{"total_tokens":43}}"#), "input=43");
    assert_eq!(read(r#"{"usage":{"prompt_tokens":43}}"#), "input=43");
    assert_eq!(read(r#"{"usage":{"total_tokens":0}}"#), "input=0");
    assert_eq!(read(r#"{"usage":{"total_tokens":null}}"#), "");
}

#[test]
fn images_are_what_the_text_leaves_of_the_total() {
    assert_eq!(read(r#"{"usage":{"text_tokens":5,"image_pixels":2000000,"total_tokens":3576}}"#), "input=5 input_image=3571");
    assert_eq!(read(r#"{"usage":{"text_tokens":5,"image_pixels":0,"total_tokens":5}}"#), "input=5");
}

#[test]
fn rule_36_contradictions_are_clipped_and_flagged_never_negative() {
    assert_eq!(read(r#"{"usage":{"text_tokens":9,"total_tokens":5}}"#), "input=5 text_exceeds_total");
    assert_eq!(read(r#"{"usage":{"total_tokens":-5}}"#), "negative_total");
}

#[test]
fn recorded_answers_are_metered_exactly() {
    for (prefix, dialect) in [("voyage.embeddings.", "openai.embeddings"), ("voyage.rerank.", "rerank")] {
        let adapter = voyage();
        let plan = adapter.plans().into_iter().find(|plan| plan.dialect == dialect).expect("a plan");
        for case in cases(prefix) {
            assert!(case.is_certain() && case.status < 400, "{}", case.id);
            let reading = adapter.read_usage(dialect, &case.facts(&plan)).expect("a reading");
            assert!(reading.doubts.is_empty(), "{}: {:?}", case.id, reading.doubts);
            let differences = case.differences(&reading);
            assert!(differences.is_empty(), "{}", differences.join("\n"));
        }
    }
}

#[test]
fn every_dialect_has_its_path_and_passes_byte_for_byte() {
    for (dialect, path) in [
        ("openai.embeddings", "/embeddings"),
        ("rerank", "/rerank"),
        ("voyage.multimodal", "/multimodalembeddings"),
        ("voyage.contextualized", "/contextualizedembeddings"),
    ] {
        let sent = voyage().prepare(request(dialect, "m")).expect("a request");
        assert_eq!((sent.path_and_query.as_str(), sent.body), (path, BodyPlan::Unchanged));
    }
    let sent = voyage().prepare(request("rerank", "rerank-2.5")).expect("a request");
    assert_eq!(sent.body, BodyPlan::Edits(vec![Edit::set("/model", "\"rerank-2.5\"")]));
    assert_eq!(voyage().prepare(request("openai.chat", "m")).expect_err("a refusal").message, "the dialect \"openai.chat\" is not spoken here");
}

#[test]
fn another_provider_is_settings_of_the_same_component() {
    let jina = adapter(include_str!("../../jina/plugin.toml"));
    let dialects: Vec<String> = jina.plans().into_iter().map(|plan| plan.dialect).collect();
    assert_eq!(dialects, ["openai.embeddings", "rerank"]);
    let refusal = Voyage::configure("{}").err().map(|error| error.message);
    assert_eq!(refusal.as_deref(), Some("the settings of voyage: missing field `paths` at line 1 column 2"));
}

#[test]
fn the_text_to_be_counted_is_found() {
    let plan = &voyage().plans()[0];
    let texts = |request: &str| evaluate::texts(plan.prompt_text.iter().map(String::as_str), request.as_bytes());
    assert_eq!(texts(r#"{"input":["p","q"]}"#), ["p", "q"]);
    assert_eq!(texts(r#"{"query":"q","documents":["a",{"text":"b"}]}"#), ["q", "a", "b"]);
    assert_eq!(texts(r#"{"inputs":[{"content":[{"type":"text","text":"p"}]}]}"#), ["p"]);
    assert_eq!(texts(r#"{"inputs":[["p","q"]]}"#), ["p", "q"]);
}
