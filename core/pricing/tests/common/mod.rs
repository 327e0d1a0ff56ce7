//! Small words for the tests: rows, usages, costs.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so")]
#![allow(dead_code, reason = "each test file uses some of them")]

use weighbridge_domain::{Decimal, Meter, Source, Timestamp, Usage, exact};
use weighbridge_pricing::{Costed, PriceBook, PriceQuery, PriceRow};

pub(crate) fn d(text: &str) -> Decimal {
    exact::parse(text).unwrap()
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn noon() -> Timestamp {
    at("2026-11-23T12:00:00Z")
}

/// `usage("input=5 output=7")`
pub(crate) fn usage(text: &str) -> Usage {
    let mut usage = Usage::new();
    for pair in text.split_whitespace() {
        let (meter, value) = pair.split_once('=').unwrap();
        usage.insert(Meter::new(meter).unwrap(), d(value), Source::Reported).unwrap();
    }
    usage
}

/// A row with these tiers, in the JSON that is stored.
pub(crate) fn row(model: &str, tiers: &str, more: &str) -> PriceRow {
    let json =
        format!(r#"{{"id": "acme/{model}", "provider": "acme", "model": "{model}", "version": 1, "source": {{"name": "test"}}, "tiers": {tiers}{more}}}"#);
    PriceRow::from_json(json.as_bytes()).unwrap()
}

/// A catalogue with one provider, `acme`, and this below it.
pub(crate) fn book(models: &str) -> PriceBook {
    PriceBook::catalogue(&catalogue(models)).unwrap()
}

pub(crate) fn catalogue(models: &str) -> String {
    format!("name = \"test\"\ndate = \"2026-11-23\"\n[providers.acme]\n{models}")
}

pub(crate) fn ask<'a>(model: &'a str, service_tier: Option<&'a str>) -> PriceQuery<'a> {
    PriceQuery { provider: "acme", model, at: noon(), service_tier }
}

/// A cost as `explain` would show it.
pub(crate) fn shown(costed: &Costed) -> String {
    let mut out = format!("{:?} {}\n", costed.cost.status, costed.cost.amount.map_or("no amount".into(), |amount| amount.normalize().to_string()));
    for line in &costed.cost.lines {
        let note = line.note.as_deref().map(|note| format!("  ({note})")).unwrap_or_default();
        out += &format!("{} {} × {} / {} = {}{note}\n", line.meter, line.quantity, line.rate.normalize(), line.per, line.amount.normalize());
    }
    for flag in &costed.flags {
        out += &format!("flag {flag}\n");
    }
    out
}
