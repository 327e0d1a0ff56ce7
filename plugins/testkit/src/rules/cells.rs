//! What stands in the cells of an example.

use weighbridge_plugin::adapter::Quantity;
use weighbridge_plugin::pricing::{Aggregate, Contribution, CostLine, LineItem, PeriodInput, Problem, RatingInput, SheetInfo, Usage};
use weighbridge_plugin::{Decimal, exact, meter};

fn d(text: &str) -> Decimal {
    exact::parse(text).unwrap_or_else(|| panic!("{text:?} is not a decimal"))
}

fn parts(cell: &str) -> impl Iterator<Item = &str> {
    cell.split(';').map(str::trim).filter(|part| !part.is_empty())
}

/// `acme/large session=s-1 tag.team=blue customer=c-1 at=2026-11-28T10:00:00Z`, an `at` in microseconds or as a moment.
pub fn call(cell: &str) -> RatingInput {
    let mut words = cell.split_whitespace();
    let (provider, model) = words.next().unwrap_or("acme/large").split_once('/').expect("provider/model");
    let mut usage = Usage { provider: provider.into(), model: model.into(), customer: "c-1".into(), ..Usage::default() };
    let mut currency = "USD".to_owned();
    for (name, value) in words.map(|word| word.split_once('=').expect("name=value")) {
        match name {
            "customer" => usage.customer = value.into(),
            "currency" => currency = value.into(),
            "at" => usage.occurred_at = moment(value),
            _ => usage.dimensions.push((name.into(), value.replace('_', " "))),
        }
    }
    RatingInput { usage, currency, ..RatingInput::default() }
}

/// `input 812 at 0.15 per 1000000; output 50`: without a price it costs 1 per 1,000,000.
pub fn consumed(input: &mut RatingInput, cell: &str) {
    for part in parts(cell) {
        let (name, quantity, rate, per) = match part.split_whitespace().collect::<Vec<_>>()[..] {
            [name, quantity] => (name, d(quantity), Decimal::ONE, d("1000000")),
            [name, quantity, "at", rate, "per", per] => (name, d(quantity), d(rate), d(per)),
            _ => panic!("\"input 812\" or \"input 812 at 0.15 per 1000000\", not {part:?}"),
        };
        let amount = exact::mul(quantity, rate).and_then(|product| exact::div_power_of_ten(product, per)).expect("an exact cost");
        input.usage.quantities.push(Quantity { meter: name.into(), value: quantity });
        input.cost.push(CostLine { meter: name.into(), quantity, rate, per, amount });
    }
}

/// `input 1000 = 0.003; a fee = 0.1`: with a quantity it is a line of that meter; a negative amount is a credit.
pub fn so_far(cell: &str) -> Vec<LineItem> {
    let line = |part: &str| {
        let (what, amount) = part.split_once('=').expect("what = amount");
        let amount = d(amount.trim());
        let (meter, description, quantity, unit) = match what.trim().rsplit_once(' ').map(|(name, last)| (name, exact::parse(last))) {
            Some((name, Some(quantity))) => (name.to_owned(), meter::label(name), quantity, meter::unit(name)),
            _ => (String::new(), what.trim().to_owned(), Decimal::ONE, "fees"),
        };
        let unit_price = if quantity.is_zero() { Decimal::ZERO } else { (amount / quantity).normalize() };
        LineItem { meter, description, quantity, unit: unit.into(), unit_price, amount, credit: amount < Decimal::ZERO }
    };
    parts(cell).map(line).collect()
}

/// `usage 999999 1.99`: name, quantity, amount, and the group in a period as `model=large`. A rule is given what it declared.
pub fn aggregates(cell: &str, info: &SheetInfo) -> Vec<Aggregate> {
    let mut given = named(cell);
    for spec in &info.aggregates {
        if !given.iter().any(|one| one.name == spec.name) {
            given.push(Aggregate { name: spec.name.clone(), ..Aggregate::default() });
        }
    }
    let undeclared = given.iter().find(|one| !info.aggregates.iter().any(|spec| spec.name == one.name));
    assert!(undeclared.is_none(), "{undeclared:?} is not declared");
    given
}

fn named(cell: &str) -> Vec<Aggregate> {
    let one = |part: &str| {
        let words: Vec<&str> = part.split_whitespace().collect();
        let end =
            words.iter().rposition(|word| !word.contains('=')).filter(|end| *end >= 2).unwrap_or_else(|| panic!("\"name quantity amount\", not {part:?}"));
        let group = words[end + 1..].iter().map(|word| word.split_once('=').expect("name=value")).map(|(name, value)| (name.into(), value.into())).collect();
        Aggregate { name: words[..end - 1].join(" "), quantity: d(words[end - 1]), amount: d(words[end]), group }
    };
    parts(cell).map(one).collect()
}

/// `2026-11-01 to 2026-12-01`, and the aggregates at its end.
pub fn period(cell: &str, at_the_end: &str, info: &SheetInfo) -> PeriodInput {
    let (start, end) = cell.split_once(" to ").unwrap_or(("2026-11-01", "2026-12-01"));
    let aggregates = aggregates(at_the_end, info);
    PeriodInput { customer: "c-1".into(), start: moment(start), end: moment(end), currency: info.currency.clone(), aggregates }
}

/// `description: amount; …`
pub fn lines(lines: &[LineItem]) -> String {
    lines.iter().map(|line| format!("{}: {}", line.description, line.amount.normalize())).collect::<Vec<_>>().join("; ")
}

/// `name quantity amount; …`
pub fn contributions(added: &[Contribution]) -> String {
    added.iter().map(|one| format!("{} {} {}", one.aggregate, one.quantity.normalize(), one.amount.normalize())).collect::<Vec<_>>().join("; ")
}

/// `path: message; …`
pub fn problems(problems: &[Problem]) -> String {
    problems.iter().map(|problem| format!("{}: {}", problem.path, problem.message)).collect::<Vec<_>>().join("; ")
}

/// `2026-11-28` or `2026-11-28T10:00:00Z`.
fn moment(text: &str) -> i64 {
    let number = |from: usize, to: usize| text.get(from..to).and_then(|digits| digits.parse::<i64>().ok());
    let (year, month, day) = (number(0, 4).expect("a year"), number(5, 7).expect("a month"), number(8, 10).expect("a day"));
    // Days from 1970-01-01 by the civil calendar, with the year beginning in March.
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719_468;
    let seconds = number(11, 13).map_or(0, |hour| hour * 3_600 + number(14, 16).unwrap_or(0) * 60 + number(17, 19).unwrap_or(0));
    (days * 86_400 + seconds) * 1_000_000
}
