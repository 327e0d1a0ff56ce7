//! The worked examples of the README, and what must hold of any usage.

use super::*;
use weighbridge_plugin_testkit::rules;

#[test]
fn the_worked_examples_of_the_readme_hold() {
    let count = rules::check::<Graduated>(include_str!("../README.md"), include_str!("../sheet.schema.json"));
    assert!(count >= 24, "{count} examples");
}

#[test]
fn a_split_usage_costs_the_same() {
    let rule = Graduated::load(&rules::first_sheet(include_str!("../README.md"))).unwrap();
    let mut random = rules::random::Random::new(2);
    for _ in 0..500 {
        let (before, quantity) = (random.quantity(), random.quantity());
        let charge = |parts: &[Decimal]| {
            let mut past = Vec::new();
            rules::add(&mut past, &rule.rate(rules::usage(&rule, "acme/large", &format!("output {before}"), &[])).unwrap());
            let mut charge = Decimal::ZERO;
            for part in parts {
                let rating = rule.rate(rules::usage(&rule, "acme/large", &format!("input {part}"), &past)).unwrap();
                let sum = rules::sum(&rules::checked(rating.items.clone()));
                assert_eq!(rating.contributions[0].amount, sum, "what it adds is what it charges");
                rules::add(&mut past, &rating);
                charge += sum;
            }
            charge
        };
        assert_eq!(charge(&random.parts(quantity)), charge(&[quantity]), "{before} {quantity}");
    }
}
