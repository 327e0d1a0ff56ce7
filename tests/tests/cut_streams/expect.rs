//! What a record has to say of a stream that was cut.

use rust_decimal::Decimal;
use serde_json::Value;
use weighbridge_tests::{corpus::Case, decimal, invariants};

use crate::{
    cuts::{Cut, edges},
    scene::{Outcome, all_flags, flags},
};

/// What is wrong with the record of a cut stream; `whole` is that of the whole one.
pub(crate) fn of_record(case: &Case, cut: Cut, outcome: &Outcome, record: &Value, whole: &Value) -> Vec<String> {
    let mut problems = Vec::new();
    let mut expect = |holds: bool, what: &str| {
        if !holds {
            problems.push(what.to_owned());
        }
    };
    invariants::check_event(record);
    let end = record["status"].as_str().unwrap_or_default();
    let flags = all_flags(record);
    let is_counted = flags.contains("usage_counted");
    let quantities = || record["usage"].as_object().into_iter().flatten();
    match end {
        "completed" => {
            let same = record["usage"] == whole["usage"] && record["usage_source"] == whole["usage_source"];
            expect(same || has_two_answers(whole) || is_counted && reports_behind_its_finish(case), "completed, and it says less than the whole");
            expect(cut.at > last_event(case) || has_two_answers(whole) || is_whole_before_its_last_event(case), "completed, and its last event did not come");
        }
        "partial" => expect(quantities().next().is_some() || flags.contains("usage_unknown"), "partial, and it says nothing"),
        "upstream_error" => {
            let failed = whole["status"] == "upstream_error";
            expect(failed || quantities().next().is_none(), "something came");
            expect(record["charge"]["status"] == "free" || failed, "nothing came, and it is charged");
        }
        _ => expect(false, "no such end"),
    }
    expect(cut.at < case.body.len() || end == whole["status"] || !cut.untold, "all of it came");
    expect(outcome.ended || end != "completed" || !cut.untold, "a whole answer looks whole");
    for (side, is_of) in [("input", is_input as fn(&str) -> bool), ("output", |meter| !is_input(meter))] {
        let sum = |record: &Value| -> Decimal {
            let usage = record["usage"].as_object().into_iter().flatten();
            usage.filter(|(meter, _)| is_of(meter) && record["usage_source"][*meter] == "reported").map(|(_, quantity)| decimal(quantity)).sum()
        };
        let reported_whole = whole["usage_source"].as_object().into_iter().flatten().any(|(meter, source)| is_of(meter) && source == "reported");
        expect(
            sum(record) <= sum(whole) || !reported_whole || has_two_answers(whole) || takes_back(case),
            &format!("more {side} than the whole's {}", whole["usage"]),
        );
    }
    let counted = |meter: &str| record["usage_source"][meter] == "counted";
    expect(is_counted || !(counted("input") || counted("output")), "counted, and it does not say so");
    if counted("output") {
        expect(decimal(&record["usage"]["output"]) <= Decimal::from(cut.at), "more is counted than there was");
    }
    problems
}

/// What is wrong with what a client got that speaks the provider's own dialect: all that came, and no more.
pub(crate) fn of_answer(case: &Case, cut: Cut, outcome: &Outcome, record: &Value) -> Option<&'static str> {
    // Where an answer may be of two kinds, its first bytes are waited for: without them, the client is told.
    if case.body[..cut.at] != outcome.body[..] && !(cut.at < FIRST_BYTES && outcome.status == 502) {
        return Some("the client gets what came");
    }
    (outcome.ended && !cut.untold && record["status"] == "partial").then_some("a part looks whole")
}

/// So many bytes tell a stream of events from a whole answer: the longest name of a field.
const FIRST_BYTES: usize = "event:".len();

/// Where the last event begins.
fn last_event(case: &Case) -> usize {
    edges(case).iter().rev().nth(1).copied().unwrap_or(0)
}

/// Streams of this wire have no terminal event: an answer is whole as soon as it has said why it stops, and its report follows.
fn reports_behind_its_finish(case: &Case) -> bool {
    case.provider() == "writer"
}

/// Of these, some have a marker all the same that says nothing more.
fn is_whole_before_its_last_event(case: &Case) -> bool {
    reports_behind_its_finish(case) || case.provider() == "perplexity" || case.endpoint() == "audio.transcriptions"
}

/// Their provider's last report is of less than those before it: what was reported when they were cut is more.
fn takes_back(case: &Case) -> bool {
    ["google.generateContent.s.639f9c69", "google.generateContent.s.92f81d5f"].contains(&&*case.id)
}

/// Behind the terminal event of the first the answer is whole, whatever becomes of the second; the last report is the record's.
fn has_two_answers(whole: &Value) -> bool {
    flags(whole).any(|flag| flag == "after_terminal")
}

fn is_input(meter: &str) -> bool {
    meter.starts_with("input") || meter.starts_with("cache_")
}
