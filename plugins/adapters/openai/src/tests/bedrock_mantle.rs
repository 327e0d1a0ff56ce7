//! Bedrock's OpenAI-compatible endpoint, as data over this component.

use weighbridge_plugin::Adapter;
use weighbridge_plugin_testkit::corpus::cases;

use super::plan;
use crate::OpenAi;

#[test]
fn recorded_answers_of_bedrock_mantle_are_metered_exactly() {
    let manifest: toml::Table = include_str!("../../../bedrock-mantle/plugin.toml").parse().expect("TOML");
    let config = serde_json::to_string(&manifest["config"]).expect("JSON");
    let adapter = OpenAi::configure(&config).unwrap_or_else(|error| panic!("{}", error.message));
    for (prefix, dialect, least) in [("bedrock-mantle.chat.", "openai.chat", 1), ("bedrock-mantle.responses.", "openai.responses", 6)] {
        let (plan, cases) = (plan(&adapter, dialect), cases(prefix));
        for case in &cases {
            let reading = adapter.read_usage(dialect, &case.facts(&plan)).expect("a reading");
            let differences = case.differences(&reading);
            assert!(differences.is_empty() && reading.doubts.is_empty(), "{} {:?}", differences.join("\n"), reading.doubts);
        }
        let certain = cases.iter().filter(|case| case.is_certain()).count();
        assert!(cases.is_empty() || certain >= least, "only {certain} certain cases of {prefix} were read");
    }
}
