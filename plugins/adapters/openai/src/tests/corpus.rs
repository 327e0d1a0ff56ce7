//! Every recorded chat answer of OpenAI, and of Azure on the side, is metered as it is known to have been used.

use weighbridge_plugin::Adapter;
use weighbridge_plugin_testkit::corpus::{Case, cases};

use super::{adapter, plan};

/// Reads the cases; gives the number of certain ones and how they differ. No case may be negative or beyond what is reported.
fn read_all(dialect: &str, cases: &[Case]) -> (usize, Vec<String>) {
    let adapter = adapter("");
    let plan = plan(&adapter, dialect);
    let (mut certain, mut differences) = (0, Vec::new());
    for case in cases.iter().filter(|case| case.status < 400) {
        let reading = adapter.read_usage(dialect, &case.facts(&plan)).expect("a reading");
        assert!(reading.quantities.iter().all(|quantity| !quantity.value.is_sign_negative()), "{}: {reading:?}", case.id);
        if case.is_certain() {
            certain += 1;
            differences.extend(case.differences(&reading));
        } else {
            assert!(!reading.doubts.is_empty(), "{} is uncertain, and nothing is flagged: {reading:?}", case.id);
        }
    }
    (certain, differences)
}

#[test]
fn chat_answers_are_metered_exactly() {
    for (prefix, least) in [("openai.chat.", 30), ("azure.chat.", 18)] {
        let cases = cases(prefix);
        if !cases.is_empty() {
            let (certain, differences) = read_all("openai.chat", &cases);
            assert!(differences.is_empty(), "{}", differences.join("\n"));
            assert!(certain >= least, "only {certain} certain cases of {prefix} were read");
        }
    }
}

#[test]
fn responses_embeddings_and_completions_are_metered_exactly() {
    for (prefix, dialect) in [
        ("openai.responses.", "openai.responses"),
        ("azure.responses.", "openai.responses"),
        ("openai.embeddings.", "openai.embeddings"),
        ("azure.embeddings.", "openai.embeddings"),
        ("openai.completions.", "openai.completions"),
        ("azure.completions.", "openai.completions"),
    ] {
        let (_, differences) = read_all(dialect, &cases(prefix));
        assert!(differences.is_empty(), "{}", differences.join("\n"));
    }
}
