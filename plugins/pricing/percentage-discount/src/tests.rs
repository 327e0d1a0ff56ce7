//! The worked examples of the README, and what must hold of any usage.

use super::*;
use weighbridge_plugin_testkit::rules;

#[test]
fn the_worked_examples_of_the_readme_hold() {
    let count = rules::check::<PercentageDiscount>(include_str!("../README.md"), include_str!("../sheet.schema.json"));
    assert!(count >= 18, "{count} examples");
}

#[test]
fn a_discount_never_takes_more_than_there_is() {
    let mut random = rules::random::Random::new(4);
    for _ in 0..500 {
        let percent = Decimal::new(random.below(10_000_000_000) as i64 + 1, 8);
        let rule = PercentageDiscount::load(&format!("{{\"percent\": \"{percent}\"}}")).unwrap();
        let rating = rule.rate(rules::usage(&rule, "acme/large", &format!("input {}", random.quantity()), &[])).unwrap();
        assert!(rules::sum(&rules::checked(rating.items)) >= Decimal::ZERO);
    }
}
