//! Every recorded answer of the Messages API is metered as it is known to have been used, and can be translated.

use weighbridge_plugin::{
    Adapter,
    adapter::{BodyPlan, EventOut, Quantity},
};
use weighbridge_plugin_testkit::{
    corpus::{Case, cases},
    sse,
};

use super::{adapter, plan};

/// `(model, input, cache reads and writes, output)` of the inference at other models.
fn extra_of(case: &Case) -> Vec<(String, u64, u64, u64)> {
    let list = case.expected["extra"].as_array().cloned().unwrap_or_default();
    let sum = |value: &serde_json::Value, names: &[&str]| names.iter().map(|name| value[*name].as_u64().unwrap_or(0)).sum();
    let cached = ["cache_read", "cache_write_5m", "cache_write_1h", "cache_write_other"];
    list.iter()
        .map(|extra| (extra["model"].as_str().unwrap_or("").into(), sum(extra, &["input_uncached"]), sum(extra, &cached), sum(extra, &["output"])))
        .collect()
}

fn read_extra((model, quantities): &(String, Vec<Quantity>)) -> (String, u64, u64, u64) {
    let sum = |wanted: fn(&str) -> bool| {
        quantities.iter().filter(|quantity| wanted(&quantity.meter)).map(|quantity| u64::try_from(quantity.value).expect("whole")).sum()
    };
    (model.clone(), sum(|meter| meter == "input"), sum(|meter| meter.starts_with("cache_")), sum(|meter| meter == "output"))
}

#[test]
fn messages_are_metered_exactly() {
    let plan = plan("anthropic.messages");
    for (prefix, least) in [("anthropic.messages.", 90), ("vertex.messages.", 1), ("local.messages.", 1)] {
        let cases = cases(prefix);
        let (mut certain, mut differences) = (0, Vec::new());
        for case in cases.iter().filter(|case| case.status < 400) {
            let reading = adapter().read_usage("anthropic.messages", &case.facts(&plan)).expect("a reading");
            assert!(reading.quantities.iter().all(|quantity| !quantity.value.is_sign_negative()), "{}: {reading:?}", case.id);
            if case.is_certain() {
                certain += 1;
                differences.extend(case.differences(&reading));
                let extra: Vec<_> = reading.extra.iter().map(read_extra).collect();
                assert_eq!(extra, extra_of(case), "{}", case.id);
            } else {
                assert!(!reading.doubts.is_empty(), "{} is uncertain, and nothing is flagged: {reading:?}", case.id);
            }
        }
        assert!(differences.is_empty(), "{}", differences.join("\n"));
        assert!(cases.is_empty() || certain >= least, "only {certain} certain cases of {prefix} were read");
    }
}

#[test]
fn every_recorded_answer_can_be_translated() {
    for case in cases("anthropic.messages.") {
        if !case.streamed {
            let BodyPlan::Replace(body) = crate::chat::answer::translate(case.status as u16, &case.body).body else { panic!("{}: not replaced", case.id) };
            let body: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
            assert_eq!(body.get("error").is_some(), case.status >= 400, "{}: {body}", case.id);
            continue;
        }
        let mut state = Vec::new();
        let mut told = Vec::new();
        for event in sse::events(&case.body) {
            let step = adapter().on_events(&state, &[event]).expect("a step");
            assert!(step.state.len() <= 4096, "{}: {} bytes of state", case.id, step.state.len());
            state = step.state;
            for out in step.events {
                match out {
                    EventOut::Replace(events) => told.extend(events),
                    EventOut::Drop => {}
                    EventOut::Keep => panic!("{}: one of Anthropic's events is forwarded", case.id),
                }
            }
        }
        assert!(told.iter().all(|event| event.name.is_none()), "{}", case.id);
        if case.is_certain() {
            assert_eq!(told.last().map(|event| event.data.as_slice()), Some(b"[DONE]".as_slice()), "{}", case.id);
        }
    }
}
