//! The chain: each rule sees the lines of the one before and replaces them; the host checks what comes back and adds it up.

use weighbridge_domain::{ChargeLine, Cost, Decimal, exact};
use weighbridge_plugin_api::{
    Failure, PluginError,
    pricing::{AggregateValue, LineItem, RatedUsage, RatingInput},
};

use crate::plan::{CompiledRule, RatedEvent};

/// What the chain gave.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) lines: Vec<ChargeLine>,
    pub(crate) sum: Decimal,
}

/// Runs the rules in their order; the error is the reason why the event is unrated.
pub(crate) fn run(rules: &[CompiledRule], event: &RatedEvent<'_>, cost: &Cost) -> Result<Outcome, String> {
    // Rules that declare aggregates are refused when the plan is compiled; here is where their values will come in.
    let aggregates: &[AggregateValue] = &[];
    let mut items: Vec<LineItem> = Vec::new();
    let mut authors: Vec<u8> = Vec::new();
    for (index, rule) in (0u8..).zip(rules) {
        let input = RatingInput { usage: usage_for(rule, event), currency: cost.currency, cost: &cost.lines, so_far: &items, aggregates };
        let rating = rule.rule.rate(&input).map_err(|error| error.to_string())?;
        check(rule, &rating.items).map_err(|error| error.to_string())?;
        authors = attribute(&items, &authors, &rating.items, index);
        items = rating.items;
    }
    let sum = items.iter().try_fold(Decimal::ZERO, |sum, item| exact::add(sum, item.amount));
    let sum = sum.map_err(|inexact| format!("the lines do not add up exactly: {inexact}"))?;
    let lines = items.into_iter().zip(authors).map(|(item, rule)| line(item, rule)).collect();
    Ok(Outcome { lines, sum })
}

fn usage_for<'a>(rule: &'a CompiledRule, event: &RatedEvent<'a>) -> RatedUsage<'a> {
    let dimensions = rule.dimensions.iter().filter_map(|(name, dimension)| Some((name.as_str(), dimension.of(event)?))).collect();
    let RatedEvent { id, customer, occurred_at, provider, model, usage, .. } = *event;
    RatedUsage { id, customer, occurred_at, provider, model, usage, dimensions }
}

/// No rule can make an amount negative, unless the line is a credit.
fn check(rule: &CompiledRule, items: &[LineItem]) -> Result<(), PluginError> {
    let negative = |value: Decimal| value.is_sign_negative() && !value.is_zero();
    let bad = items.iter().enumerate().find_map(|(i, item)| {
        let (field, value) = [("amount", item.amount), ("quantity", item.quantity)]
            .into_iter()
            .find(|(field, value)| negative(*value) && !(item.credit && *field == "amount"))?;
        Some(format!("the {field} of line {} ({:?}) is negative: {}", i + 1, &*item.description, value.normalize()))
    });
    let fail = |message| PluginError { plugin: rule.rule.identity().clone(), call: "rate", failure: Failure::Nonsense(message) };
    bad.map_or(Ok(()), |message| Err(fail(message)))
}

/// Whose line it is: a line that a rule passes on unchanged stays its first author's.
fn attribute(before: &[LineItem], authors: &[u8], after: &[LineItem], rule: u8) -> Vec<u8> {
    let mut taken = vec![false; before.len()];
    let mut author_of = |item: &LineItem| {
        let same = before.iter().enumerate().position(|(i, old)| !taken[i] && old == item)?;
        taken[same] = true;
        Some(authors[same])
    };
    after.iter().map(|item| author_of(item).unwrap_or(rule)).collect()
}

fn line(item: LineItem, rule: u8) -> ChargeLine {
    let LineItem { meter, description, quantity, unit, unit_price, amount, credit: _ } = item;
    ChargeLine { rule, meter, description, quantity, unit, unit_price, amount }
}
