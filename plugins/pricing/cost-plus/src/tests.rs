//! The worked examples of the README, and what a bad sheet is told.

use super::*;
use weighbridge_plugin::pricing::Usage;
use weighbridge_plugin::{Decimal, exact};
use weighbridge_plugin_testkit::rules;

fn d(text: &str) -> Decimal {
    exact::parse(text).unwrap_or_else(|| panic!("{text:?} is not a decimal"))
}

/// `input 812 at 0.15 per 1000000`.
fn cost_line(text: &str) -> CostLine {
    let [meter, quantity, "at", rate, "per", per] = text.split_whitespace().collect::<Vec<_>>()[..] else { panic!("a cost line, not {text:?}") };
    let (quantity, rate, per) = (d(quantity), d(rate), d(per));
    let amount = exact::div_power_of_ten(exact::mul(quantity, rate).unwrap(), per).unwrap();
    CostLine { meter: meter.into(), quantity, rate, per, amount }
}

fn input(call: &str, cost: &str) -> RatingInput {
    let (provider, model) = call.split_once('/').unwrap();
    let usage = Usage { provider: provider.into(), model: model.into(), ..Usage::default() };
    RatingInput { usage, currency: "USD".into(), cost: cost.split("; ").map(cost_line).collect(), ..RatingInput::default() }
}

fn shown(items: &[LineItem]) -> String {
    items.iter().map(|item| format!("{}: {}", item.description, item.amount.normalize())).collect::<Vec<_>>().join("; ")
}

#[test]
fn the_worked_examples_of_the_readme_hold() {
    let count = rules::check::<CostPlus>(include_str!("../README.md"), include_str!("../sheet.schema.json"));
    assert!(count >= 24, "{count} examples");
}

#[test]
fn a_rule_further_down_the_chain_marks_up_the_lines_so_far() {
    let first = CostPlus::load(r#"{"markup_percent": "30"}"#).unwrap().rate(input("acme/large", "input 100 at 2 per 1000000")).unwrap();
    let second = CostPlus::load(r#"{"markup_percent": "-10"}"#).unwrap();
    let rated = second.rate(RatingInput { so_far: first.items, ..input("acme/large", "input 100 at 2 per 1000000") }).unwrap();
    assert_eq!(shown(&rated.items), "input tokens at cost + 30 % − 10 %: 0.000234");
    assert_eq!(rated.items[0].unit_price.normalize(), d("0.00000234"));
}

#[test]
fn a_line_says_how_much_of_what_at_which_price() {
    let rated =
        CostPlus::load(r#"{"markup_percent": 30}"#).unwrap().rate(input("acme/large", "input 812 at 0.15 per 1000000; web_searches 2 at 10 per 1000")).unwrap();
    let [tokens, searches] = &rated.items[..] else { panic!("two lines") };
    assert_eq!((tokens.meter.as_str(), tokens.unit.as_str(), tokens.quantity, tokens.unit_price.normalize()), ("input", "tokens", d("812"), d("0.000000195")));
    assert_eq!((searches.unit.as_str(), searches.unit_price.normalize()), ("calls", d("0.013")));
}

#[test]
fn an_amount_that_would_have_to_be_rounded_is_refused() {
    let rule = CostPlus::load(r#"{"markup_percent": "30"}"#).unwrap();
    let mut tiny = input("acme/large", "input 1 at 1 per 1");
    tiny.cost[0].amount = d("0.0000000000000000000000000001");
    assert_eq!(rule.rate(tiny).unwrap_err().message, "0.0000000000000000000000000001 times 1.30 does not fit 28 decimals exactly");
}

#[test]
fn a_cost_in_another_currency_is_refused() {
    let rule = CostPlus::load(r#"{"markup_percent": "30", "currency": "EUR"}"#).unwrap();
    assert_eq!(
        rule.rate(input("acme/large", "input 1 at 1 per 1")).unwrap_err().message,
        "the cost is in USD and the sheet charges in EUR: set `currency` of the sheet to \"USD\""
    );
}

fn problems(sheet: &str) -> Vec<String> {
    let Err(problems) = CostPlus::load(sheet) else { panic!("{sheet} was accepted") };
    problems.into_iter().map(|problem| format!("{}: {}", problem.path, problem.message)).collect()
}

#[test]
fn a_bad_sheet_names_every_problem_with_its_path_and_what_was_expected() {
    assert_eq!(
        problems(
            r#"{"rule": "tiers", "markup": "30", "markup_percent": "thirty", "currency": "usd", "per_model": {"acme/large": "-101", "small": 12.5}, "per_meter": ["input"]}"#
        ),
        [
            "markup: unknown key; expected one of rule, currency, markup_percent, margin_percent, add, per, add_per_call, per_tag, per_model, per_provider, per_meter",
            "rule: expected \"cost-plus\": this sheet is for another rule",
            "currency: expected a currency code such as \"USD\"",
            "markup_percent: \"thirty\" is not a decimal number: write a percentage such as \"30\" or \"12.5\"",
            "per_model[\"acme/large\"]: -101 is out of range: a percentage is between -100 (free) and 10000",
            "per_model[\"small\"]: write 12.5 as a string, \"12.5\": numbers with a point are not exact",
            "per_meter: expected a table of names and percentages, such as { \"acme/large\" = \"20\" }",
        ]
    );
    assert_eq!(problems("{}"), ["markup_percent: is missing: write the percentage on top of cost, such as \"30\""]);
    assert_eq!(problems("[]"), ["sheet: expected a JSON object such as {\"markup_percent\": \"30\"}"]);
    assert_eq!(problems(r#"{"markup_percent": "10001"}"#), ["markup_percent: 10001 is out of range: a percentage is between -100 (free) and 10000"]);
    assert_eq!(
        problems(r#"{"markup_percent": "33.333333333"}"#),
        ["markup_percent: \"33.333333333\" has too many decimals: at most 8, so that every charge stays exact"]
    );
    assert!(CostPlus::load(r#"{"markup_percent": "33.33333333"}"#).is_ok());
    assert_eq!(problems(r#"{"markup_percent": null}"#), ["markup_percent: expected a percentage such as \"30\" or 30"]);
}
