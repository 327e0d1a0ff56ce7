//! A journal written in format 1 by the first program that had it still opens and says the same.
#![allow(clippy::unwrap_used, reason = "a test's helpers may")]

mod support;

use std::{fs, path::Path};

use support::{NOON, event, hold, options};
use weighbridge_domain::{Charge, Cost, EventId, EventStatus, Meter, Timestamp, UsageEvent};
use weighbridge_ledger::{Document, DocumentKind, EventQuery, Ledger, LedgerOptions};

const FIXTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/format-1");

fn id(number: u8) -> EventId {
    EventId::from_bytes([1, 0x9A, 0xB0, 0x5F, 0x50, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, number])
}

fn held(number: u8) -> weighbridge_ledger::Hold {
    let mut hold = hold(id(number), "acme", Timestamp::from_micros(NOON + i64::from(number)));
    hold.session = Some("session-1".into());
    hold.tags = vec![("team".into(), "blue".into())];
    hold
}

/// Ten calls: priced, with a meter of the operator's own, with two attempts, and unpriced.
fn events(number: u8) -> Vec<UsageEvent> {
    let hold = held(number);
    let mut first = event(&hold, &[(Meter::INPUT, u32::from(number) * 100), (Meter::new("gpu_seconds").unwrap(), 7), (Meter::OUTPUT, 3)]);
    match number % 3 {
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
    }
}

fn document() -> Document {
    Document { kind: DocumentKind::Customer, id: "acme".into(), body: br#"{"id":"acme","name":"Acme"}"#.to_vec(), archived: false }
}

#[test]
fn format_1_still_opens() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("journal")).unwrap();
    for entry in fs::read_dir(Path::new(FIXTURE).join("journal")).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, folder.path().join("journal").join(path.file_name().unwrap())).unwrap();
    }
    let opened = support::open(folder.path());
    assert_eq!(opened.recovery.cut_bytes, 0);
    assert_eq!(opened.recovery.abandoned, [id(99)], "a call was in progress when it was written");
    assert_eq!(opened.ledger.stats().segments, 3);
    let stored = opened.ledger.events(&EventQuery { limit: Some(100), ..EventQuery::default() }).unwrap().events;
    let expected: Vec<UsageEvent> = (0..10).flat_map(events).collect();
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
        ledger.settle(reservation, events(number)).wait().unwrap();
    }
    ledger.close();
    drop(in_progress); // after the end: it stays open in the books
    let target = Path::new(FIXTURE).join("journal");
    fs::create_dir_all(&target).unwrap();
    for entry in fs::read_dir(folder.path().join("journal")).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, target.join(path.file_name().unwrap())).unwrap();
    }
}
