//! For the tests of pricing rules: the worked examples of a rule's README are its tests.
//!
//! A fenced `toml` block that names the rule, alone or in a plan, is the sheet of the tables below it. A table is run when its
//! heading has one of these columns, each cell of which may be in backticks:
//!
//! | column | runs | reads the columns |
//! |---|---|---|
//! | `charge` | `load`, `rate` | `call`, `usage`, `cost`, `so far`, `before`, `adds` |
//! | `close` | `load`, `close-period` | `period`, `at the end` |
//! | `refused with` | `load` | `sheet` |
//!
//! `sheet` is a whole sheet in braces (JSON or TOML), or keys that replace those of the block above. What each cell looks like
//! is in [`cells`]. Beside the results, every run checks what must hold of any rule: only credits are negative, contributions
//! are declared, another currency is refused, the JSON Schema accepts the sheet, and knows no other keys than the rule.

pub mod cells;
mod markdown;
pub mod random;
mod schema;

use serde_json::Value;
use weighbridge_plugin::pricing::{Aggregate, LineItem, Problem, Rating, RatingInput, SheetInfo, Unseen};
use weighbridge_plugin::{Decimal, PluginError, PricingRule};

use markdown::{Example, examples};

/// Runs every example of a README against a rule and its schema; gives how many there were.
pub fn check<R: PricingRule>(readme: &str, schema: &str) -> usize {
    let schema: Value = serde_json::from_str(schema).unwrap_or_else(|error| panic!("sheet.schema.json: {error}"));
    let all = examples(readme);
    for example in &all {
        let shown = run::<R>(example, &schema);
        let expected = example.expected();
        assert!(shown == expected, "line {} of the README\n{}\nexpected: {expected}\n   found: {shown}\n", example.line, example.row);
    }
    all.len()
}

fn run<R: PricingRule>(example: &Example, schema: &Value) -> String {
    let sheet = example.sheet.to_string();
    if example.has("refused with") {
        let Err(problems) = R::load(&sheet) else { panic!("line {}: {sheet} was accepted", example.line) };
        return cells::problems(&problems);
    }
    let rule = R::load(&sheet).unwrap_or_else(|problems| panic!("line {}: {}", example.line, cells::problems(&problems)));
    let fits = schema::accepts(schema, &example.sheet);
    assert!(fits.is_ok(), "line {}: the rule accepts {sheet} and sheet.schema.json does not: {fits:?}", example.line);
    refuses_other_keys::<R>(&example.sheet, schema);
    if example.has("close") {
        let lines = rule.close_period(cells::period(example.cell("period"), example.cell("at the end"), &rule.info()));
        return lines.map_or_else(refused, |lines| cells::lines(&checked(lines)));
    }
    let input = input(example, &rule.info());
    refuses_another_currency(&rule, &input);
    match rule.rate(input) {
        Err(error) => refused(error),
        Ok(rating) => shown(example, rating, &rule.info()),
    }
}

fn input(example: &Example, info: &SheetInfo) -> RatingInput {
    let mut input = cells::call(example.cell("call"));
    for quantities in [example.cell("usage"), example.cell("cost")] {
        cells::consumed(&mut input, quantities);
    }
    input.so_far = cells::so_far(example.cell("so far"));
    let wanted = |name: &str| info.dimensions.iter().any(|wanted| wanted == name);
    input.usage.dimensions.retain(|(name, _)| wanted(name));
    input.aggregates = cells::aggregates(example.cell("before"), info);
    leave_out(&mut input, info);
    input
}

/// What the rule says it does not look at, it is not given.
fn leave_out(input: &mut RatingInput, info: &SheetInfo) {
    if info.is_without(Unseen::Quantities) {
        input.usage.quantities.clear();
    }
    if info.is_without(Unseen::Cost) || (info.is_without(Unseen::CostBehindOthers) && !input.so_far.is_empty()) {
        input.cost.clear();
    }
}

fn shown(example: &Example, rating: Rating, info: &SheetInfo) -> String {
    for contribution in &rating.contributions {
        assert!(info.aggregates.iter().any(|spec| spec.name == contribution.aggregate), "{} is not declared", contribution.aggregate);
        assert!(contribution.quantity >= Decimal::ZERO);
    }
    let lines = cells::lines(&checked(rating.items));
    match example.has("adds") {
        true => format!("{lines} | {}", cells::contributions(&rating.contributions)),
        false => lines,
    }
}

/// No line is negative unless it is a credit, and no quantity is.
pub fn checked(lines: Vec<LineItem>) -> Vec<LineItem> {
    for line in &lines {
        assert!(line.amount >= Decimal::ZERO || line.credit, "{line:?} is negative and no credit");
        assert!(line.quantity >= Decimal::ZERO && !line.description.is_empty() && !line.unit.is_empty(), "{line:?}");
    }
    lines
}

/// A usage as a rule sees it: `call`, `usage`, `before` as in the examples.
pub fn usage<R: PricingRule>(rule: &R, call: &str, usage: &str, before: &[Aggregate]) -> RatingInput {
    let mut input = cells::call(call);
    cells::consumed(&mut input, usage);
    input.aggregates = rule.info().aggregates.iter().map(|spec| current(before, &spec.name)).collect();
    input
}

fn current(all: &[Aggregate], name: &str) -> Aggregate {
    all.iter().find(|one| one.name == name).cloned().unwrap_or_else(|| Aggregate { name: name.into(), ..Aggregate::default() })
}

/// What the host does with contributions.
pub fn add(to: &mut Vec<Aggregate>, rating: &Rating) {
    for added in &rating.contributions {
        let mut one = current(to, &added.aggregate);
        one.quantity += added.quantity;
        one.amount += added.amount;
        to.retain(|other| other.name != one.name);
        to.push(one);
    }
}

/// The sum of lines.
pub fn sum(lines: &[LineItem]) -> Decimal {
    lines.iter().map(|line| line.amount).sum()
}

/// The README's sheet with this name: the first block, as JSON.
pub fn first_sheet(readme: &str) -> String {
    markdown::first_sheet(readme).to_string()
}

fn refused(error: PluginError) -> String {
    format!("refused: {}", error.message)
}

fn refuses_other_keys<R: PricingRule>(sheet: &Value, schema: &Value) {
    let mut other = sheet.clone();
    other["no_such_key"] = 1.into();
    let problems = R::load(&other.to_string()).err().unwrap_or_default();
    let known = |problem: &Problem| problem.path == "no_such_key" && problem.message.starts_with("unknown key; expected one of ");
    let Some(problem) = problems.iter().find(|problem| known(problem)) else { panic!("{other} was accepted") };
    assert!(schema::accepts(schema, &other).is_err(), "sheet.schema.json accepts unknown keys");
    let mut keys: Vec<&str> = problem.message.trim_start_matches("unknown key; expected one of ").split(", ").collect();
    let mut of_schema: Vec<&str> = schema["properties"].as_object().into_iter().flatten().map(|(key, _)| key.as_str()).collect();
    keys.sort_unstable();
    of_schema.sort_unstable();
    assert_eq!(keys, of_schema, "the keys of the rule and of sheet.schema.json");
}

fn refuses_another_currency<R: PricingRule>(rule: &R, input: &RatingInput) {
    let other = RatingInput { currency: "XTS".into(), ..input.clone() };
    let sheet = rule.info().currency;
    let refused = rule.rate(other).expect_err("another currency is refused").message;
    assert_eq!(refused, format!("the cost is in XTS and the sheet charges in {sheet}: set `currency` of the sheet to \"XTS\""));
}
