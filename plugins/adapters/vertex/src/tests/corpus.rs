//! Every recorded answer of the cloud is metered as it is known to have been used.

use weighbridge_plugin::{Adapter, adapter::Billing};
use weighbridge_plugin_testkit::corpus::{amount, cases};

use super::{adapter, plan};

#[test]
fn every_recorded_answer_is_metered_exactly() {
    let cases = cases("vertex.");
    let (mut certain, mut differences) = (0, Vec::new());
    for case in cases.iter().filter(|case| case.status < 400) {
        let dialect = match case.id.split('.').nth(1).unwrap_or_default() {
            "generateContent" => "vertex.generate_content",
            "count_tokens" => "vertex.count_tokens",
            "embeddings" => "vertex.embed_content",
            "messages" => "vertex.raw_predict",
            _ => "vertex.predict",
        };
        let plan = plan(dialect);
        if case.expected["status"] == "free" {
            assert_eq!(plan.billing, Billing::Free, "{}", case.id);
            continue;
        }
        let reading = adapter().read_usage(dialect, &case.facts(&plan)).expect("a reading");
        assert!(reading.quantities.iter().all(|quantity| !quantity.value.is_sign_negative()), "{}: {reading:?}", case.id);
        assert!(case.is_certain(), "{} is uncertain: what is to be flagged?", case.id);
        certain += 1;
        differences.extend(case.differences(&reading));
        // Metering rule 30: the recorded searches are by a model that pays for each query.
        let queries = case.expected["calls"]["web_search_queries"].as_u64();
        assert!(queries.is_none() || queries == amount(&reading, "web_searches"), "{}: {reading:?}", case.id);
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert!(cases.is_empty() || certain >= 40, "only {certain} certain cases were read");
}
