//! Every recorded answer of every provider on this component is metered as it is known to have been used, through the
//! provider's own manifest; what has no folder goes through OpenAI's.

use weighbridge_plugin::Adapter;
use weighbridge_plugin_testkit::corpus::{Case, cases};

use super::plan;
use crate::OpenAi;

/// The providers whose answers these are, as the corpus names them.
const PROVIDERS: [&str; 29] = [
    "alibaba",
    "azure",
    "cerebras",
    "chatgpt-codex",
    "cloudflare",
    "crusoe",
    "databricks",
    "deepseek",
    "doubleword",
    "github-copilot",
    "gpustack",
    "groq",
    "heroku",
    "huggingface",
    "llamacpp",
    "lmstudio",
    "local",
    "mistral",
    "mistralrs",
    "moonshotai",
    "openai",
    "openrouter",
    "perplexity",
    "snowflake",
    "together",
    "venice",
    "writer",
    "xai",
    "zai",
];

/// The corpus's name of an endpoint, and the dialect.
const ENDPOINTS: [(&str, &str); 10] = [
    ("chat", "openai.chat"),
    ("completions", "openai.completions"),
    ("responses", "openai.responses"),
    ("embeddings", "openai.embeddings"),
    ("images", "openai.images"),
    ("audio.transcriptions", "openai.transcriptions"),
    ("moderations", "openai.moderations"),
    ("count_tokens", "openai.input_tokens"),
    ("rerank", "rerank"),
    ("ocr", "mistral.ocr"),
];

/// The provider of this folder, as its manifest has it.
pub fn provider(name: &str) -> OpenAi {
    let path = format!("{}/../{name}/plugin.toml", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|_| include_str!("../../plugin.toml").to_owned());
    let manifest: toml::Table = text.parse().unwrap_or_else(|error| panic!("{path}: {error}"));
    OpenAi::configure(&serde_json::to_string(&manifest["config"]).expect("JSON")).unwrap_or_else(|error| panic!("{path}: {}", error.message))
}

/// Reads the cases; gives the number of certain ones and how they differ. No case may be negative or beyond what is reported.
fn read_all(adapter: &OpenAi, dialect: &str, cases: &[Case]) -> (usize, Vec<String>) {
    let plan = plan(adapter, dialect);
    let (mut certain, mut differences) = (0, Vec::new());
    for case in cases.iter().filter(|case| case.status < 400) {
        let reading = adapter.read_usage(dialect, &case.facts(&plan)).expect("a reading");
        assert!(reading.quantities.iter().all(|quantity| !quantity.value.is_sign_negative()), "{}: {reading:?}", case.id);
        if case.is_certain() {
            certain += 1;
            differences.extend(case.differences(&reading));
        } else if reading.doubts.is_empty() {
            differences.push(format!("{} is uncertain, and nothing is flagged: {reading:?}", case.id));
        }
    }
    (certain, differences)
}

#[test]
fn every_recorded_answer_is_metered_exactly() {
    let (mut certain, mut differences) = (0, Vec::new());
    for name in PROVIDERS {
        let adapter = provider(name);
        for (endpoint, dialect) in ENDPOINTS {
            let cases = cases(&format!("{name}.{endpoint}."));
            let dialect = if (name, endpoint) == ("mistral", "completions") { "mistral.fim" } else { dialect };
            if cases.iter().any(|case| case.status < 400) {
                let (read, differing) = read_all(&adapter, dialect, &cases);
                certain += read;
                differences.extend(differing);
            }
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert!(certain == 0 || certain > 400, "only {certain} certain cases were read");
}
