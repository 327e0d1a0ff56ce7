//! Every recorded answer of Cohere is metered as it is known to have been used.

use weighbridge_plugin::{Adapter, adapter::Framing};
use weighbridge_plugin_testkit::corpus::{Case, amount, cases};

use super::{adapter, plan};

/// The first version of chat has a message in its request, and its answers have `meta`.
fn dialect(case: &Case) -> &'static str {
    match case.id.split('.').nth(1) {
        Some("embed") => "cohere.embed",
        Some("rerank") => "rerank",
        Some("audio") => "cohere.transcriptions",
        _ if case.framing == "ndjson" || case.request.get("message").is_some() => "cohere.chat_v1",
        _ => "cohere.chat",
    }
}

#[test]
fn recorded_answers_are_metered_exactly() {
    let cases = cases("cohere.");
    let (mut certain, mut differences) = (0, Vec::new());
    for case in cases.iter().filter(|case| case.status < 400) {
        let plan = plan(dialect(case));
        let framing = if case.framing == "ndjson" { Framing::Ndjson } else { Framing::Sse };
        assert!(!case.streamed || plan.framing == framing, "{}: {:?}", case.id, plan.framing);
        let mut reading = adapter().read_usage(&plan.dialect, &case.facts(&plan)).expect("a reading");
        assert!(reading.quantities.iter().all(|quantity| !quantity.value.is_sign_negative()), "{}: {reading:?}", case.id);
        // No answer of Cohere names its model.
        assert_eq!(reading.served_model, None, "{}", case.id);
        reading.served_model = case.expected["model"].as_str().map(Into::into);
        if case.is_certain() {
            certain += 1;
            differences.extend(case.differences(&reading));
            for unit in ["search_units", "images"] {
                assert_eq!(amount(&reading, unit), case.expected["units"][unit].as_u64(), "{}: {unit}", case.id);
            }
        } else {
            assert!(!reading.doubts.is_empty(), "{} is uncertain, and nothing is flagged: {reading:?}", case.id);
            let known = (case.tokens("input_uncached"), case.tokens("output"));
            assert_eq!((amount(&reading, "input"), amount(&reading, "output")), known, "{}", case.id);
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert!(cases.is_empty() || certain >= 12, "only {certain} certain cases were read");
}
