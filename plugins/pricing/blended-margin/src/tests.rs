//! The worked examples of the README, and what must hold of any usage.

use super::*;
use weighbridge_plugin_testkit::rules;

#[test]
fn the_worked_examples_of_the_readme_hold() {
    let count = rules::check::<BlendedMargin>(include_str!("../README.md"), include_str!("../sheet.schema.json"));
    assert!(count >= 24, "{count} examples");
}

#[test]
fn however_a_session_is_split_it_ends_at_the_target_or_above() {
    let rule = BlendedMargin::load(r#"{"target_margin_percent": "25", "over": "session", "give_back": true}"#).unwrap();
    let mut random = rules::random::Random::new(9);
    for _ in 0..500 {
        let mut past = Vec::new();
        let (mut cost, mut charge) = (Decimal::ZERO, Decimal::ZERO);
        for part in [random.quantity(), random.quantity(), random.quantity()] {
            let mut input = rules::usage(&rule, "acme/large session=s", &format!("input {part} at 3 per 1000000"), &past);
            input.so_far = rules::cells::so_far(&format!("input {part} = {}", Decimal::new(random.below(1_000_000_000) as i64, 3)));
            cost += input.cost[0].amount;
            let rating = rule.rate(input).unwrap();
            rules::add(&mut past, &rating);
            let sum = rules::sum(&rules::checked(rating.items));
            assert!(sum >= Decimal::ZERO);
            charge += sum;
            assert!(charge >= cost / Decimal::new(75, 2));
        }
    }
}
