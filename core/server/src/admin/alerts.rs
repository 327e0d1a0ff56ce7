//! `alerts`: what an operator should look at, found by looking, not remembered.

use std::{collections::BTreeMap, sync::Arc};

use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use weighbridge_ledger::{AggregateQuery, LedgerError};

use super::{
    Shared,
    page::Page,
    problem::{Json, Problem},
};
use crate::app::App;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(list))
}

/// Something to look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Alert {
    /// A stable word: `unpriced_model`, `unrated_events`, `no_default_plan`, `other_currency`, `low_disk`, `ledger_unavailable`, `unreadable_document`, `job_overdue`.
    pub code: &'static str,
    /// `error`: something is refused or lost; `warning`: it will cost somebody something.
    pub severity: &'static str,
    /// What it is about: `provider/model`, a customer.
    pub subject: Option<String>,
    /// What is wrong and what to do.
    pub message: String,
}

/// Lists what should be looked at.
#[utoipa::path(get, path = "/alerts", tag = "alerts", responses((status = 200, body = Page<Alert>), (status = "default", body = Problem)))]
async fn list(app: Shared) -> Result<Json<Page<Alert>>, Problem> {
    Ok(Json(Page::whole(app.blocking(alerts).await?)))
}

/// Everything that should be looked at now, of the last thirty days. Blocking.
pub fn alerts(app: &App) -> Result<Vec<Alert>, LedgerError> {
    let mut alerts = Vec::new();
    let stats = app.office.ledger.stats();
    if let Some(reason) = stats.unavailable {
        alerts.push(Alert { code: "ledger_unavailable", severity: "error", subject: None, message: format!("calls are refused: {reason}") });
    }
    if stats.free_bytes < LOW_DISK {
        let message = format!("{} MiB are left on the disk of the data folder; below 64 MiB calls are refused", stats.free_bytes >> 20);
        alerts.push(Alert { code: "low_disk", severity: "warning", subject: None, message });
    }
    if app.office.directory.default_plan().is_none() {
        let message = "there is no plan \"standard\": calls of customers without a plan of their own are refused; create it (weighbridge plans create standard --markup 30)".to_owned();
        alerts.push(Alert { code: "no_default_plan", severity: "warning", subject: None, message });
    }
    alerts.extend(app.troubles.iter().map(|trouble| Alert { code: "unreadable_document", severity: "error", subject: None, message: trouble.clone() }));
    alerts.extend(other_currencies(app));
    alerts.extend(overdue(app));
    unrated(app, &mut alerts)?;
    Ok(alerts)
}

const LOW_DISK: u64 = 1 << 30;
const DAYS: i32 = 30;

/// Customers whose invoices stay empty: what their plan charges is in another currency, and amounts of two do not mix.
fn other_currencies(app: &App) -> impl Iterator<Item = Alert> {
    let directory = &app.office.directory;
    directory.customers().into_iter().filter(|customer| !customer.archived).filter_map(|customer| {
        let plan = directory.plan(customer.plan.clone().or_else(|| directory.default_plan())?.as_str())?;
        let (plan, charged, billed) = (&plan.document().id, plan.document().currency, customer.currency);
        let id = &customer.id;
        let message = format!("the customer {id} is billed in {billed}, and its plan \"{plan}\" charges in {charged}: its charges are on no invoice; change its currency or its plan");
        (charged != billed).then(|| Alert { code: "other_currency", severity: "warning", subject: Some(id.to_string()), message })
    })
}

/// Providers promise the results of a batch within a day.
const OVERDUE_MS: u32 = 26 * 3_600_000;

/// Batches and jobs that should have ended.
fn overdue(app: &App) -> impl Iterator<Item = Alert> {
    let now = app.office.now();
    app.gateway.shelf().due().into_iter().filter(move |job| now.millis_since(job.since()) > OVERDUE_MS).map(|job| {
        let message = format!(
            "{} of the customer {} was started at {} at {} and is not on the books yet: see the log for what the provider says when it is asked",
            job.id,
            job.made_by.customer,
            job.since(),
            job.made_by.provider
        );
        Alert { code: "job_overdue", severity: "warning", subject: Some(job.id.clone()), message }
    })
}

#[derive(Default)]
struct Missing {
    unpriced: u64,
    unrated: u64,
}

fn unrated(app: &App, alerts: &mut Vec<Alert>) -> Result<(), LedgerError> {
    let from_day = app.office.now().day() - DAYS;
    let mut models: BTreeMap<String, Missing> = BTreeMap::new();
    for row in app.office.ledger.aggregates(&AggregateQuery { customer: None, from_day: Some(from_day), to_day: None })? {
        if row.unpriced + row.unrated > 0 {
            let missing = models.entry(format!("{}/{}", row.provider, row.model)).or_default();
            missing.unpriced += row.unpriced;
            missing.unrated += row.unrated;
        }
    }
    for (model, Missing { unpriced, unrated }) in models {
        if unpriced > 0 {
            let message = format!(
                "{unpriced} events of the last {DAYS} days have no cost: import a price for {model} (prices import), or look at the events' flags; they stay unpriced, never zero"
            );
            alerts.push(Alert { code: "unpriced_model", severity: "warning", subject: Some(model.clone()), message });
        }
        // An event without a cost has no charge either: only what is beyond that is news.
        if unrated > unpriced {
            let message = format!("{} events of the last {DAYS} days have a cost and no charge: usage-events says why", unrated - unpriced);
            alerts.push(Alert { code: "unrated_events", severity: "warning", subject: Some(model), message });
        }
    }
    Ok(())
}
