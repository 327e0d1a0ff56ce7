//! What holds after every scenario (design.md, "Invariants" 1 to 4, and 8 for what the gateway writes to disk).

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use rust_decimal::Decimal;
use serde_json::Value;

use crate::{Admin, config::UPSTREAM_SECRET, decimal, sum};

/// Checks a running gateway through its admin API.
pub fn check(admin: &Admin) {
    let events = admin.events("");
    let mut ids = BTreeSet::new();
    for event in &events {
        assert!(ids.insert(event["id"].to_string()), "the event is there twice: {event:#}");
        check_event(event);
    }
    aggregates_are_the_fold(admin, &events);
}

/// Lines sum up to their amounts, nothing is negative, and what is unknown is absent rather than zero.
pub fn check_event(event: &Value) {
    for (part, unknown) in [("cost", "unpriced"), ("charge", "unrated")] {
        let money = &event[part];
        if money["status"] == unknown {
            assert!(money["amount"].is_null(), "what is {unknown} has no amount: {event:#}");
            continue;
        }
        assert_eq!(decimal(&money["amount"]), sum(&money["lines"], "amount"), "the {part}'s lines do not sum up: {event:#}");
        for line in money["lines"].as_array().into_iter().flatten() {
            assert!(!decimal(&line["amount"]).is_sign_negative() || decimal(&line["amount"]).is_zero(), "a negative amount: {event:#}");
        }
    }
    for (meter, quantity) in event["usage"].as_object().into_iter().flatten() {
        let quantity = decimal(quantity);
        assert!(quantity >= Decimal::ZERO, "{meter} is negative: {event:#}");
        assert!(event["usage_source"][meter].is_string(), "{meter} has no source: {event:#}");
    }
}

/// Sums per customer and currency: events, cost, charge.
type Fold = BTreeMap<(String, String), (u64, Decimal, Decimal)>;

fn aggregates_are_the_fold(admin: &Admin, events: &[Value]) {
    let mut fold = Fold::new();
    for event in events {
        let entry = fold.entry((text(&event["customer"]), text(&event["cost"]["currency"]))).or_default();
        entry.0 += 1;
        entry.1 += amount(&event["cost"]);
        entry.2 += amount(&event["charge"]);
    }
    let mut aggregates = Fold::new();
    let summary = admin.get("usage-summary?group_by=customer");
    for row in summary["data"].as_array().unwrap_or_else(|| panic!("no data in {summary}")) {
        let entry = aggregates.entry((text(&row["customer"]), text(&row["currency"]))).or_default();
        entry.0 += row["events"].as_u64().unwrap_or_else(|| panic!("no count of events in {row}"));
        entry.1 += decimal(&row["cost"]);
        entry.2 += decimal(&row["charge"]);
    }
    assert_eq!(aggregates, fold, "the aggregates differ from the sum of the events (per customer: events, cost, charge)");
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("not text: {value}")).to_owned()
}
fn amount(money: &Value) -> Decimal {
    if money["amount"].is_null() { Decimal::ZERO } else { decimal(&money["amount"]) }
}

/// The upstream's credential is in no file that the gateway wrote.
pub fn no_secret_in_files(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            no_secret_in_files(&path);
        } else if let Ok(bytes) = fs::read(&path) {
            let found = bytes.windows(UPSTREAM_SECRET.len()).any(|window| window == UPSTREAM_SECRET.as_bytes());
            assert!(!found, "a provider's key is in {}", path.display());
        }
    }
}
