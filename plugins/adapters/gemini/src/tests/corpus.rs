//! Every recorded answer of the Gemini API is metered as it is known to have been used, and can be translated.

use weighbridge_plugin::{
    Adapter,
    adapter::{Billing, BodyPlan, EventOut, StreamEnd, UsageReading},
};
use weighbridge_plugin_testkit::{
    corpus::{Case, amount, cases},
    evaluate,
};

use super::{adapter, plan};

/// The dialect that a recorded request spoke.
fn dialect(case: &Case) -> &'static str {
    let endpoint = case.id.split('.').nth(1).unwrap_or_default();
    match endpoint {
        "generateContent" => "gemini.generate_content",
        "count_tokens" => "gemini.count_tokens",
        "interactions" => "gemini.interactions",
        _ if case.url.ends_with(":batchEmbedContents") => "gemini.batch_embed_contents",
        _ => "gemini.embed_content",
    }
}

/// Metering rule 30, over what is known of both ways to count.
fn due_searches(case: &Case) -> Option<u64> {
    let calls = &case.expected["calls"];
    let by_prompt = case.expected["model"].as_str().is_some_and(|model| model.starts_with("gemini-2"));
    calls[if by_prompt { "grounded_prompt" } else { "web_search_queries" }].as_u64()
}

fn check(case: &Case, reading: &UsageReading) -> Vec<String> {
    assert!(reading.quantities.iter().all(|quantity| !quantity.value.is_sign_negative()), "{}: {reading:?}", case.id);
    if !case.is_certain() {
        assert!(!reading.doubts.is_empty(), "{} is uncertain, and nothing is flagged: {reading:?}", case.id);
        return Vec::new();
    }
    let searches = due_searches(case);
    assert!(searches.is_none() || searches == amount(reading, "web_searches"), "{}: {searches:?} searches are due: {reading:?}", case.id);
    case.differences(reading)
}

#[test]
fn every_recorded_answer_is_metered_exactly() {
    let cases = cases("google.");
    let (mut certain, mut differences) = (0, Vec::new());
    for case in cases.iter().filter(|case| case.status < 400) {
        let plan = plan(dialect(case));
        if case.expected["status"] == "free" {
            assert_eq!(plan.billing, Billing::Free, "{}", case.id);
            continue;
        }
        let reading = adapter().read_usage(&plan.dialect, &case.facts(&plan)).expect("a reading");
        differences.extend(check(case, &reading));
        certain += usize::from(case.is_certain());
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert!(cases.is_empty() || certain >= 75, "only {certain} certain cases were read");
}

#[test]
fn a_recorded_stream_is_finished_with_its_last_event_and_not_before() {
    let cases = cases("google.generateContent.s.");
    let plan = plan("gemini.generate_content");
    let finished = |events: &[_]| evaluate::event_facts(&plan, events).iter().any(|fact| plan.finish.contains(&fact.name));
    for case in cases.iter().filter(|case| case.status < 400) {
        let events = case.events().expect("a stream");
        assert!(finished(&events), "{}", case.id);
        assert!(!finished(&events[..events.len() - 1]), "{}", case.id);
    }
}

#[test]
fn every_recorded_answer_can_be_translated() {
    for case in cases("google.generateContent.") {
        let Some(events) = case.events() else {
            let BodyPlan::Replace(body) = crate::chat::answer::translate(case.status as u16, &case.body).body else { panic!("{}: not replaced", case.id) };
            let body: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
            assert_eq!(body.get("error").is_some(), case.status >= 400, "{}: {body}", case.id);
            continue;
        };
        // Arguments in pieces come only to those who ask for them, as this adapter never does: they are no calls to it.
        let in_pieces = String::from_utf8_lossy(&case.body).contains("partialArgs");
        let (mut state, mut told) = (Vec::new(), Vec::new());
        for event in events {
            let step = adapter().on_events(&state, &[event]).expect("a step");
            assert!(step.state.len() <= 4096, "{}: {} bytes of state", case.id, step.state.len());
            state = step.state;
            for out in step.events {
                match out {
                    EventOut::Replace(events) => told.extend(events),
                    EventOut::Drop => {}
                    EventOut::Keep => panic!("{}: one of Google's events is forwarded", case.id),
                }
            }
        }
        told.extend(adapter().on_end(&state, StreamEnd::UpstreamClosed).expect("an end"));
        assert_eq!(told.last().is_some_and(|event| event.data == b"[DONE]"), !in_pieces, "{}", case.id);
    }
}
