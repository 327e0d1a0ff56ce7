//! The worked examples of the README, and what must hold of any usage.

use super::*;
use weighbridge_plugin_testkit::rules;

#[test]
fn the_worked_examples_of_the_readme_hold() {
    let count = rules::check::<Volume>(include_str!("../README.md"), include_str!("../sheet.schema.json"));
    assert!(count >= 27, "{count} examples");
}

#[test]
fn after_the_close_a_period_costs_what_its_total_costs_however_it_was_split() {
    let rule = Volume::load(&rules::first_sheet(include_str!("../README.md"))).unwrap();
    let mut random = rules::random::Random::new(3);
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
            let close = rule.close_period(PeriodInput { currency: "USD".into(), aggregates: past, ..PeriodInput::default() }).unwrap();
            charge + rules::sum(&rules::checked(close))
        };
        assert_eq!(charge(&random.parts(quantity)), charge(&[quantity]), "{quantity}");
    }
}
