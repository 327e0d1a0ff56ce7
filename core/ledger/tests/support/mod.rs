//! Calls as a gateway would make them: holds and events with usage, cost and charge that add up.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, reason = "each test uses a part of it")]

use std::sync::Arc;

use weighbridge_domain::{
    Charge, ChargeLine, ChargeStatus, Clock, Cost, CostLine, CostStatus, Currency, Decimal, Digest, EventId, EventStatus, IdSource, Meter, RuleRef, Source,
    Timestamp, Usage, UsageEvent, exact, ids::RandomIds, time::ManualClock,
};
use weighbridge_ledger::{Hold, Ledger, LedgerOptions, Opened};

/// 2026-11-23T12:00:00Z.
pub const NOON: i64 = 1_795_435_200_000_000;

pub fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at(Timestamp::from_micros(NOON)))
}

pub fn options(path: &std::path::Path) -> LedgerOptions {
    LedgerOptions { min_free_bytes: 0, ..LedgerOptions::at(path) }
}

pub fn open(path: &std::path::Path) -> Opened {
    Ledger::open(options(path), clock()).unwrap_or_else(|error| panic!("{error}"))
}

/// Calls with distinct ids.
pub struct Calls {
    ids: RandomIds,
    clock: Arc<dyn Clock>,
}

impl Calls {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { ids: RandomIds::new(), clock }
    }

    pub fn id(&self) -> EventId {
        self.ids.next(self.clock.now())
    }

    pub fn hold(&self, customer: &str) -> Hold {
        hold(self.id(), customer, self.clock.now())
    }
}

pub fn hold(id: EventId, customer: &str, started_at: Timestamp) -> Hold {
    Hold {
        id,
        customer: customer.into(),
        key: "key-1".into(),
        provider: "acme-ai".into(),
        requested_model: "fast".into(),
        routed_model: "acme-large".into(),
        dialect: "openai.chat".into(),
        streamed: false,
        session: None,
        workflow: None,
        step: None,
        tags: Vec::new(),
        plan: Some("standard".into()),
        plan_version: 1,
        currency: Currency::USD,
        started_at,
        estimate: Some(Decimal::new(12, 3)),
    }
}

/// A completed call: tokens at a rate per million, charged with thirty percent on top.
pub fn event(hold: &Hold, tokens: &[(Meter, u32)]) -> UsageEvent {
    let mut usage = Usage::new();
    let (mut cost, mut charge) = (Vec::new(), Vec::new());
    for (at, (meter, quantity)) in tokens.iter().enumerate() {
        let quantity = Decimal::from(*quantity);
        usage.insert(meter.clone(), quantity, Source::Reported).unwrap();
        let (rate, per) = (Decimal::new(15 + at as i64, 2), Decimal::from(1_000_000));
        let amount = exact::div_power_of_ten(exact::mul(quantity, rate).unwrap(), per).unwrap();
        cost.push(CostLine { meter: meter.clone(), quantity, rate, per, amount, price_id: "acme-ai/acme-large".into(), price_version: 3, note: None });
        let unit_price = exact::div_power_of_ten(exact::mul(rate, Decimal::new(13, 1)).unwrap(), per).unwrap();
        charge.push(ChargeLine {
            rule: 0,
            meter: Some(meter.clone()),
            description: "tokens at cost + 30 %".into(),
            quantity,
            unit: "tokens".into(),
            unit_price,
            amount: exact::mul(amount, Decimal::new(13, 1)).unwrap(),
        });
    }
    let sum = |amounts: &mut dyn Iterator<Item = Decimal>| amounts.fold(Decimal::ZERO, |sum, amount| exact::add(sum, amount).unwrap());
    let rules = vec![RuleRef { rule: "cost-plus".into(), plugin_digest: Digest([1; 32]), sheet_digest: Digest([2; 32]) }];
    UsageEvent {
        id: hold.id,
        request_id: hold.id,
        attempt: 1,
        status: EventStatus::Completed,
        customer: hold.customer.clone(),
        key: hold.key.clone(),
        session: hold.session.clone(),
        workflow: hold.workflow.clone(),
        step: hold.step.clone(),
        tags: hold.tags.clone(),
        dialect: hold.dialect.clone(),
        provider: hold.provider.clone(),
        requested_model: hold.requested_model.clone(),
        routed_model: hold.routed_model.clone(),
        served_model: Some("acme-large-2026-06-01".into()),
        service_tier: Some("default".into()),
        streamed: hold.streamed,
        http_status: Some(200),
        started_at: hold.started_at,
        completed_at: Timestamp::from_micros(hold.started_at.micros() + 2_210_000),
        time_to_first_token_ms: Some(312),
        duration_ms: 2_210,
        usage,
        flags: Vec::new(),
        cost: Cost { currency: Currency::USD, amount: Some(sum(&mut cost.iter().map(|line| line.amount))), status: CostStatus::Priced, lines: cost },
        charge: Charge {
            currency: hold.currency,
            amount: Some(sum(&mut charge.iter().map(|line| line.amount))),
            status: ChargeStatus::Rated,
            plan: hold.plan.clone(),
            plan_version: hold.plan_version,
            rules,
            lines: charge,
            reason: None,
        },
        stated_cost: None,
        dimensions: Vec::new(),
    }
}

/// The usual one.
pub fn usual(hold: &Hold) -> UsageEvent {
    event(hold, &[(Meter::INPUT, 812), (Meter::CACHE_READ, 1_024), (Meter::OUTPUT, 97)])
}
