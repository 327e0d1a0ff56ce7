//! From aggregates to a draft: a pure function.

use std::collections::BTreeMap;

use weighbridge_domain::{Currency, Customer, Decimal, Inexact, Meter, ModelName, ProviderName, exact};
use weighbridge_ledger::AggregateRow;

use crate::{
    invoice::{BillTo, Invoice, InvoiceLine, InvoiceState, Notice},
    period::Period,
    rounding::Rounding,
};

/// Why there is no draft.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DraftError {
    /// The sums are too long.
    #[error("the amounts do not add up exactly: {0}")]
    Inexact(#[from] Inexact),
}

type Key = (ProviderName, ModelName, Option<Meter>);

/// What is added up for one line.
#[derive(Default)]
struct Sum {
    quantity: Decimal,
    charge: Decimal,
}

/// What is added up for the whole.
#[derive(Default)]
struct Counts {
    events: u64,
    unpriced: u64,
    unrated: u64,
    /// Charges in other currencies than the customer's.
    elsewhere: BTreeMap<Currency, (Decimal, u64)>,
}

/// The invoice of one customer for one period, from the aggregates of that time. Rows of other customers or days do not count.
pub fn draft(customer: &Customer, period: &Period, rows: &[AggregateRow], rounding: Rounding) -> Result<Invoice, DraftError> {
    let (mut sums, mut counts) = (BTreeMap::<Key, Sum>::new(), Counts::default());
    // Events of a model, and those of them that could not be rated.
    let mut by_model = BTreeMap::<(ProviderName, ModelName), (u64, u64)>::new();
    let ours = |row: &&AggregateRow| row.customer == customer.id && (period.from_day()..period.to_day()).contains(&row.day);
    for row in rows.iter().filter(ours) {
        counts.events += row.events;
        counts.unpriced += row.unpriced;
        counts.unrated += row.unrated;
        if row.currency != customer.currency {
            let elsewhere = counts.elsewhere.entry(row.currency).or_default();
            elsewhere.0 = exact::add(elsewhere.0, row.charge)?;
            elsewhere.1 += row.events;
            continue;
        }
        let of_model = by_model.entry((row.provider.clone(), row.model.clone())).or_default();
        *of_model = (of_model.0 + row.events, of_model.1 + row.unrated);
        let sum = sums.entry((row.provider.clone(), row.model.clone(), row.meter.clone())).or_default();
        // The per-event row has no quantity of its own: its unit is the call.
        let quantity = if row.meter.is_some() { row.quantity } else { row.events.into() };
        sum.quantity = exact::add(sum.quantity, quantity)?;
        sum.charge = exact::add(sum.charge, row.charge)?;
    }
    // A line of 0.00 would say that what could not be rated is free: a notice says what it is.
    let is_unrated =
        |(provider, model, _): &Key| by_model.get(&(provider.clone(), model.clone())).is_some_and(|(events, unrated)| *events > 0 && events == unrated);
    let lines: Vec<InvoiceLine> = sums
        .into_iter()
        .filter(|(key, sum)| is_worth_a_line(key, sum) && !(sum.charge.is_zero() && is_unrated(key)))
        .map(|(key, sum)| line(key, &sum, customer.currency, rounding))
        .collect();
    let total = lines.iter().try_fold(zero(customer.currency, rounding), |total, line| exact::add(total, line.amount))?;
    let total_exact = lines.iter().try_fold(Decimal::ZERO, |total, line| exact::add(total, line.amount_exact))?;
    Ok(Invoice {
        id: format!("preview-{}-{}", customer.id, period.label),
        state: InvoiceState::Draft,
        customer: BillTo { id: customer.id.clone(), name: customer.name.clone(), bill_to: customer.bill_to.clone() },
        period: period.clone(),
        currency: customer.currency,
        rounding,
        lines,
        total,
        total_exact,
        events: counts.events,
        notices: notices(&counts, period, customer.currency),
    })
}

fn zero(currency: Currency, rounding: Rounding) -> Decimal {
    rounding.round(Decimal::ZERO, currency)
}

/// A metered quantity is shown even where it is free; the per-event row only where it charges something.
fn is_worth_a_line((_, _, meter): &Key, sum: &Sum) -> bool {
    !sum.charge.is_zero() || (meter.is_some() && !sum.quantity.is_zero())
}

fn line((provider, model, meter): Key, sum: &Sum, currency: Currency, rounding: Rounding) -> InvoiceLine {
    let what = meter.as_ref().map_or("calls and fees".to_owned(), |meter| meter.as_str().replace('_', " "));
    let unit = meter.as_ref().map_or("calls", Meter::unit).to_owned();
    let description = format!("{provider}/{model}: {what}");
    let (amount_exact, amount) = (sum.charge.normalize(), rounding.round(sum.charge, currency));
    InvoiceLine { provider, model, meter, description, quantity: sum.quantity.normalize(), unit, amount_exact, amount }
}

fn notices(counts: &Counts, period: &Period, currency: Currency) -> Vec<Notice> {
    let mut notices = Vec::new();
    let mut notice = |code, events, message| notices.push(Notice { code, events, message });
    if counts.events == 0 {
        notice("no_usage", 0, format!("There is no usage in {}.", period.label));
    }
    if counts.unrated > 0 {
        let (calls, them) = (calls_are(counts.unrated), if counts.unrated == 1 { "it" } else { "them" });
        notice(
            "unrated_events",
            counts.unrated,
            format!("{calls} not charged here: the charge is not known yet. Rate {them} again before the period is closed."),
        );
    }
    if counts.unpriced > 0 {
        let calls = calls_are(counts.unpriced);
        notice("unpriced_events", counts.unpriced, format!("{calls} without a known cost: the price book has no price or the usage is unknown."));
    }
    for (other, (charge, events)) in counts.elsewhere.iter().filter(|(_, (charge, _))| !charge.is_zero()) {
        notice("other_currency", *events, format!("Charges of {} {other} are not on this invoice, which is in {currency}.", charge.normalize()));
    }
    notices
}

fn calls_are(n: u64) -> String {
    if n == 1 { "1 call is".to_owned() } else { format!("{n} calls are") }
}
