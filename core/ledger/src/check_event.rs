//! Whether an event agrees with itself: its lines with its amounts, its amounts with its status.

use weighbridge_domain::{ChargeStatus, CostStatus, Decimal, UsageEvent, exact};

/// Tells of everything in it that does not add up.
pub(crate) fn check(event: &UsageEvent, problem: &mut dyn FnMut(String)) {
    cost(event, problem);
    charge(event, problem);
    for quantity in event.usage.iter().filter(|quantity| is_negative(quantity.value)) {
        problem(format!("the quantity of {} is negative: {}", quantity.meter, quantity.value));
    }
}

fn cost(event: &UsageEvent, problem: &mut dyn FnMut(String)) {
    let cost = &event.cost;
    for line in &cost.lines {
        let product = exact::mul(line.quantity, line.rate).and_then(|product| exact::div_power_of_ten(product, line.per));
        match product {
            Ok(amount) if amount == line.amount => {}
            Ok(amount) => {
                problem(format!("cost of {}: {} × {} ÷ {} is {amount}, the line says {}", line.meter, line.quantity, line.rate, line.per, line.amount))
            }
            Err(_) => problem(format!("cost of {}: {} × {} ÷ {} has no exact result", line.meter, line.quantity, line.rate, line.per)),
        }
        if is_negative(line.amount) {
            problem(format!("cost of {} is negative: {}", line.meter, line.amount));
        }
    }
    amount("cost", cost.amount, cost.status != CostStatus::Unpriced, cost.status.as_str(), cost.lines.iter().map(|line| line.amount), problem);
}

fn charge(event: &UsageEvent, problem: &mut dyn FnMut(String)) {
    let charge = &event.charge;
    let known = charge.status != ChargeStatus::Unrated;
    amount("charge", charge.amount, known, charge.status.as_str(), charge.lines.iter().map(|line| line.amount), problem);
    if charge.lines.iter().any(|line| usize::from(line.rule) >= charge.rules.len()) {
        problem("a charge line names a rule that the charge does not list".into());
    }
}

/// A known amount is the sum of its lines; an unknown one is absent.
fn amount(name: &str, amount: Option<Decimal>, known: bool, status: &str, lines: impl Iterator<Item = Decimal>, problem: &mut dyn FnMut(String)) {
    match amount {
        None if known => problem(format!("its {name} is {status} and has no amount")),
        Some(amount) if !known => problem(format!("its {name} is {status} and has an amount: {amount}")),
        None => {}
        Some(amount) => match lines.into_iter().try_fold(Decimal::ZERO, exact::add) {
            Ok(sum) if sum == amount => {}
            Ok(sum) => problem(format!("its {name} is {amount}, the sum of its lines is {sum}")),
            Err(_) => problem(format!("the sum of its {name} lines has no exact result")),
        },
    }
}

fn is_negative(value: Decimal) -> bool {
    value.is_sign_negative() && !value.is_zero()
}
