//! What the demo prints, and that it agrees: the records one by one, the ledger's aggregates, the invoices, and the tables.

use std::{collections::BTreeMap, ops::ControlFlow};

use weighbridge_billing::{Invoice, Period, Rounding, preview};
use weighbridge_domain::{Decimal, Meter, exact};
use weighbridge_ledger::EventQuery;

use super::{DemoError, cast};
use crate::{
    app::App,
    cli::output::{self, Align, Left, Right},
    office::OfficeError,
    summary::{Group, SummaryQuery, Sums, summarise},
};

/// The figures.
pub(super) struct Report {
    by_customer: Vec<(String, Sums)>,
    by_model: Vec<(String, Sums)>,
    total: Sums,
    invoice: Invoice,
}

fn books(error: impl Into<OfficeError>) -> DemoError {
    DemoError::Office(error.into())
}

fn inexact(_: exact::Inexact) -> DemoError {
    DemoError::Disagreement("a sum does not fit in 28 digits".into())
}

impl Report {
    /// Reads the books in three ways and compares them.
    pub(super) fn read(app: &App) -> Result<Self, DemoError> {
        let (by_customer, by_model) = (grouped(app, Group::Customer)?, grouped(app, Group::Model)?);
        let total = sum(&by_customer)?;
        agree("the customers' total", &total, "the models' total", &sum(&by_model)?)?;
        let records = from_records(app)?;
        agree("the total", &total, "the sum over the records", &sum_of(records.values())?)?;
        for (customer, sums) in &by_customer {
            agree(customer, sums, "its records", records.get(customer).unwrap_or(&Sums::default()))?;
            let invoice = invoice(app, customer)?;
            if invoice.total_exact != sums.charge {
                return Err(DemoError::Disagreement(format!("{customer} is charged {}, its invoice says {}", sums.charge, invoice.total_exact)));
            }
        }
        if total.events == 0 || total.cost.is_zero() || total.charge <= total.cost || total.unpriced + total.unrated > 0 {
            return Err(DemoError::Disagreement("something was not metered, priced or rated".into()));
        }
        Ok(Self { invoice: invoice(app, cast::CUSTOMERS[0].id)?, by_customer, by_model, total })
    }

    /// The tables, for a terminal.
    pub(super) fn text(&self) -> String {
        let invoice = serde_json::to_value(&self.invoice).unwrap_or_default();
        format!(
            "{}\n{}\nEvery total is the sum of its rows, of its {} records and of the invoices, to the last digit.\n\nInvoice preview {}",
            table("CUSTOMER", &self.by_customer, &self.total),
            table("MODEL", &self.by_model, &self.total),
            self.total.events,
            crate::cli::shown_invoice(&invoice)
        )
    }
}

fn grouped(app: &App, group: Group) -> Result<Vec<(String, Sums)>, DemoError> {
    let rows = summarise(&app.office.ledger, &SummaryQuery { group_by: vec![group], ..SummaryQuery::default() }).map_err(books)?;
    Ok(rows.into_iter().map(|row| (row.group.into_iter().find_map(|(_, value)| value).unwrap_or_default(), row.sums)).collect())
}

/// The sums by customer, over the records one by one.
fn from_records(app: &App) -> Result<BTreeMap<String, Sums>, DemoError> {
    let mut customers: BTreeMap<String, Sums> = BTreeMap::new();
    let mut outcome = Ok(());
    app.office
        .ledger
        .for_each_event(&EventQuery::default(), |stored| {
            let event = &stored.event;
            let usage = event.usage.iter().map(|quantity| (quantity.meter.clone(), quantity.value)).collect();
            let one = Sums {
                events: 1,
                unpriced: event.cost.amount.is_none().into(),
                unrated: event.charge.amount.is_none().into(),
                usage,
                cost: event.cost.amount.unwrap_or_default(),
                charge: event.charge.amount.unwrap_or_default(),
            };
            outcome = customers.entry(event.customer.to_string()).or_default().add(&one);
            if outcome.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })
        .map_err(books)?;
    outcome.map_err(inexact)?;
    Ok(customers)
}

fn invoice(app: &App, customer: &str) -> Result<Invoice, DemoError> {
    let customer = app.office.customer(customer)?;
    let day = app.office.now().to_string();
    let month = Period::parse(&day[..7]).map_err(|error| DemoError::Disagreement(error.to_string()))?;
    preview(&app.office.ledger, &customer, &month, Rounding::HalfEven).map_err(|error| DemoError::Disagreement(error.to_string()))
}

fn sum(rows: &[(String, Sums)]) -> Result<Sums, DemoError> {
    sum_of(rows.iter().map(|(_, sums)| sums))
}

fn sum_of<'a>(rows: impl Iterator<Item = &'a Sums>) -> Result<Sums, DemoError> {
    let mut total = Sums::default();
    for row in rows {
        total.add(row).map_err(inexact)?;
    }
    Ok(total)
}

fn agree(one: &str, a: &Sums, other: &str, b: &Sums) -> Result<(), DemoError> {
    if a == b {
        return Ok(());
    }
    Err(DemoError::Disagreement(format!(
        "{one}: {} calls, cost {}, charge {}; {other}: {} calls, cost {}, charge {}",
        a.events, a.cost, a.charge, b.events, b.cost, b.charge
    )))
}

fn table(heading: &str, rows: &[(String, Sums)], total: &Sums) -> String {
    let columns: Vec<(&str, Align)> = vec![
        (heading, Left),
        ("CALLS", Right),
        ("INPUT", Right),
        ("CACHED", Right),
        ("OUTPUT", Right),
        ("REASONING", Right),
        ("COST USD", Right),
        ("CHARGE USD", Right),
        ("MARGIN USD", Right),
        ("MARGIN", Right),
    ];
    let all: Vec<&Sums> = rows.iter().map(|(_, sums)| sums).chain([total]).collect();
    let decimals = |amount: fn(&Sums) -> Decimal| all.iter().map(|sums| amount(sums).normalize().scale()).max().unwrap_or(2);
    let scales = [decimals(|sums| sums.cost), decimals(|sums| sums.charge), decimals(margin)];
    let cells = |name: &str, sums: &Sums| {
        let tokens = |meter: Meter| sums.usage.get(&meter).copied().unwrap_or_default().normalize().to_string();
        let mut cells =
            vec![name.to_owned(), sums.events.to_string(), tokens(Meter::INPUT), tokens(Meter::CACHE_READ), tokens(Meter::OUTPUT), tokens(Meter::REASONING)];
        cells.extend([sums.cost, sums.charge, margin(sums)].into_iter().zip(scales).map(|(amount, scale)| written(amount, scale)));
        cells.push(percent(sums));
        cells
    };
    output::table_with_total(&columns, rows.iter().map(|(name, sums)| cells(name, sums)), Some(cells("Total", total)))
}

fn margin(sums: &Sums) -> Decimal {
    sums.margin().unwrap_or_default()
}

/// With so many decimals, so that the points of a column stand under each other; no digit is lost.
fn written(amount: Decimal, scale: u32) -> String {
    let mut amount = amount.normalize();
    amount.rescale(scale);
    amount.to_string()
}

/// The margin as a part of the charge, for reading.
fn percent(sums: &Sums) -> String {
    match margin(sums).checked_div(sums.charge) {
        Some(part) => format!("{:.1} %", (part * Decimal::from(100)).round_dp(1)),
        None => "–".into(),
    }
}

/// The books recomputed from the journal, at the end.
pub(super) fn verified(app: &App) -> Result<String, DemoError> {
    let report = app.office.ledger.verify(&mut |_, _| {}).map_err(books)?;
    match report.problems.first() {
        None => Ok(format!("Stopping: {} records, recomputed from the journal, everything adds up.", report.events)),
        Some(problem) => Err(DemoError::Disagreement(problem.to_string())),
    }
}
