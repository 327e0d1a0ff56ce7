//! What the books promise, call by call.
#![allow(clippy::unwrap_used, reason = "a test's helpers may")]

mod support;

use std::ops::ControlFlow;

use support::{Calls, clock, event, open, usual};
use weighbridge_domain::{ChargeStatus, CostStatus, Currency, Decimal, EventStatus, Meter, Timestamp, exact};
use weighbridge_ledger::{AggregateQuery, Document, DocumentKind, EventQuery, LedgerError, Posted};

fn d(text: &str) -> Decimal {
    exact::parse(text).unwrap()
}

#[test]
fn a_settled_call_is_there_at_once_with_its_place_and_its_sums() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(folder.path()).ledger;
    let calls = Calls::new(clock());
    for place in 1..=3 {
        let hold = calls.hold("acme");
        let event = usual(&hold);
        let reservation = ledger.reserve(hold).unwrap();
        assert_eq!(ledger.held(), [reservation.hold().clone()]);
        let id = reservation.id();
        let receipt = ledger.settle(reservation, vec![event.clone()]).wait().unwrap();
        assert_eq!((receipt.id, receipt.seq), (id, place));
        let stored = ledger.event(id).unwrap().unwrap();
        assert_eq!((stored.seq, stored.event), (place, event));
    }
    assert_eq!(ledger.held(), []);
    let rows = ledger.aggregates(&AggregateQuery::default()).unwrap();
    let row = |meter: Option<Meter>| rows.iter().find(|row| row.meter == meter).unwrap();
    assert_eq!(rows.len(), 4);
    assert_eq!((row(None).events, row(None).unpriced, row(None).unrated, row(None).cost), (3, 0, 0, Decimal::ZERO));
    assert_eq!((row(Some(Meter::INPUT)).quantity, row(Some(Meter::INPUT)).cost, row(Some(Meter::INPUT)).charge), (d("2436"), d("0.0003654"), d("0.00047502")));
    assert_eq!(row(Some(Meter::OUTPUT)).quantity, d("291"));
    assert_eq!(ledger.event(calls.id()).unwrap(), None);
}

#[test]
fn the_attempts_of_one_call_are_settled_together_and_stand_next_to_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(folder.path()).ledger;
    let calls = Calls::new(clock());
    let hold = calls.hold("acme");
    let first = event(&hold, &[]);
    let second = {
        let mut second = usual(&hold);
        (second.id, second.attempt) = (calls.id(), 2);
        second
    };
    let reservation = ledger.reserve(hold).unwrap();
    assert_eq!(ledger.settle(reservation, vec![first.clone(), second.clone()]).wait().unwrap().seq, 1);
    assert_eq!(ledger.event(second.id).unwrap().unwrap().seq, 2);
    assert_eq!(ledger.stats().events, 2);
    assert!(ledger.verify(&mut |_, _| {}).unwrap().is_clean());
}

#[test]
fn a_dropped_reservation_becomes_an_abandoned_event_that_costs_neither_nothing_nor_anything() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(folder.path()).ledger;
    let calls = Calls::new(clock());
    let (dropped, empty) = (ledger.reserve(calls.hold("acme")).unwrap(), ledger.reserve(calls.hold("acme")).unwrap());
    let (dropped_id, empty_id) = (dropped.id(), empty.id());
    drop(dropped);
    ledger.settle(empty, Vec::new()).wait().unwrap();
    for id in [dropped_id, empty_id] {
        let event = ledger.event(id).unwrap().unwrap().event;
        assert_eq!((event.status, event.cost.status, event.cost.amount), (EventStatus::Abandoned, CostStatus::Unpriced, None));
        assert_eq!((event.charge.status, event.charge.amount), (ChargeStatus::Unrated, None));
        assert_eq!(event.charge.reason.as_deref(), Some("the call ended without a settlement; what it consumed is not known"));
        assert_eq!(event.flags, ["usage_unknown".into()]);
        assert!(event.usage.is_empty());
    }
    let rows = ledger.aggregates(&AggregateQuery::default()).unwrap();
    assert_eq!((rows.len(), rows[0].events, rows[0].unpriced, rows[0].unrated), (1, 2, 2, 2));
    assert_eq!(ledger.held(), []);
    assert!(ledger.verify(&mut |_, _| {}).unwrap().is_clean());
}

#[test]
fn a_released_reservation_leaves_no_event() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(folder.path()).ledger;
    let reservation = ledger.reserve(Calls::new(clock()).hold("acme")).unwrap();
    let id = reservation.id();
    ledger.release(reservation).wait().unwrap();
    assert_eq!((ledger.held(), ledger.event(id).unwrap(), ledger.stats().events), (vec![], None, 0));
    assert!(ledger.verify(&mut |_, _| {}).unwrap().is_clean());
}

#[test]
fn an_id_is_held_once() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(folder.path()).ledger;
    let hold = Calls::new(clock()).hold("acme");
    let reservation = ledger.reserve(hold.clone()).unwrap();
    let refused = ledger.reserve(hold.clone()).unwrap_err();
    assert_eq!(refused, LedgerError::AlreadyHeld(hold.id));
    assert_eq!(refused.to_string(), format!("{} is already reserved by a call in progress; use a new id, or wait for that call to end", hold.id));
    drop(reservation);
}

#[test]
fn documents_are_replaced_by_kind_and_id_and_listed_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(folder.path()).ledger;
    let document = |kind, id: &str, body: &str, archived| Document { kind, id: id.into(), body: body.into(), archived };
    let first = ledger.put(document(DocumentKind::Plan, "b", "1", false)).wait().unwrap();
    let second = ledger.put(document(DocumentKind::Plan, "a", "2", false)).wait().unwrap();
    assert!(second > first);
    ledger.put(document(DocumentKind::Plan, "b", "3", true)).wait().unwrap();
    ledger.put(document(DocumentKind::Customer, "b", "4", false)).wait().unwrap();
    assert_eq!(ledger.documents(DocumentKind::Plan).unwrap(), [document(DocumentKind::Plan, "a", "2", false), document(DocumentKind::Plan, "b", "3", true)]);
    assert_eq!(ledger.document(DocumentKind::Customer, "b").unwrap().unwrap().body, b"4");
    assert_eq!(ledger.document(DocumentKind::Customer, "a").unwrap(), None);
    assert_eq!(ledger.documents(DocumentKind::Key).unwrap(), []);
    let refused = ledger.put(document(DocumentKind::Plan, "big", &"x".repeat((1 << 20) + 1), false)).wait().unwrap_err();
    assert_eq!(refused.to_string(), "the document \"big\" has 1048577 bytes; at most 1048576 are kept");
}

#[test]
fn events_are_found_by_customer_session_workflow_and_time_page_by_page() {
    let folder = tempfile::tempdir().unwrap();
    // Small segments, so that pages cross them.
    let options = weighbridge_ledger::LedgerOptions { segment_bytes: 16 << 10, ..support::options(folder.path()) };
    let time = clock();
    let ledger = weighbridge_ledger::Ledger::open(options, time.clone()).unwrap().ledger;
    let calls = Calls::new(time.clone());
    for number in 0..200u32 {
        time.advance(1_000_000);
        let mut hold = calls.hold(["acme", "beta", "corp"][number as usize % 3]);
        hold.session = (number % 2 == 0).then(|| "s".into());
        hold.workflow = (number % 5 == 0).then(|| "w".into());
        let event = event(&hold, &[(Meter::INPUT, number)]);
        let reservation = ledger.reserve(hold).unwrap();
        let _not_awaited = ledger.settle(reservation, vec![event]);
        if number % 10 == 0 {
            ledger.flush().unwrap();
        }
    }
    ledger.flush().unwrap();
    assert!(ledger.stats().segments > 3, "{:?}", ledger.stats());
    let numbers = |query: &EventQuery| {
        let mut found = Vec::new();
        ledger
            .for_each_event(query, |stored| {
                found.push(stored.seq - 1);
                ControlFlow::Continue(())
            })
            .unwrap();
        found
    };
    let all = EventQuery::default();
    assert_eq!(numbers(&all), (0..200).collect::<Vec<_>>());
    assert_eq!(numbers(&EventQuery { customer: Some("beta".into()), ..all.clone() }), (0..200).filter(|n| n % 3 == 1).collect::<Vec<_>>());
    assert_eq!(numbers(&EventQuery { customer: Some("nobody".into()), ..all.clone() }), []);
    assert_eq!(
        numbers(&EventQuery { session: Some("s".into()), workflow: Some("w".into()), ..all.clone() }),
        (0..200).filter(|n| n % 10 == 0).collect::<Vec<_>>()
    );
    let at = |second: i64| Some(Timestamp::from_micros(support::NOON + (second + 1) * 1_000_000));
    assert_eq!(numbers(&EventQuery { from: at(50), to: at(60), ..all.clone() }), (50..60).collect::<Vec<_>>());
    assert_eq!(numbers(&EventQuery { limit: Some(7), ..all.clone() }), (0..7).collect::<Vec<_>>());

    let mut query = EventQuery { customer: Some("acme".into()), limit: Some(30), ..all };
    let mut pages = Vec::new();
    loop {
        let page = ledger.events(&query).unwrap();
        pages.push(page.events.iter().map(|stored| stored.seq - 1).collect::<Vec<_>>());
        let Some(cursor) = page.next_cursor else { break };
        query.cursor = Some(cursor);
    }
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [30, 30, 7]);
    assert_eq!(pages.concat(), (0..200).filter(|n| n % 3 == 0).collect::<Vec<_>>());
    let refused = ledger.events(&EventQuery { cursor: Some("x".into()), ..EventQuery::default() }).unwrap_err();
    assert_eq!(refused.to_string(), "\"x\" is not a cursor of this ledger; use next_cursor of the page before, or none for the first page");
}

#[test]
fn aggregates_are_by_day_of_the_start_and_by_currency() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(folder.path()).ledger;
    let time = clock();
    let calls = Calls::new(time.clone());
    let day = 20_780;
    for _ in 0..2 {
        let mut hold = calls.hold("acme");
        hold.currency = Currency::parse("EUR").unwrap();
        let event = usual(&hold); // cost in USD, charge in EUR
        let reservation = ledger.reserve(hold).unwrap();
        ledger.settle(reservation, vec![event]).wait().unwrap();
        time.advance(86_400_000_000);
    }
    let rows = |from, to| ledger.aggregates(&AggregateQuery { customer: Some("acme".into()), from_day: from, to_day: to }).unwrap();
    assert_eq!(rows(None, None).iter().map(|row| row.events).sum::<u64>(), 2);
    assert_eq!(rows(Some(day + 1), None), rows(Some(day + 1), Some(day + 2)));
    assert_eq!(rows(None, Some(day)), []);
    assert_eq!(rows(Some(day + 5), Some(day)), []);
    let one = rows(Some(day), Some(day + 1));
    let in_currency = |code: &str| one.iter().filter(|row| row.currency.as_str() == code).collect::<Vec<_>>();
    assert!(in_currency("EUR").iter().all(|row| row.events == 0 && row.cost.is_zero() && row.quantity.is_zero()));
    assert!(in_currency("USD").iter().all(|row| row.charge.is_zero()));
    assert_eq!(in_currency("EUR").iter().map(|row| row.charge).sum::<Decimal>(), d("0.000392769"));
    assert_eq!(in_currency("USD").iter().map(|row| row.events).sum::<u64>(), 1);
    assert!(ledger.aggregates(&AggregateQuery { customer: Some("acm".into()), ..Default::default() }).unwrap().is_empty());
}

#[test]
fn places_go_on_after_reopening_and_a_closed_ledger_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let calls = Calls::new(clock());
    for round in 0..3 {
        let opened = open(folder.path());
        assert_eq!(opened.recovery, Default::default(), "round {round}");
        let ledger = opened.ledger;
        for call in 1..=5 {
            let hold = calls.hold("acme");
            let event = usual(&hold);
            let reservation = ledger.reserve(hold).unwrap();
            assert_eq!(ledger.settle(reservation, vec![event]).wait().unwrap().seq, round * 5 + call);
        }
        let reservation = ledger.reserve(calls.hold("acme")).unwrap();
        ledger.release(reservation).wait().unwrap();
        ledger.close();
        ledger.close();
        assert_eq!(ledger.reserve(calls.hold("acme")).unwrap_err(), LedgerError::Closed);
        assert_eq!(ledger.aggregates(&AggregateQuery::default()).unwrap_err().to_string(), "the ledger is closed");
        assert_eq!(ledger.flush().unwrap_err(), LedgerError::Closed);
    }
    assert!(open(folder.path()).ledger.verify(&mut |_, _| {}).unwrap().is_clean());
}

#[test]
fn a_pending_settlement_can_be_awaited_and_may_be_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(folder.path()).ledger;
    let calls = Calls::new(clock());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let places = runtime.block_on(async {
        let tasks: Vec<_> = (0..64)
            .map(|number| {
                let (ledger, hold) = (ledger.clone(), calls.hold("acme"));
                tokio::spawn(async move {
                    let event = usual(&hold);
                    let pending = ledger.settle(ledger.reserve(hold).unwrap(), vec![event]);
                    if number % 2 == 0 { Some(pending.await.unwrap().seq) } else { None }
                })
            })
            .collect();
        let mut places = Vec::new();
        for task in tasks {
            places.extend(task.await.unwrap());
        }
        places
    });
    let distinct: std::collections::BTreeSet<_> = places.iter().collect();
    assert_eq!((places.len(), distinct.len()), (32, 32));
    ledger.flush().unwrap();
    assert_eq!((ledger.stats().events, ledger.held()), (64, vec![]));
}

#[test]
fn rule_33_what_is_posted_is_on_the_books_once_however_often_and_by_however_many() {
    let folder = tempfile::tempdir().unwrap();
    let opened = open(folder.path());
    let (ledger, calls) = (opened.ledger, Calls::new(clock()));
    let items: Vec<_> = (0..600).map(|_| usual(&calls.hold("acme"))).collect();
    // Several at once, with overlapping parts, one of them with an id twice.
    let (first, second) = ([&items[..400], &items[..3]].concat(), items[200..].to_vec());
    let posted: Vec<_> = std::thread::scope(|scope| {
        let threads = [&first, &second, &first].map(|events| scope.spawn(|| ledger.post(events.clone()).unwrap()));
        threads.map(|thread| thread.join().unwrap()).into()
    });
    assert_eq!(posted.iter().map(|posted| posted.new).sum::<usize>(), 600);
    assert_eq!(posted.iter().map(|posted| posted.known).sum::<usize>(), 403 + 400 + 403 - 600);
    assert_eq!(ledger.post(items.clone()).unwrap(), Posted { new: 0, known: 600 });
    let (known, other) = (items[599].id, calls.id());
    assert_eq!(ledger.known(&[known, other]).unwrap().into_iter().collect::<Vec<_>>(), [known]);
    assert_eq!((ledger.stats().events, ledger.held()), (600, vec![]));
    assert!(ledger.verify(&mut |_, _| {}).unwrap().is_clean());
    ledger.close();

    // After a restart as well, and with the store rebuilt from the journal.
    std::fs::remove_dir_all(folder.path().join("sled")).unwrap();
    let ledger = open(folder.path()).ledger;
    assert_eq!(ledger.post(items).unwrap(), Posted { new: 0, known: 600 });
    assert!(ledger.verify(&mut |_, _| {}).unwrap().is_clean());
}
