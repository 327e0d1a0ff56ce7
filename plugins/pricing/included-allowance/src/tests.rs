//! The worked examples of the README, and what must hold of any usage.

use super::*;
use weighbridge_plugin_testkit::rules;

#[test]
fn the_worked_examples_of_the_readme_hold() {
    let count = rules::check::<IncludedAllowance>(include_str!("../README.md"), include_str!("../sheet.schema.json"));
    assert!(count >= 15, "{count} examples");
}

#[test]
fn a_split_usage_costs_the_same() {
    let rule = IncludedAllowance::load(&rules::first_sheet(include_str!("../README.md"))).unwrap();
    let mut random = rules::random::Random::new(6);
    for _ in 0..500 {
        let quantity = random.quantity();
        let charge = |parts: &[Decimal]| {
            let mut past = Vec::new();
            let mut charge = Decimal::ZERO;
            for part in parts {
                let rating = rule.rate(rules::usage(&rule, "acme/large", &format!("input {part}"), &past)).unwrap();
                rules::add(&mut past, &rating);
                charge += rules::sum(&rules::checked(rating.items));
            }
            charge
        };
        assert_eq!(charge(&random.parts(quantity)), charge(&[quantity]), "{quantity}");
    }
}
