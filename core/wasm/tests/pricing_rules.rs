//! The pricing rules of the repository as components: each loads a good sheet, rates with it, and refuses a bad one.
#![allow(clippy::unwrap_used, reason = "a test's helpers may")]

mod common;

use std::borrow::Cow;

use common::{Call, shared};
use weighbridge_domain::{Currency, Decimal, Timestamp, exact};
use weighbridge_plugin_api::pricing::{AggregateValue, LineItem, PeriodInput, PricingRule, PricingRules, RatingInput, Window};

/// Rule, a sheet, what it charges for five meters of 100 to 500 units at 1 to 5 per million, a bad sheet, what is said of it.
const RULES: &[(&str, &str, &str, &str, &str)] = &[
    (
        "blended-margin",
        r#"{"target_margin_percent": "45"}"#,
        "0.0055",
        r#"{"target_margin_percent": "100"}"#,
        "target_margin_percent: 100 is out of range: a margin is a part of the price, between 0 and 99",
    ),
    (
        "contract",
        r#"{"customer": "acme", "terms": [{"discount_percent": "10"}], "others": "at_cost"}"#,
        "0.00495",
        r#"{"customer": "acme", "terms": []}"#,
        "terms: expected a list of tables, such as [ { from = \"2026-01-01\", discount_percent = \"10\" } ]",
    ),
    (
        "cost-plus",
        r#"{"markup_percent": "30"}"#,
        "0.00715",
        r#"{"markup_percent": "-101"}"#,
        "markup_percent: -101 is out of range: a percentage is between -100 (free) and 10000",
    ),
    (
        "coupon",
        r#"{"code": "C", "percent": "20"}"#,
        "0.0044",
        r#"{"code": "C", "amount": "-1"}"#,
        "amount: -1 is out of range: an amount is above 0 and at most 1000000000",
    ),
    ("expression", r#"{"amount": "tokens / 1000"}"#, "1.5", r#"{"amount": "tokens *"}"#, "amount: line 1, column 9: expected a value, found the end"),
    ("free-tier", r#"{"requests": 1}"#, "0", r#"{"requests": 0}"#, "requests: 0 is out of range: a quantity is above 0 and at most 1000000000000000000"),
    (
        "graduated",
        r#"{"per": 1000, "tiers": [{"up_to": 500, "rate": "1"}, {"rate": "0.5"}]}"#,
        "1",
        r#"{"per": 1000, "tiers": [{"up_to": 500, "rate": "1"}, {"from": 501, "rate": "0.5"}]}"#,
        "tiers[1].from: expected 500, found 501: a gap: the tier before ends at 500",
    ),
    (
        "included-allowance",
        r#"{"quantity": 1000, "meters": "tokens"}"#,
        "0.0025",
        r#"{"quantity": 1000}"#,
        "meters: is missing: write what is included, such as \"tokens\": tokens, calls and images do not add up",
    ),
    ("minimum-commitment", r#"{"amount": "10"}"#, "0.0055", r#"{"amount": 0}"#, "amount: 0 is out of range: an amount is above 0 and at most 1000000000"),
    (
        "package",
        r#"{"size": 1000, "price": "5"}"#,
        "10",
        r#"{"size": 1000, "price": 2.5}"#,
        "price: write 2.5 as a string, \"2.5\": numbers with a point are not exact",
    ),
    (
        "per-request",
        r#"{"price": "0.01"}"#,
        "0.01",
        r#"{"price": "0.01", "models": 3}"#,
        "models: expected a name or a list of names, such as [ \"acme/large\", \"small-*\" ]",
    ),
    (
        "per-token",
        r#"{"prices": {"*": {"input": "10", "output": "20"}}}"#,
        "0.024",
        r#"{"prices": {"large": {"input": "-1"}}}"#,
        "prices[\"large\"].input: -1 is out of range: a price is between 0 and 1000000000",
    ),
    (
        "percentage-discount",
        r#"{"percent": "50"}"#,
        "0.00275",
        r#"{"percent": "101"}"#,
        "percent: 101 is out of range: a percentage off is above 0 and at most 100",
    ),
    (
        "prepaid-commit",
        r#"{"amount": "0.0055"}"#,
        "0",
        r#"{"amount": "1", "window": "year"}"#,
        "window: expected one of \"billing-period\", \"month\", \"day\", \"contract\", \"lifetime\"",
    ),
    (
        "session-cap",
        r#"{"amount": "0.001"}"#,
        "0.001",
        r#"{"amount": "0.001", "by": "customer"}"#,
        "by: \"customer\" is not one of session, workflow, step, key, tag.<name>",
    ),
    (
        "volume",
        r#"{"per": 1000, "tiers": [{"up_to": 500, "rate": "1"}, {"rate": "0.5"}]}"#,
        "0.75",
        r#"{"per": 1000, "tiers": [{"up_to": 500, "rate": "1"}]}"#,
        "tiers[0].up_to: the last tier has no up_to: what lies above it would have no price",
    ),
];

/// Every aggregate that a rule declares, before anything was contributed.
fn nothing_yet(rule: &dyn PricingRule) -> Vec<AggregateValue> {
    rule.info().aggregates.iter().map(|spec| value(&spec.name, "0", "0")).collect()
}

fn value(name: &str, quantity: &str, amount: &str) -> AggregateValue {
    AggregateValue { name: name.into(), quantity: d(quantity), amount: d(amount), group: Vec::new() }
}

fn d(text: &str) -> Decimal {
    exact::parse(text).unwrap()
}

fn sum(lines: &[LineItem]) -> Decimal {
    lines.iter().fold(Decimal::ZERO, |sum, line| exact::add(sum, line.amount).unwrap())
}

fn shown(lines: &[LineItem]) -> String {
    lines
        .iter()
        .map(|line| format!("{}: {}{}", line.description, line.amount.normalize(), if line.credit { " (credit)" } else { "" }))
        .collect::<Vec<_>>()
        .join("; ")
}

#[test]
fn every_rule_that_is_bundled_is_in_the_table() {
    let bundled: Vec<&str> = weighbridge_bundle::first_party().iter().filter(|plugin| plugin.kind == "pricing").map(|plugin| plugin.name).collect();
    assert_eq!(bundled, RULES.iter().map(|(name, ..)| *name).collect::<Vec<_>>());
}

#[test]
fn each_rule_rates_with_a_good_sheet_and_refuses_a_bad_one() {
    for (name, good, charge, bad, refusal) in RULES {
        let rule = shared().load(name, good).unwrap();
        let before = nothing_yet(&*rule);
        let call = Call::of("large");
        let mut input = RatingInput { aggregates: &before, ..call.input() };
        input.usage.dimensions = vec![("session", Cow::Borrowed("s-1"))];
        let rated = rule.rate(&input).unwrap();
        assert_eq!(sum(&rated.items).normalize().to_string(), *charge, "{name}: {}", shown(&rated.items));
        assert_eq!(shared().load(name, bad).map(drop).unwrap_err().to_string(), *refusal, "{name}");
    }
}

#[test]
fn what_was_before_and_what_is_added_cross_the_boundary() {
    let sheet = r#"{"per": 1000, "meters": "input", "others": "free", "window": "contract", "term": {"from": "2026-01-01", "until": "2027-01-01"}, "apart_by": ["model", "tag.team"], "tags": {"team": "blue"}, "tiers": [{"up_to": 1000, "rate": "1"}, {"rate": "0.5"}]}"#;
    let rule = shared().load("graduated", sheet).unwrap();
    let spec = &rule.info().aggregates[0];
    assert_eq!(
        (spec.name.as_str(), spec.meter.as_str(), spec.window, &spec.group_by[..]),
        ("usage", "input", Window::Contract, &["model".to_owned(), "tag.team".to_owned()][..])
    );
    let micros = |time: Option<Timestamp>| time.map(|time| time.micros() / 1_000_000);
    assert_eq!((micros(spec.start), micros(spec.end)), (Some(1_767_225_600), Some(1_798_761_600)));
    assert_eq!(rule.info().dimensions, ["tag.team"]);
    let before = [value("usage", "950", "0.95")];
    let call = Call::of("large");
    let mut input = RatingInput { aggregates: &before, ..call.input() };
    input.usage.dimensions = vec![("tag.team", Cow::Borrowed("blue"))];
    let rated = rule.rate(&input).unwrap();
    assert_eq!(shown(&rated.items[..2]), "input tokens up to 1000: 0.05; input tokens above 1000: 0.025");
    assert_eq!((rated.contributions[0].quantity, rated.contributions[0].amount.normalize()), (100.into(), d("0.075")));
}

#[test]
fn a_close_settles_each_group_and_may_give_back() {
    let rule = shared().load("volume", r#"{"per": 1000, "apart_by": "model", "tiers": [{"up_to": 1000, "rate": "1"}, {"rate": "0.5"}]}"#).unwrap();
    let of = |model: &str, quantity, amount| AggregateValue { group: vec![("model".into(), model.into())], ..value("usage", quantity, amount) };
    let aggregates = [of("large", "2000", "1.5"), of("small", "10", "0.01")];
    let (start, end) = (Timestamp::from_micros(0), Timestamp::from_micros(1));
    let lines = rule.close_period(&PeriodInput { customer: &"acme".into(), start, end, currency: Currency::USD, aggregates: &aggregates }).unwrap();
    assert_eq!(shown(&lines), "volume (model large): 2000 units at 0.5 per 1000 are 1, of which 1.5 was charged: -0.5 (credit)");
}

#[test]
fn a_chain_of_three_keeps_credits_as_credits() {
    let call = Call::of("large");
    let cost_plus = shared().load("cost-plus", r#"{"markup_percent": "100"}"#).unwrap().rate(&call.input()).unwrap();
    let discount = shared().load("percentage-discount", r#"{"percent": "10"}"#).unwrap();
    let discounted = discount.rate(&RatingInput { so_far: &cost_plus.items, ..call.input() }).unwrap();
    let marked_up = shared().load("cost-plus", r#"{"markup_percent": "50"}"#).unwrap();
    let last = marked_up.rate(&RatingInput { so_far: &discounted.items, ..call.input() }).unwrap();
    assert_eq!(shown(&last.items[5..]), "discount 10 % + 50 %: -0.00165 (credit)");
    assert_eq!(sum(&last.items).normalize(), d("0.01485"));
}

#[test]
fn a_formula_knows_the_time_where_it_was_told_to_look() {
    let rule = shared().load("expression", r#"{"amount": "if hour == 7 and weekday == 6 then 1 else 2", "zone": "Asia/Tokyo"}"#).unwrap();
    assert_eq!(rule.info().dimensions, ["local_time.Asia/Tokyo"]);
    let call = Call::of("large");
    let mut input = call.input();
    input.usage.dimensions = vec![("local_time.Asia/Tokyo", Cow::Borrowed("2026-11-28T07:00:00 6"))];
    assert_eq!(sum(&rule.rate(&input).unwrap().items), Decimal::ONE);
}
