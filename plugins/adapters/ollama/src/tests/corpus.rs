//! Every recorded answer of Ollama and of its cloud is metered as it is known to have been used.

use weighbridge_plugin::Adapter;
use weighbridge_plugin_testkit::corpus::cases;

use super::{adapter, plan};

#[test]
fn recorded_answers_are_metered_exactly() {
    for (endpoint, dialect, least) in [
        ("ollama.api.chat.", "ollama.chat", 7),
        ("ollama.api.generate.", "ollama.generate", 4),
        ("ollama.api.embed.", "ollama.embed", 2),
        ("ollama.chat.", "openai.chat", 5),
        ("ollama-cloud.api.chat.", "ollama.chat", 3),
        ("ollama-cloud.api.generate.", "ollama.generate", 3),
        ("ollama-cloud.chat.", "openai.chat", 5),
    ] {
        let (plan, cases) = (plan(dialect), cases(endpoint));
        let (mut certain, mut differences) = (0, Vec::new());
        for case in cases.iter().filter(|case| case.status < 400) {
            let reading = adapter().read_usage(dialect, &case.facts(&plan)).expect("a reading");
            assert!(reading.quantities.iter().all(|quantity| !quantity.value.is_sign_negative()), "{}: {reading:?}", case.id);
            if case.is_certain() {
                certain += 1;
                differences.extend(case.differences(&reading));
                assert!(reading.doubts.is_empty(), "{}: {:?}", case.id, reading.doubts);
            } else {
                assert!(!reading.doubts.is_empty(), "{} is uncertain, and nothing is flagged: {reading:?}", case.id);
            }
        }
        assert!(differences.is_empty(), "{}", differences.join("\n"));
        assert!(cases.is_empty() || certain >= least, "only {certain} certain cases of {endpoint} were read");
    }
}
