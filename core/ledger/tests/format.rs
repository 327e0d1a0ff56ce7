//! Journals written in each format by the first program that had it still open and say the same.
#![allow(clippy::unwrap_used, reason = "a test's helpers may")]

mod support;

use std::{fs, path::Path};

use support::{NOON, event, hold, options};
use weighbridge_domain::{Charge, Cost, Currency, Decimal, EventId, EventStatus, Meter, StatedCost, Timestamp, UsageEvent};
use weighbridge_ledger::{Document, DocumentKind, EventQuery, Ledger, LedgerOptions};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures");
/// The format that is written now.
const NEWEST: u32 = 2;

fn id(number: u8) -> EventId {
    EventId::from_bytes([1, 0x9A, 0xB0, 0x5F, 0x50, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, number])
}

fn held(number: u8) -> weighbridge_ledger::Hold {
    let mut hold = hold(id(number), "acme", Timestamp::from_micros(NOON + i64::from(number)));
    hold.session = Some("session-1".into());
    hold.tags = vec![("team".into(), "blue".into())];
    hold
}

/// What format 2 has over format 1.
fn in_format(format: u32, mut event: UsageEvent) -> UsageEvent {
    if format >= 2 {
        event.stated_cost = Some(StatedCost { amount: Decimal::new(125, 6), currency: Currency::USD });
        event.dimensions = vec![("geography".into(), "us".into()), ("speed".into(), "fast".into())];
    }
    event
}

/// Ten calls: priced, with a meter of the operator's own, with two attempts, and unpriced.
fn events(format: u32, number: u8) -> Vec<UsageEvent> {
    let hold = held(number);
    let mut first = event(&hold, &[(Meter::INPUT, u32::from(number) * 100), (Meter::new("gpu_seconds").unwrap(), 7), (Meter::OUTPUT, 3)]);
    let events = match number % 3 {
        0 => {
            (first.cost, first.charge) = (Cost::unpriced(hold.currency), Charge::unrated(hold.currency, None, 0, "no price"));
            first.flags = vec!["unpriced_model".into()];
            vec![first]
        }
        1 => vec![first],
        _ => {
            let failed = UsageEvent { status: EventStatus::UpstreamError, http_status: Some(500), cost: Cost::nothing(hold.currency), ..event(&hold, &[]) };
            (first.id, first.attempt) = (id(number + 100), 2);
            vec![failed, first]
        }
    };
    events.into_iter().map(|event| in_format(format, event)).collect()
}

fn document() -> Document {
    Document { kind: DocumentKind::Customer, id: "acme".into(), body: br#"{"id":"acme","name":"Acme"}"#.to_vec(), archived: false }
}

#[test]
fn format_1_still_opens() {
    opens(1);
}

#[test]
fn format_2_still_opens() {
    opens(2);
}

/// Calls of all formats stand in one journal, and each is read in its own.
#[test]
fn what_is_added_to_an_old_journal_is_in_the_new_format() {
    let folder = copy_of(1);
    let opened = support::open(folder.path());
    let added = in_format(2, event(&held(50), &[(Meter::INPUT, 1)]));
    let reservation = opened.ledger.reserve(held(50)).unwrap();
    opened.ledger.settle(reservation, vec![added.clone()]).wait().unwrap();
    opened.ledger.close();
    drop(opened);
    let reopened = support::open(folder.path());
    let stored = reopened.ledger.events(&EventQuery { limit: Some(100), ..EventQuery::default() }).unwrap().events;
    assert_eq!(stored.first().unwrap().event, events(1, 0)[0]);
    assert_eq!(stored.last().unwrap().event, added);
    assert!(reopened.ledger.verify(&mut |_, _| {}).unwrap().is_clean());
}

fn copy_of(format: u32) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("journal")).unwrap();
    for entry in fs::read_dir(journal_of(format)).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, folder.path().join("journal").join(path.file_name().unwrap())).unwrap();
    }
    folder
}

fn journal_of(format: u32) -> std::path::PathBuf {
    Path::new(FIXTURES).join(format!("format-{format}")).join("journal")
}

fn opens(format: u32) {
    let folder = copy_of(format);
    let opened = support::open(folder.path());
    assert_eq!(opened.recovery.cut_bytes, 0);
    assert_eq!(opened.recovery.abandoned, [id(99)], "a call was in progress when it was written");
    assert_eq!(opened.ledger.stats().segments, 3);
    let stored = opened.ledger.events(&EventQuery { limit: Some(100), ..EventQuery::default() }).unwrap().events;
    let expected: Vec<UsageEvent> = (0..10).flat_map(|number| events(format, number)).collect();
    assert_eq!(stored.len(), expected.len() + 1);
    assert!(stored.iter().zip(&expected).all(|(stored, expected)| stored.event == *expected));
    assert_eq!(stored.last().unwrap().event.started_at, held(99).started_at);
    assert_eq!(opened.ledger.documents(DocumentKind::Customer).unwrap(), [document()]);
    let report = opened.ledger.verify(&mut |_, _| {}).unwrap();
    assert!(report.is_clean(), "{report:?}");
}

/// Run by hand, once for each new format: `cargo test -p weighbridge-ledger --release --test format -- --ignored`.
#[test]
#[ignore = "writes the fixture"]
fn write_the_fixture() {
    let folder = tempfile::tempdir().unwrap();
    let options = LedgerOptions { segment_bytes: 3 << 10, ..options(folder.path()) };
    let ledger = Ledger::open(options, support::clock()).unwrap().ledger;
    let in_progress = ledger.reserve(held(99)).unwrap();
    ledger.put(document()).wait().unwrap();
    for number in 0..10 {
        let reservation = ledger.reserve(held(number)).unwrap();
        ledger.settle(reservation, events(NEWEST, number)).wait().unwrap();
    }
    ledger.close();
    drop(in_progress); // after the end: it stays open in the books
    let target = journal_of(NEWEST);
    fs::create_dir_all(&target).unwrap();
    for entry in fs::read_dir(folder.path().join("journal")).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, target.join(path.file_name().unwrap())).unwrap();
    }
}
