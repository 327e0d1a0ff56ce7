//! A preview straight from a ledger on disk.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so")]

use std::{collections::BTreeMap, sync::Arc};

use weighbridge_billing::{Period, Rounding, preview};
use weighbridge_domain::{
    Charge, ChargeLine, ChargeStatus, Cost, Currency, Customer, EventId, EventStatus, Meter, Source, Timestamp, Usage, UsageEvent, exact, time::ManualClock,
};
use weighbridge_ledger::{Hold, Ledger, LedgerOptions};

fn hold(id: u8, at: Timestamp) -> Hold {
    Hold {
        id: EventId::from_bytes([id; 16]),
        customer: "acme-eu".into(),
        key: "key-1".into(),
        provider: "simulated".into(),
        requested_model: "sim-small".into(),
        routed_model: "sim-small".into(),
        dialect: "openai.chat".into(),
        streamed: false,
        session: None,
        workflow: None,
        step: None,
        tags: Vec::new(),
        plan: None,
        plan_version: 0,
        currency: Currency::USD,
        started_at: at,
        estimate: None,
    }
}

/// 1000 input tokens, charged so much.
fn event(hold: &Hold, charge: &str) -> UsageEvent {
    let mut usage = Usage::new();
    usage.insert(Meter::INPUT, 1000.into(), Source::Reported).unwrap();
    let amount = exact::parse(charge).unwrap();
    let line = ChargeLine {
        rule: 0,
        meter: Some(Meter::INPUT),
        description: "input".into(),
        quantity: 1000.into(),
        unit: "tokens".into(),
        unit_price: exact::parse("0").unwrap(),
        amount,
    };
    let charge = Charge { amount: Some(amount), status: ChargeStatus::Rated, lines: vec![line], reason: None, ..Charge::unrated(Currency::USD, None, 0, "") };
    UsageEvent {
        id: hold.id,
        request_id: hold.id,
        attempt: 1,
        status: EventStatus::Completed,
        customer: hold.customer.clone(),
        key: hold.key.clone(),
        session: None,
        workflow: None,
        step: None,
        tags: Vec::new(),
        dialect: hold.dialect.clone(),
        provider: hold.provider.clone(),
        requested_model: hold.requested_model.clone(),
        routed_model: hold.routed_model.clone(),
        served_model: None,
        service_tier: None,
        streamed: false,
        http_status: Some(200),
        started_at: hold.started_at,
        completed_at: hold.started_at,
        time_to_first_token_ms: None,
        duration_ms: 1,
        usage,
        flags: Vec::new(),
        cost: Cost::nothing(Currency::USD),
        charge,
        stated_cost: None,
        dimensions: Vec::new(),
    }
}

#[test]
fn a_preview_covers_its_month_to_the_last_microsecond_and_nothing_else() {
    let times = ["2026-10-31T23:59:59.999999Z", "2026-11-01T00:00:00Z", "2026-11-30T23:59:59.999999Z", "2026-12-01T00:00:00Z"];
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::at("2026-12-01T00:00:00Z".parse().unwrap()));
    let ledger = Ledger::open(LedgerOptions::at(folder.path()), clock).unwrap().ledger;
    // Nobody knows what this one consumed. It is settled by being dropped, before those that are waited for.
    drop(ledger.reserve(hold(9, times[1].parse().unwrap())).unwrap());
    for (id, time) in (1u8..).zip(times) {
        let reservation = ledger.reserve(hold(id, time.parse().unwrap())).unwrap();
        let event = event(reservation.hold(), "0.0625");
        ledger.settle(reservation, vec![event]).wait().unwrap();
    }
    let customer = Customer {
        id: "acme-eu".into(),
        name: "ACME Europe".into(),
        plan: None,
        currency: Currency::USD,
        external_ids: BTreeMap::new(),
        bill_to: None,
        created_at: Timestamp::default(),
        archived: false,
    };
    let invoice = preview(&ledger, &customer, &Period::parse("2026-11").unwrap(), Rounding::HalfEven).unwrap();
    assert_eq!((invoice.events, invoice.lines.len(), invoice.lines[0].quantity), (3, 1, 2000.into()));
    assert_eq!((invoice.total.to_string().as_str(), invoice.total_exact.to_string().as_str()), ("0.12", "0.125"));
    assert_eq!(invoice.notices.iter().map(|notice| (notice.code, notice.events)).collect::<Vec<_>>(), [("unrated_events", 1), ("unpriced_events", 1)]);
    ledger.close();
}
