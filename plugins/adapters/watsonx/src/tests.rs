//! The adapter as the host drives it, over answers of our own and recorded ones.

use weighbridge_plugin::{
    Adapter,
    adapter::{BodyPlan, ClientRequest, Edit, Fact, Plan},
};
use weighbridge_plugin_testkit::{corpus::cases, evaluate, sse};

use crate::{Watsonx, config::Config};

fn adapter() -> Watsonx {
    Watsonx::configure("{}").unwrap_or_else(|error| panic!("{}", error.message))
}

fn plan(dialect: &str) -> Plan {
    adapter().plans().into_iter().find(|plan| plan.dialect == dialect).expect("a plan")
}

fn line(dialect: &str, facts: &[Fact]) -> String {
    let reading = adapter().read_usage(dialect, facts).expect("a reading");
    let quantities = reading.quantities.iter().map(|quantity| format!("{}={}", quantity.meter, quantity.value));
    quantities.chain(reading.doubts).collect::<Vec<_>>().join(" ")
}

fn read(dialect: &str, body: &str) -> String {
    line(dialect, &evaluate::body_facts(&plan(dialect), body.as_bytes()))
}

fn read_stream(dialect: &str, stream: &str) -> String {
    line(dialect, &evaluate::event_facts(&plan(dialect), &sse::events(stream.as_bytes())))
}

fn request(dialect: &str, streamed: bool, query: &str) -> ClientRequest {
    ClientRequest {
        dialect: dialect.into(),
        model: "m".into(),
        upstream_model: "m".into(),
        streamed,
        query: query.into(),
        headers: vec![],
        fields: vec![],
        body: None,
        attrs: vec![],
    }
}

#[test]
fn recorded_answers_are_metered_exactly() {
    for case in cases("watsonx.") {
        assert!(case.is_certain() && case.status < 400, "{}", case.id);
        let reading = adapter().read_usage("watsonx.text", &case.facts(&plan("watsonx.text"))).expect("a reading");
        let differences = case.differences(&reading);
        assert!(differences.is_empty() && reading.doubts.is_empty(), "{} {:?}", differences.join("\n"), reading.doubts);
    }
}

#[test]
fn every_result_of_a_whole_answer_counts() {
    let results = r#"{"results":[{"generated_text":"a","generated_token_count":2,"input_token_count":7},{"generated_text":"b","generated_token_count":3,"input_token_count":0}]}"#;
    assert_eq!(read("watsonx.text", results), "input=7 output=5");
    assert_eq!(read("watsonx.chat", r#"{"usage":{"prompt_tokens":7,"completion_tokens":2,"total_tokens":9}}"#), "input=7 output=2");
    assert_eq!(read("watsonx.embeddings", r#"{"input_token_count":7}"#), "input=7");
    assert_eq!(read("watsonx.text", r#"{"results":[]}"#), "");
}

#[test]
fn rule_22_the_events_of_a_stream_are_never_added_up() {
    let event = |output: u32, input: u32| {
        format!(
            "id: 1\nevent: message\ndata: {{\"model_id\":\"m\",\"results\":[{{\"generated_text\":\"x\",\"generated_token_count\":{output},\"input_token_count\":{input}}}]}}\n\n"
        )
    };
    let stream = ["id: 1\nevent: message\ndata: {}\n\n".into(), event(0, 7), event(1, 0), event(2, 0)].concat();
    assert_eq!(read_stream("watsonx.text", &stream), "input=7 output=2");
    let chunks = "data: {\"choices\":[{\"delta\":{\"content\":\"x\"}}]}\n\ndata: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":2}}\n\n";
    assert_eq!(read_stream("watsonx.chat", chunks), "input=7 output=2");
}

#[test]
fn rule_36_what_cannot_be_is_flagged_and_not_used() {
    assert_eq!(read("watsonx.embeddings", r#"{"input_token_count":-7}"#), "negative_input");
}

#[test]
fn the_path_names_the_verb_and_a_version() {
    let sent = |dialect: &str, streamed, query: &str| adapter().prepare(request(dialect, streamed, query)).expect("a request").path_and_query;
    assert_eq!(sent("watsonx.text", false, "version=2024-02-15"), "/ml/v1/text/generation?version=2024-02-15");
    assert_eq!(sent("watsonx.text", true, ""), "/ml/v1/text/generation_stream?version=2024-05-31");
    assert_eq!(sent("watsonx.chat", false, "a=b"), "/ml/v1/text/chat?version=2024-05-31&a=b");
    assert_eq!(sent("watsonx.chat", true, ""), "/ml/v1/text/chat_stream?version=2024-05-31");
    assert_eq!(sent("watsonx.embeddings", false, ""), "/ml/v1/text/embeddings?version=2024-05-31");
    let refusal = adapter().prepare(request("openai.chat", false, "")).expect_err("a refusal");
    assert_eq!(refusal.message, "the dialect \"openai.chat\" is not spoken here");
}

#[test]
fn the_model_is_renamed_only_where_it_differs() {
    assert_eq!(adapter().prepare(request("watsonx.text", false, "")).expect("a request").body, BodyPlan::Unchanged);
    let renamed = ClientRequest { upstream_model: "ibm/granite".into(), ..request("watsonx.text", false, "") };
    assert_eq!(adapter().prepare(renamed).expect("a request").body, BodyPlan::Edits(vec![Edit::set("/model_id", "\"ibm/granite\"")]));
}

#[test]
fn the_manifest_writes_out_the_defaults_and_declares_the_dialects() {
    let manifest: toml::Table = include_str!("../plugin.toml").parse().expect("TOML");
    assert_eq!(Config::parse(&serde_json::to_string(&manifest["config"]).expect("JSON")).map_err(|error| error.message), Ok(Config::default()));
    let declared: Vec<&str> = manifest["dialects"].as_array().expect("a list").iter().filter_map(|dialect| dialect["name"].as_str()).collect();
    assert_eq!(declared, adapter().plans().iter().map(|plan| plan.dialect.as_str()).collect::<Vec<_>>());
}

#[test]
fn wrong_settings_are_refused_by_name() {
    for (config, message) in [
        (r#"{"version":"latest&x=1"}"#, "version is \"latest&x=1\"; it must be a date, as \"2024-05-31\" is"),
        (r#"{"path":"/"}"#, "the settings of watsonx: unknown field `path`, expected `version` at line 1 column 7"),
    ] {
        assert_eq!(Watsonx::configure(config).err().map(|error| error.message).as_deref(), Some(message));
    }
}
