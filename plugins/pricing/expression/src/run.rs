//! Running a formula over a call: exact decimals; a quotient that does not end is rounded to 18 decimals.

use rulekit::{Pattern, money};
use weighbridge_plugin::pricing::{LineItem, RatingInput};
use weighbridge_plugin::{Decimal, PluginError, meter};

use crate::parse::Formula;
use crate::token::Fault;
use crate::tree::{Fact, Function, Kind, Node, Op, Time};

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value<'a> {
    Number(Decimal),
    Text(&'a str),
    Truth(bool),
}

impl Value<'_> {
    pub(crate) fn number(&self) -> Decimal {
        if let Self::Number(number) = self { *number } else { Decimal::ZERO }
    }
    pub(crate) fn truth(&self) -> bool {
        matches!(self, Self::Truth(true))
    }
}

/// What a formula sees of a call.
pub(crate) struct Call<'a> {
    pub(crate) input: &'a RatingInput,
    /// The dimension of the local time.
    pub(crate) zone: &'a str,
}

type Result<T> = std::result::Result<T, Fault>;

/// The result of a formula.
pub(crate) fn run<'a>(formula: &'a Formula, call: &Call<'a>) -> Result<Value<'a>> {
    let mut lets = Vec::with_capacity(formula.lets.len());
    for node in &formula.lets {
        let value = call.value(node, &lets)?;
        lets.push(value);
    }
    call.value(&formula.result, &lets)
}

impl<'a> Call<'a> {
    fn value(&self, node: &'a Node, lets: &[Value<'a>]) -> Result<Value<'a>> {
        let value = |node| self.value(node, lets);
        Ok(match &node.kind {
            Kind::Number(number) => Value::Number(*number),
            Kind::Text(text) => Value::Text(text),
            Kind::Truth(truth) => Value::Truth(*truth),
            Kind::Let(slot) => lets[*slot].clone(),
            Kind::Fact(fact) => self.fact(fact).map_err(|error| Fault::new(node.at, error.message))?,
            Kind::Negative(operand) => Value::Number(-value(operand)?.number()),
            Kind::Not(operand) => Value::Truth(!value(operand)?.truth()),
            Kind::If(parts) => value(if value(&parts.0)?.truth() { &parts.1 } else { &parts.2 })?,
            Kind::Binary(Op::And, sides) => Value::Truth(value(&sides.0)?.truth() && value(&sides.1)?.truth()),
            Kind::Binary(Op::Or, sides) => Value::Truth(value(&sides.0)?.truth() || value(&sides.1)?.truth()),
            Kind::Binary(op, sides) => binary(node.at, *op, &value(&sides.0)?, &value(&sides.1)?)?,
            Kind::Call(function, arguments) => {
                let arguments = arguments.iter().map(value).collect::<Result<Vec<_>>>()?;
                function_of(node.at, *function, &arguments)?
            }
        })
    }
    fn fact(&self, fact: &'a Fact) -> std::result::Result<Value<'a>, PluginError> {
        let usage = &self.input.usage;
        let quantities = |of: &dyn Fn(&str) -> bool| {
            let quantities = usage.quantities.iter().filter(|consumed| of(&consumed.meter)).map(|consumed| consumed.value);
            quantities.into_iter().try_fold(Decimal::ZERO, money::add).map(Value::Number)
        };
        let tokens = |name: &str| meter::unit(name) == "tokens" && rulekit::select::is_billed(name);
        let input = |name: &str| name.starts_with("input") || name.starts_with("cache_");
        let so_far = |of: &dyn Fn(&LineItem) -> bool| {
            let lines = self.input.so_far.iter().filter(|line| of(line)).map(|line| line.amount);
            lines.into_iter().try_fold(Decimal::ZERO, money::add).map(Value::Number)
        };
        let cost = |of: &dyn Fn(&str) -> bool| {
            let lines = self.input.cost.iter().filter(|line| of(&line.meter)).map(|line| line.amount);
            lines.into_iter().try_fold(Decimal::ZERO, money::add).map(Value::Number)
        };
        match fact {
            Fact::Meter(of) => quantities(&|name| name == of),
            Fact::Has(of) => Ok(Value::Truth(usage.quantities.iter().any(|consumed| consumed.meter == *of))),
            Fact::Tokens => quantities(&tokens),
            Fact::InputTotal => quantities(&|name| tokens(name) && input(name)),
            Fact::OutputTotal => quantities(&|name| tokens(name) && !input(name)),
            Fact::Cost => cost(&|_| true),
            Fact::CostOf(of) => cost(&|name| name == of),
            Fact::Charge => so_far(&|_| true),
            Fact::ChargeOf(of) => so_far(&|line| line.meter == *of),
            Fact::Model => Ok(Value::Text(&usage.model)),
            Fact::Provider => Ok(Value::Text(&usage.provider)),
            Fact::Customer => Ok(Value::Text(&usage.customer)),
            Fact::Dimension(name) => Ok(Value::Text(self.dimension(name).unwrap_or_default())),
            Fact::Time(part) => self.time(*part).map(Value::Number),
        }
    }
    fn dimension(&self, name: &str) -> Option<&'a str> {
        rulekit::select::dimension_of(&self.input.usage, name)
    }
    /// `2026-11-28T18:05:00 6`.
    fn time(&self, part: Time) -> std::result::Result<Decimal, PluginError> {
        let (from, to) = match part {
            Time::Year => (0, 4),
            Time::Month => (5, 7),
            Time::Day => (8, 10),
            Time::Hour => (11, 13),
            Time::Minute => (14, 16),
            Time::Weekday => (20, 21),
        };
        let digits = self.dimension(self.zone).and_then(|time| time.get(from..to)?.parse::<u32>().ok());
        digits.map(Decimal::from).ok_or_else(|| PluginError::internal(format!("the host did not give \"{}\"", self.zone)))
    }
}

fn binary<'a>(at: usize, op: Op, left: &Value<'a>, right: &Value<'a>) -> Result<Value<'a>> {
    let (a, b) = (left.number(), right.number());
    let number = |result: std::result::Result<Decimal, PluginError>| result.map(Value::Number).map_err(|error| Fault::new(at, error.message));
    Ok(Value::Truth(match op {
        Op::Add => return number(money::add(a, b)),
        Op::Subtract => return number(money::sub(a, b)),
        Op::Multiply => return number(money::mul(a, b)),
        Op::Divide if b.is_zero() => return Err(Fault::new(at, format!("{} is divided by 0", a.normalize()))),
        Op::Divide => return number(money::ratio(a, Decimal::ONE, b)),
        Op::Equal => left == right,
        Op::Unequal => left != right,
        Op::Less => a < b,
        Op::LessOrEqual => a <= b,
        Op::More => a > b,
        Op::MoreOrEqual => a >= b,
        Op::And | Op::Or => left.truth() && right.truth(),
    }))
}

fn function_of<'a>(at: usize, function: Function, arguments: &[Value<'a>]) -> Result<Value<'a>> {
    let number = |place: usize| arguments.get(place).map_or(Decimal::ZERO, Value::number);
    Ok(match (function, arguments) {
        (Function::Like, [Value::Text(text), Value::Text(pattern)]) => Value::Truth(Pattern::new(pattern).fits(text)),
        (Function::Like, _) => Value::Truth(false),
        (Function::Min, _) => Value::Number(arguments.iter().map(Value::number).min().unwrap_or_default()),
        (Function::Max, _) => Value::Number(arguments.iter().map(Value::number).max().unwrap_or_default()),
        (Function::Floor, _) => Value::Number(number(0).floor()),
        (Function::Ceil, _) => Value::Number(number(0).ceil()),
        (Function::Round, _) => {
            let digits = u32::try_from(number(1)).ok().filter(|digits| *digits <= 18 && Decimal::from(*digits) == number(1));
            let digits = digits.ok_or_else(|| Fault::new(at, "round takes a number of decimals from 0 to 18"))?;
            Value::Number(number(0).round_dp(digits))
        }
    })
}
