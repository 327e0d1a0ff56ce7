//! Verification notices what was tampered with: each test changes one thing behind the ledger's back.

use weighbridge_domain::{Decimal, Meter, UsageEvent};

use super::VerifyReport;
use crate::{
    Ledger,
    aggregate::Group,
    apply::decode_group,
    index::{blocks::Block, ids},
    store::{self, Change},
    support::{Calls, clock, open, usual},
};

fn books(calls: usize) -> (tempfile::TempDir, Ledger) {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(folder.path()).ledger;
    (0..calls).for_each(|_| settle(&ledger, usual));
    (folder, ledger)
}

fn settle(ledger: &Ledger, event: impl FnOnce(&crate::Hold) -> UsageEvent) {
    let hold = Calls::new(clock()).hold("acme");
    let event = event(&hold);
    let reservation = ledger.reserve(hold).unwrap();
    ledger.settle(reservation, vec![event]).wait().unwrap();
}

fn verify(ledger: &Ledger) -> VerifyReport {
    ledger.verify(&mut |_, _| {}).unwrap()
}

fn problems(ledger: &Ledger) -> Vec<String> {
    verify(ledger).problems.iter().map(ToString::to_string).collect()
}

/// The one value that begins with this, changed.
fn tamper(ledger: &Ledger, prefix: &[u8], change: impl FnOnce(&[u8], Vec<u8>) -> Option<Vec<u8>>) {
    let store = ledger.shared.store().unwrap();
    ledger.shared.barrier().unwrap();
    let (key, value) = store.at_or_before(&store::after(prefix)).unwrap().unwrap();
    assert!(key.starts_with(prefix));
    let changed: Change = (key.clone(), change(&key, value));
    store.apply(&mut vec![changed]).unwrap();
}

#[test]
fn sound_books_are_clean_and_their_sums_are_said() {
    let (_folder, ledger) = books(3);
    let mut told = Vec::new();
    let report = ledger.verify(&mut |done, total| told.push((done, total))).unwrap();
    assert!(report.is_clean(), "{report:?}");
    assert_eq!((report.events, report.segments, report.held, report.sums.len()), (3, 1, 0, 1));
    assert_eq!((report.sums[0].cost, report.sums[0].charge), (Decimal::new(90_639, 8), Decimal::new(1_178_307, 9)));
    assert_eq!(told.last(), Some(&(report.bytes, report.bytes)));
}

#[test]
fn a_tampered_aggregate_is_found_to_the_last_digit() {
    let (_folder, ledger) = books(3);
    tamper(&ledger, b"a/", |_, value| {
        let mut group: Group = decode_group(&value).unwrap();
        group.meters[0].charge.add(Decimal::new(1, 28));
        Some(postcard::to_stdvec(&group).unwrap())
    });
    assert_eq!(
        problems(&ledger),
        [
            "aggregate of acme on day 20780 at acme-ai/acme-large in USD: charge of input: the store says 0.0004750200000000000000000001, the events say 0.00047502"
        ]
    );
    tamper(&ledger, b"a/", |_, _| None);
    assert_eq!(problems(&ledger), ["aggregate of acme on day 20780 at acme-ai/acme-large in USD: the store has no readable sums for its events"]);
}

#[test]
fn a_tampered_index_is_found() {
    let (_folder, ledger) = books(3);
    let page = |change: fn(&mut Vec<u8>)| {
        move |_: &[u8], mut value: Vec<u8>| {
            change(&mut value);
            Some(value)
        }
    };
    tamper(&ledger, b"d/", page(|value| value[3] ^= 1));
    assert_eq!(problems(&ledger), ["index of ids: it has 3 ids, the journal 3; or one of them stands at another place"]);
    tamper(&ledger, b"d/", page(|value| value[3] ^= 1));
    assert!(verify(&ledger).is_clean());

    tamper(&ledger, b"d/", |_, value| {
        let (id, seq) = ids::read(&value).next().unwrap();
        Some([value, id.bytes().to_vec(), (seq + 7).to_be_bytes().to_vec()].concat())
    });
    let found = problems(&ledger);
    assert!(found.len() == 2 && found[0].contains("it is there twice, as number "), "{found:?}");

    let (_folder, ledger) = books(3);
    tamper(&ledger, b"f/", |key, value| {
        let mut block = Block::decode(key, &value).unwrap();
        block.events -= 1;
        Some(block.encode())
    });
    assert_eq!(problems(&ledger), ["index of blocks: the block at event number 1 is not as the journal has it"]);
}

#[test]
fn an_event_that_does_not_add_up_is_named_with_its_sums() {
    let (_folder, ledger) = books(0);
    settle(&ledger, |hold| {
        let mut event = usual(hold);
        event.cost.amount = Some(Decimal::ONE);
        event.charge.lines[0].amount += Decimal::ONE;
        event
    });
    settle(&ledger, |hold| {
        let mut event = usual(hold);
        event.cost.lines[1].rate = Decimal::new(17, 2);
        event.charge.amount = None;
        event
    });
    let found: Vec<_> = verify(&ledger).problems.into_iter().map(|problem| problem.what).collect();
    assert_eq!(
        found,
        [
            "its cost is 1, the sum of its lines is 0.00030213",
            "its charge is 0.000392769, the sum of its lines is 1.000392769",
            "cost of cache_read: 1024 × 0.17 ÷ 1000000 is 0.00017408, the line says 0.00016384",
            "its charge is rated and has no amount",
        ]
    );
}

#[test]
fn rows_sum_up_to_the_events_even_when_an_events_lines_do_not() {
    let (_folder, ledger) = books(0);
    settle(&ledger, |hold| {
        let mut event = usual(hold);
        event.cost.amount = Some(Decimal::ONE);
        event.charge.lines[2].meter = None;
        event
    });
    let rows = ledger.aggregates(&Default::default()).unwrap();
    assert_eq!(rows.iter().map(|row| row.cost).sum::<Decimal>(), Decimal::ONE);
    assert_eq!(rows.iter().map(|row| row.charge).sum::<Decimal>(), Decimal::new(392_769, 9));
    let output = rows.iter().find(|row| row.meter == Some(Meter::OUTPUT)).unwrap();
    let of_event = rows.iter().find(|row| row.meter.is_none()).unwrap();
    assert_eq!((output.charge, of_event.charge), (Decimal::ZERO, Decimal::new(21_437, 9)));
}

#[test]
fn calls_in_progress_and_calls_that_end_meanwhile_are_no_problem() {
    let (_folder, ledger) = books(1);
    let calls = Calls::new(clock());
    let reservation = ledger.reserve(calls.hold("acme")).unwrap();
    let report = verify(&ledger);
    assert_eq!((report.is_clean(), report.held), (true, 1));
    let mut ending = Some(reservation);
    // The call ends while the journal is being read.
    let report = ledger.verify(&mut |_, _| drop(ending.take())).unwrap();
    assert_eq!((report.problems, report.held, report.events), (vec![], 0, 1));
}
