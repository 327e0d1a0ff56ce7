//! The worked examples of the README, and what must hold of any usage.

use super::*;
use weighbridge_plugin_testkit::rules;

#[test]
fn the_worked_examples_of_the_readme_hold() {
    let count = rules::check::<Coupon>(include_str!("../README.md"), include_str!("../sheet.schema.json"));
    assert!(count >= 19, "{count} examples");
}

#[test]
fn it_pays_what_it_is_worth_and_no_more_however_a_usage_is_split() {
    let rule = Coupon::load(r#"{"code": "C", "amount": "50"}"#).unwrap();
    let mut random = rules::random::Random::new(5);
    for _ in 0..500 {
        let quantity = random.quantity();
        let mut past = Vec::new();
        let mut charge = Decimal::ZERO;
        for part in random.parts(quantity) {
            let rating = rule.rate(rules::usage(&rule, "acme/large", &format!("input {part}"), &past)).unwrap();
            rules::add(&mut past, &rating);
            charge += rules::sum(&rules::checked(rating.items));
        }
        let price = quantity / Decimal::from(1_000_000);
        assert_eq!(charge, (price - Decimal::from(50)).max(Decimal::ZERO), "{quantity}");
    }
}
