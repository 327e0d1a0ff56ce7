//! The smoke run: a sheet's formulas over samples, and over the sheet's own examples, before the sheet is accepted.

use rulekit::sheet::{Number, QUANTITY, Table};
use weighbridge_plugin::Decimal;
use weighbridge_plugin::adapter::Quantity;
use weighbridge_plugin::pricing::{CostLine, LineItem, RatingInput, Usage};

use crate::Expression;
use crate::tree::METERS;

const NOON: &str = "2026-06-17T12:00:00 3";
const MIDNIGHT: &str = "2026-12-31T00:00:00 4";

/// Reports the first sample that fails, and every example.
pub(crate) fn run(rule: &Expression, sheet: &Table<'_>) {
    let samples = [("nothing consumed", Vec::new()), ("1 of every meter", every(1)), ("1000 of every meter", every(1_000)), ("10^15 tokens", huge())];
    let all = samples.into_iter().flat_map(|(name, quantities)| [(name, quantities.clone(), MIDNIGHT), (name, quantities, NOON)]);
    for (name, quantities, time) in all.filter(|_| !rule.lines.is_empty()) {
        // A line that is not written in a sample may be in another.
        if let Err((path, message)) =
            rule.write(&sample(rule, quantities, time)).or_else(|failed| if failed.0 == "lines" { Ok(Vec::new()) } else { Err(failed) })
        {
            sheet.problem_at(path, format!("{message} (run over a sample: {name})"));
            break;
        }
    }
    if sheet.has("examples") {
        let tables = sheet.tables("examples", "{ model = \"large\", input = 1000, amount = \"0.01\" }");
        tables.iter().for_each(|table| example(rule, table));
    }
}

fn every(quantity: u64) -> Vec<Quantity> {
    METERS.iter().map(|meter| Quantity { meter: (*meter).into(), value: Decimal::from(quantity) }).collect()
}

fn huge() -> Vec<Quantity> {
    vec![Quantity { meter: "input".into(), value: Decimal::from(1_000_000_000_000_000u64) }]
}

/// A call that costs, and was charged, a millionth for each unit.
fn sample(rule: &Expression, quantities: Vec<Quantity>, time: &str) -> RatingInput {
    let amount = |quantity: Decimal| quantity * Decimal::new(1, 6);
    let line = |consumed: &Quantity| LineItem {
        meter: consumed.meter.clone(),
        description: "a sample".into(),
        quantity: consumed.value,
        unit: "tokens".into(),
        unit_price: Decimal::new(1, 6),
        amount: amount(consumed.value),
        credit: false,
    };
    let cost = |consumed: &Quantity| CostLine {
        meter: consumed.meter.clone(),
        quantity: consumed.value,
        rate: Decimal::ONE,
        per: Decimal::from(1_000_000),
        amount: amount(consumed.value),
    };
    let (cost, so_far) = (quantities.iter().map(cost).collect(), quantities.iter().map(line).collect());
    let usage =
        Usage { provider: "provider".into(), model: "model".into(), quantities, dimensions: vec![(rule.zone.clone(), time.into())], ..Usage::default() };
    RatingInput { usage, currency: rule.currency.clone(), cost, so_far, ..RatingInput::default() }
}

/// An example of the sheet: meters, the cost, and what the new lines must come to.
fn example(rule: &Expression, table: &Table<'_>) {
    const ANY: Number = Number { range: "an amount is at most 1000000000", least: Decimal::MIN, ..rulekit::sheet::AMOUNT };
    let expected = table.required("amount", &ANY, "what it must come to, such as \"0.01\"");
    let mut input = sample(rule, Vec::new(), table.text("time").unwrap_or(NOON));
    input.usage.model = table.text("model").unwrap_or("model").into();
    input.usage.provider = table.text("provider").unwrap_or("provider").into();
    let meters = table.entries().filter(|(key, _)| !["amount", "cost", "model", "provider", "time"].contains(&key.as_str()));
    for (key, value) in meters {
        if !METERS.contains(&key.as_str()) {
            table.problem(key, "is no meter, and not one of amount, cost, model, provider, time");
            return;
        }
        let zero = value == 0 || value == "0";
        let quantity = if zero { Some(Decimal::ZERO) } else { table.number(key, &QUANTITY) };
        let Some(quantity) = quantity else { return };
        input.usage.quantities.push(Quantity { meter: key.clone(), value: quantity });
    }
    if let Some(amount) = table.number("cost", &ANY) {
        input.cost.push(CostLine { meter: "input".into(), quantity: Decimal::ONE, rate: amount, per: Decimal::ONE, amount });
    }
    match rule.write(&input) {
        Ok(lines) => {
            let found: Decimal = lines.iter().map(|line| line.amount).sum();
            if found != expected {
                table.problem("amount", format!("expected {}, found {}", expected.normalize(), found.normalize()));
            }
        }
        Err((path, message)) if !rule.lines.is_empty() => table.problem("amount", format!("{path}: {message}")),
        Err(_) => {}
    }
}
