//! Every recorded answer of Bedrock is metered as it is known to have been used.

use weighbridge_plugin::{Adapter, adapter::Billing};
use weighbridge_plugin_testkit::{corpus::cases, evaluate};

use super::{adapter, plan};

#[test]
fn recorded_answers_are_metered_exactly() {
    for (prefix, least) in [("bedrock.converse.", 27), ("bedrock.invoke.", 25)] {
        let dialect = prefix.trim_end_matches('.');
        let (plan, cases) = (plan(dialect), cases(prefix));
        let (mut certain, mut differences) = (0, Vec::new());
        for case in cases.iter().filter(|case| case.status < 400) {
            let mut reading = adapter().read_usage(dialect, &case.facts(&plan)).expect("a reading");
            assert!(reading.quantities.iter().all(|quantity| !quantity.value.is_sign_negative()), "{}: {reading:?}", case.id);
            if case.is_certain() {
                certain += 1;
                // An answer that names no model is one of the model that the path names.
                reading.served_model = reading.served_model.or_else(|| Some(case.expected["model"].as_str()?.to_owned()));
                differences.extend(case.differences(&reading));
            } else {
                assert!(!reading.doubts.is_empty(), "{} is uncertain, and nothing is flagged: {reading:?}", case.id);
            }
        }
        assert!(differences.is_empty(), "{}", differences.join("\n"));
        assert!(cases.is_empty() || certain >= least, "only {certain} certain cases of {prefix} were read");
    }
}

#[test]
fn rule_26_a_stream_that_ends_as_it_should_is_seen_to_end() {
    for prefix in ["bedrock.converse.s.", "bedrock.invoke.s."] {
        for case in cases(prefix).iter().filter(|case| case.expected["status"] == "usage") {
            let terminal = plan(prefix.trim_end_matches(".s.")).terminal.expect("a filter");
            let events = case.events().unwrap_or_default();
            assert_eq!(events.iter().position(|event| evaluate::ends(&terminal, event)), Some(events.len() - 1), "{}", case.id);
        }
    }
}

#[test]
fn counting_tokens_is_free() {
    let free = plan("bedrock.count_tokens");
    assert_eq!(free.billing, Billing::Free);
    for case in cases("bedrock.count_tokens.") {
        assert!(case.facts(&free).is_empty(), "{}", case.id);
    }
}
