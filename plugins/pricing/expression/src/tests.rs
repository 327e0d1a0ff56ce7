//! The worked examples of the README, and what must hold of any usage.

use super::*;
use weighbridge_plugin_testkit::rules;

#[test]
fn the_worked_examples_of_the_readme_hold() {
    let count = rules::check::<Expression>(include_str!("../README.md"), include_str!("../sheet.schema.json"));
    assert!(count >= 36, "{count} examples");
}

/// Whatever is written into the sheet: it is refused or accepted, and never ends the process.
#[test]
fn no_text_breaks_the_parser() {
    let words =
        ["input", "(", ")", "if", "then", "else", "let", "x", "=", ";", "1", "0.5", "\\\"a\\\"", "-", "*", "/", "not", "and", "<", "like", ",", "é", "#"];
    let mut random = rules::random::Random::new(10);
    for _ in 0..3_000 {
        let text: Vec<&str> = (0..random.below(12)).map(|_| words[random.below(words.len() as u64) as usize]).collect();
        let _ = Expression::load(&format!("{{\"amount\": \"{}\"}}", text.join(" ")));
    }
    let deep = |open: &str, close: &str| format!("{{\"amount\": \"{}1{}\"}}", open.repeat(1_000), close.repeat(1_000));
    for sheet in [deep("(", ")"), deep("-", ""), deep("1+", ""), deep("if true then ", " else 1")] {
        let Err(problems) = Expression::load(&sheet) else { panic!("accepted") };
        assert!(
            problems[0].message.contains("nested more than 40 deep")
                || problems[0].message.contains("more than 1000 parts")
                || problems[0].message.contains("at most 4096"),
            "{problems:?}"
        );
    }
}
