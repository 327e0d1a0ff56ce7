//! The worked examples of the README, and what must hold of any usage.

use super::*;
use weighbridge_plugin_testkit::rules;

#[test]
fn the_worked_examples_of_the_readme_hold() {
    let count = rules::check::<FreeTier>(include_str!("../README.md"), include_str!("../sheet.schema.json"));
    assert!(count >= 18, "{count} examples");
}
