//! The worked examples of the README, and what must hold of any usage.

use super::*;
use weighbridge_plugin_testkit::rules;

#[test]
fn the_worked_examples_of_the_readme_hold() {
    let count = rules::check::<Package>(include_str!("../README.md"), include_str!("../sheet.schema.json"));
    assert!(count >= 22, "{count} examples");
}

#[test]
fn a_split_usage_costs_the_same() {
    let rule = Package::load(&rules::first_sheet(include_str!("../README.md"))).unwrap();
    let mut random = rules::random::Random::new(1);
    for _ in 0..500 {
        let (before, quantity) = (random.quantity(), random.quantity());
        let cost = |parts: Vec<Decimal>| {
            let mut past = Vec::new();
            rules::add(&mut past, &rule.rate(rules::usage(&rule, "acme/large", &format!("input {before}"), &[])).unwrap());
            let rated = parts.into_iter().map(|part| {
                rule.rate(rules::usage(&rule, "acme/large", &format!("input {part}"), &past)).map(|rating| {
                    rules::add(&mut past, &rating);
                    rules::sum(&rules::checked(rating.items))
                })
            });
            rated.sum::<Result<Decimal, _>>().unwrap()
        };
        assert_eq!(cost(random.parts(quantity)), cost(vec![quantity]), "{before} {quantity}");
    }
}
