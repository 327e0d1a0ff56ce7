//! How a charge came about, line by line, for people; and whether it adds up.

use weighbridge_domain::{Charge, Cost, Decimal, Inexact, UsageEvent, exact};
use weighbridge_ledger::StoredEvent;
use weighbridge_pricing::PriceBook;

/// The lines for people.
pub fn explain(stored: &StoredEvent, book: &PriceBook) -> Vec<String> {
    let event = &stored.event;
    let mut lines = vec![call(event), who(stored)];
    if !event.flags.is_empty() {
        lines.push(format!("flags: {}", event.flags.join(", ")));
    }
    usage(event, &mut lines);
    cost(&event.cost, book, &mut lines);
    charge(&event.charge, &mut lines);
    lines
}

/// Whether every line is its quantity times its rate and every sum is the sum of its lines.
pub fn adds_up(event: &UsageEvent) -> bool {
    let cost_lines = event.cost.lines.iter().all(|line| product(line.quantity, line.rate, line.per) == Ok(line.amount));
    let cost_sum = is_sum(event.cost.amount, event.cost.lines.iter().map(|line| line.amount));
    let charge_sum = is_sum(event.charge.amount, event.charge.lines.iter().map(|line| line.amount));
    cost_lines && cost_sum && charge_sum
}

/// What is not known is the sum of nothing.
fn is_sum(amount: Option<Decimal>, mut lines: impl Iterator<Item = Decimal>) -> bool {
    amount.is_none_or(|amount| lines.try_fold(Decimal::ZERO, exact::add) == Ok(amount))
}

fn product(quantity: Decimal, rate: Decimal, per: Decimal) -> Result<Decimal, Inexact> {
    exact::div_power_of_ten(exact::mul(quantity, rate)?, per)
}

fn call(event: &UsageEvent) -> String {
    let served = event.served_model.as_ref().map(|model| format!(", answered by {model}")).unwrap_or_default();
    let tier = event.service_tier.as_ref().map(|tier| format!(", service tier {tier}")).unwrap_or_default();
    let how = if event.streamed { "streamed" } else { "not streamed" };
    let status = event.status.as_str();
    format!(
        "{} {}: \"{}\" went to {}/{}{served}{tier}, {how}, {status} after {} ms",
        event.started_at, event.dialect, event.requested_model, event.provider, event.routed_model, event.duration_ms
    )
}

fn who(stored: &StoredEvent) -> String {
    let event = &stored.event;
    let labels = [("session", &event.session), ("workflow", &event.workflow), ("step", &event.step)];
    let labels: String = labels.iter().filter_map(|(name, value)| value.as_ref().map(|value| format!(", {name} {value}"))).collect();
    let tags: String = event.tags.iter().map(|(name, value)| format!(", {name}={value}")).collect();
    format!("event {} (number {} in the ledger, attempt {}), customer {}, key {}{labels}{tags}", event.id, stored.seq, event.attempt, event.customer, event.key)
}

fn usage(event: &UsageEvent, lines: &mut Vec<String>) {
    if event.usage.is_empty() {
        lines.push("usage: not known".into());
        return;
    }
    lines.push("usage:".into());
    for quantity in event.usage.iter() {
        lines.push(format!("  {} {} {}, {}", quantity.meter, quantity.value.normalize(), quantity.meter.unit(), quantity.source.as_str()));
    }
}

fn cost(cost: &Cost, book: &PriceBook, lines: &mut Vec<String>) {
    lines.push(match cost.amount {
        Some(amount) => format!("cost: {} {} ({})", amount.normalize(), cost.currency, cost.status.as_str()),
        None => "cost: not known (unpriced); it can be priced later".into(),
    });
    for line in &cost.lines {
        let source = book.history(&line.price_id).find(|row| row.version == line.price_version).map(|row| match &row.source.date {
            Some(date) => format!(", from {} of {date}", row.source.name),
            None => format!(", from {}", row.source.name),
        });
        let note = line.note.as_ref().map(|note| format!(" ({note})")).unwrap_or_default();
        lines.push(format!(
            "  {}: {} × {} ÷ {} = {}; price {} version {}{}{note}",
            line.meter,
            line.quantity.normalize(),
            line.rate.normalize(),
            line.per.normalize(),
            line.amount.normalize(),
            line.price_id,
            line.price_version,
            source.unwrap_or_default()
        ));
    }
}

fn charge(charge: &Charge, lines: &mut Vec<String>) {
    let plan = charge.plan.as_ref().map(|plan| format!(" by plan {plan} version {}", charge.plan_version)).unwrap_or_default();
    let reason = charge.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    lines.push(match charge.amount {
        Some(amount) => format!("charge: {} {} ({}){plan}{reason}", amount.normalize(), charge.currency, charge.status.as_str()),
        None => format!("charge: not known (unrated){plan}{reason}"),
    });
    for line in &charge.lines {
        let rule = charge
            .rules
            .get(usize::from(line.rule))
            .map(|rule| format!("; rule {}, {}", rule.rule, short(&rule.plugin_digest.to_string())))
            .unwrap_or_default();
        lines.push(format!(
            "  {}: {} {} at {} = {}{rule}",
            line.description,
            line.quantity.normalize(),
            line.unit,
            line.unit_price.normalize(),
            line.amount.normalize()
        ));
    }
}

/// Enough of a digest to recognise it by; the record has all of it.
fn short(digest: &str) -> String {
    digest.chars().take("sha256:".len() + 12).collect()
}
