//! Recorded streams whose provider breaks off: every one of them, cut anywhere, in every framing and dialect, translated or not. A
//! call leaves one record that says what was reported or counted until then, and never more; it is whole only where its end came.
//! And recorded streams whose client leaves: what the provider reports at their end is on the record all the same.
//!
//! Chance chooses other cuts in every run. A failure names the seed: `WEIGHBRIDGE_CUT_SEED` repeats it, `WEIGHBRIDGE_CUTS` makes
//! more cuts of each stream.
#![allow(clippy::unwrap_used, reason = "a test")]

mod cuts;
mod expect;
mod scene;
mod translated;

use std::{collections::BTreeMap, fmt::Display};

use serde_json::Value;
use weighbridge_tests::{
    Cuts, Reply,
    corpus::{self, Case, Corpus},
};

use cuts::Knife;
use scene::{Scene, at_once};

/// Streams of each framing and endpoint whose client leaves.
const OF_A_KIND: usize = 3;

/// Every recorded stream, the longest first: no client is left alone with one at the end.
fn streams() -> Option<Vec<Case>> {
    let mut cases = Corpus::open()?.all();
    cases.retain(|case| case.streamed() && case.json["http_status"] == 200);
    cases.sort_by_key(|case| std::cmp::Reverse(case.body.len()));
    Some(cases)
}

/// Those parts of a record that are worth a look where it is wrong.
fn shown(record: &Value) -> impl Display {
    let shown = ["status", "usage", "usage_source", "flags"].map(|name| (name.to_owned(), record[name].clone()));
    Value::Object(shown.into_iter().collect())
}

#[test]
fn a_recorded_stream_cut_anywhere_leaves_one_record_of_what_came() {
    let Some(cases) = streams() else { return };
    let scene = Scene::set(|upstream| corpus::config(upstream, &cases));
    let knife = Knife::new(12);
    let short = cuts::short_ones(&cases);
    let numbered: Vec<(usize, &Case)> = cases.iter().enumerate().collect();
    let calls = at_once(&numbered, |client, (nth, case)| {
        let whole = scene.run(client, case.call(), case.reply());
        let cuts = if short.contains(&case.id) { cuts::every_cut(case) } else { knife.cuts(*nth, case) };
        let parts = cuts.into_iter().map(|cut| {
            let reply = Reply { framing: cut.framing(), ..case.reply() }.cut_off_after(cut.at);
            (cut, scene.run(client, case.call(), reply))
        });
        (whole.id, parts.collect::<Vec<_>>())
    });
    let records = scene.records();
    let mut wrong = Vec::new();
    for (case, (whole, parts)) in cases.iter().zip(&calls) {
        let whole = &records[whole];
        for (cut, outcome) in parts {
            let record = &records[&outcome.id];
            let problems = expect::of_record(case, *cut, outcome, record, whole);
            let problems = problems.into_iter().chain(expect::of_answer(case, *cut, outcome, record).map(str::to_owned));
            wrong.extend(problems.map(|problem| format!("{} {cut:?} of {}: {problem}: {}", case.id, case.body.len(), shown(record))));
        }
    }
    let count: usize = calls.iter().map(|(_, parts)| parts.len() + 1).sum();
    assert!(wrong.is_empty(), "{} problems with {count} calls of {} streams, seed {}:\n{}", wrong.len(), cases.len(), knife.seed, wrong.join("\n"));
    assert_eq!(records.len(), count, "a record for each call");
    println!("{count} calls of {} streams", cases.len());
}

#[test]
fn a_client_that_leaves_a_recorded_stream_pays_what_is_reported_at_its_end() {
    let Some(cases) = sample() else { return };
    let scene = Scene::set(|upstream| corpus::config(upstream, &cases));
    at_once(&cases, |client, case| {
        let whole = scene.record(&scene.run(client, case.call(), case.reply()).id);
        let mut answering = scene.open(client, case.call(), case.reply().cut(Cuts::PausedAt(case.body.len() / 2)));
        answering.piece().unwrap();
        let id = answering.header("x-weighbridge-id").unwrap().to_owned();
        drop(answering);
        let record = scene.record_within_seconds(&id);
        let what = ["usage", "usage_source", "served_model"];
        assert_eq!(what.map(|part| &record[part]), what.map(|part| &whole[part]), "{}: {record:#}", case.id);
        let status = if whole["status"] == "completed" { "partial".into() } else { whole["status"].clone() };
        assert_eq!((&record["status"], &record["charge"]["status"]), (&status, &whole["charge"]["status"]), "{}: {record:#}", case.id);
    });
    assert_eq!(scene.records().len(), 2 * cases.len(), "a record for each call");
}

/// A few streams of each framing, provider's wire and endpoint, the shortest of them: their ends are alike, and they are quick.
fn sample() -> Option<Vec<Case>> {
    let mut cases = streams()?;
    cases.reverse();
    let mut taken = BTreeMap::<(String, String, bool), usize>::new();
    cases.retain(|case| {
        let kind = (case.json["framing"].to_string(), case.endpoint().to_owned(), case.status() == "usage");
        let taken = taken.entry(kind).or_default();
        *taken += 1;
        *taken <= OF_A_KIND
    });
    Some(cases)
}
