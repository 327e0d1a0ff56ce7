//! The worked examples of the README, and what must hold of any usage.

use super::*;
use weighbridge_plugin_testkit::rules;

#[test]
fn the_worked_examples_of_the_readme_hold() {
    let count = rules::check::<SessionCap>(include_str!("../README.md"), include_str!("../sheet.schema.json"));
    assert!(count >= 17, "{count} examples");
}

#[test]
fn a_workflow_costs_its_calls_or_the_cap_whichever_is_less() {
    let rule = SessionCap::load(r#"{"amount": "100", "by": "workflow"}"#).unwrap();
    let mut random = rules::random::Random::new(8);
    for _ in 0..500 {
        let quantity = random.quantity();
        let mut past = Vec::new();
        let mut charge = Decimal::ZERO;
        for part in random.parts(quantity) {
            let rating = rule.rate(rules::usage(&rule, "acme/large workflow=w", &format!("input {part}"), &past)).unwrap();
            rules::add(&mut past, &rating);
            charge += rules::sum(&rules::checked(rating.items));
        }
        assert_eq!(charge, (quantity / Decimal::from(1_000_000)).min(Decimal::ONE_HUNDRED), "{quantity}");
    }
}
