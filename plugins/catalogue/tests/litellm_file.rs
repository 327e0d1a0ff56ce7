//! The real file and the 600 worked costs, where they are at hand (`../shared` beside the repository); skipped elsewhere.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so")]

use std::path::PathBuf;

use serde_json::Value;
use weighbridge_domain::{Decimal, Meter, Source, Timestamp, Usage, exact};
use weighbridge_pricing::{Import, ImportOptions, PriceBook, PriceQuery, PriceRow, import, plan_changes};

const MAP: &str = include_str!("../import.toml");
const CATALOGUE: &str = include_str!("../prices.toml");

fn shared(file: &str) -> Option<String> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared").join(file);
    let text = std::fs::read_to_string(&path).ok();
    if text.is_none() {
        eprintln!("skipped: {} is not there", path.display());
    }
    text
}

fn read(confirmed: &[String]) -> Option<Import> {
    let text = shared("prices/litellm_model_prices.json")?;
    let mut options = ImportOptions { map: MAP, date: Some("2026-11-01"), confirmed, ..Default::default() };
    Some(import::litellm(&text, &mut options).unwrap())
}

/// Every row of the file, confirmed or not.
fn everything() -> Option<PriceBook> {
    let import = read(&[])?;
    let mut rows = import.rows;
    for quarantined in import.quarantined {
        if !rows.iter().any(|row: &PriceRow| row.id == quarantined.row.id) {
            rows.push(quarantined.row);
        }
    }
    Some(PriceBook::from_rows(rows).unwrap())
}

/// The cases write audio as a part of input and output, and reasoning as a part of output.
fn usage_of(case: &Value) -> Usage {
    let count = |name: &str| case["usage"][name].as_u64().unwrap_or(0);
    let mut usage = Usage::new();
    let quantities = [
        (Meter::INPUT, count("input_uncached") - count("input_audio")),
        (Meter::INPUT_AUDIO, count("input_audio")),
        (Meter::CACHE_READ, count("cache_read")),
        (Meter::CACHE_WRITE_5M, count("cache_write_5m")),
        (Meter::CACHE_WRITE_1H, count("cache_write_1h")),
        (Meter::OUTPUT, count("output") - count("reasoning") - count("output_audio")),
        (Meter::OUTPUT_AUDIO, count("output_audio")),
        (Meter::REASONING, count("reasoning")),
    ];
    for (meter, quantity) in quantities {
        usage.insert(meter, quantity.into(), Source::Reported).unwrap();
    }
    usage
}

#[test]
fn six_hundred_worked_costs_agree_to_the_last_digit() {
    let (Some(book), Some(cases)) = (everything(), shared("cost-oracle.jsonl")) else { return };
    let mut wrong = Vec::new();
    let mut total = 0;
    for line in cases.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        total += 1;
        let at: Timestamp = case["at"].as_str().unwrap().parse().unwrap();
        let query = PriceQuery { provider: case["provider"].as_str().unwrap(), model: case["model"].as_str().unwrap(), at, service_tier: None };
        let costed = book.cost(&query, &usage_of(&case));
        let expected: Decimal = exact::parse(case["litellm_table_exact"]["total"].as_str().unwrap()).unwrap();
        if costed.cost.amount != Some(expected) {
            wrong.push(format!("{} {}/{}: expected {expected}, got {:?} {:?}", case["id"], query.provider, query.model, costed.cost.amount, costed.flags));
        }
    }
    assert_eq!((total, wrong), (600, Vec::<String>::new()));
}

#[test]
fn the_whole_file_is_taken_quarantined_or_skipped_with_a_reason() {
    let (Some(import), Some(text)) = (read(&[]), shared("prices/litellm_model_prices.json")) else { return };
    let entries = serde_json::from_str::<Value>(&text).unwrap().as_object().unwrap().len();
    assert_eq!(import.rows.len() + import.quarantined.len() + import.skipped.len(), entries);
    assert!(import.rows.len() > 4_000, "{} rows", import.rows.len());
    assert!(import.quarantined.iter().all(|row| !row.reasons.is_empty()) && import.skipped.iter().all(|entry| !entry.reason.is_empty()));
    // A model at 2000 dollars per million tokens, one whose cached tokens are dearer to write for less, free ones, incomplete ones.
    for suspicious in ["watsonx/core42/jais-13b-chat", "openai/ft:gpt-4o-2024-11-20", "google/gemma-3-27b-it", "openai/gpt-5.6-cyber"] {
        assert!(import.quarantined.iter().any(|quarantined| &*quarantined.row.id == suspicious), "{suspicious}");
    }
    let confirmed = read(&["watsonx/core42/jais-13b-chat".into()]).unwrap();
    assert!(confirmed.rows.iter().any(|row| &*row.id == "watsonx/core42/jais-13b-chat"));
}

#[test]
fn importing_it_twice_changes_nothing_and_the_first_time_hardly_anything_of_our_own() {
    let Some(import) = read(&[]) else { return };
    let at: Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
    let ours = PriceBook::catalogue(CATALOGUE).unwrap();
    let first = plan_changes(&ours, import.rows.clone(), at);
    let changed: Vec<&str> = first.changed.iter().map(|change| &*change.row.id).chain(first.quarantined.iter().map(|q| &*q.row.id)).collect();
    // The file has batch prices for the snapshots of these only: the alias loses them, the snapshot keeps them.
    let expected = ["gpt-3.5-turbo", "gpt-4", "gpt-4-turbo", "gpt-3.5-turbo-0125", "gpt-4-0613", "gpt-4-turbo-2024-04-09", "text-embedding-ada-002-v2"];
    // It rounds the prices of speech, which are published by the hour, to four digits of a second's.
    let speech = ["groq/whisper-large-v3", "groq/whisper-large-v3-turbo"].map(String::from);
    assert_eq!(changed, [speech.to_vec(), expected.map(|model| format!("openai/{model}")).to_vec()].concat());
    let book = ours.with(first.into_rows()).unwrap();
    let second = plan_changes(&book, import.rows, at);
    assert_eq!((second.added.len(), second.changed.len(), second.quarantined.len()), (0, 0, 0));
}
