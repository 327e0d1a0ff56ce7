//! `ledger`: figures, and the whole of it recomputed.

use std::sync::Arc;

use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use weighbridge_ledger::{Stats, VerifyReport};

use super::{
    Shared,
    problem::{Json, Problem},
};
use crate::app::App;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(stats)).routes(routes!(verify))
}

/// The ledger at a glance.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StatsView {
    /// Durable events.
    events: u64,
    /// Durable records of every kind.
    records: u64,
    /// Journal segments.
    segments: u64,
    journal_bytes: u64,
    store_bytes: u64,
    /// What the file system has left.
    free_bytes: u64,
    /// Open reservations.
    held: u64,
    /// Events that are durable and not yet in the queryable store.
    backlog_events: u64,
    /// Group commits since the start.
    commits: u64,
    /// Write failures since the start.
    write_failures: u64,
    /// Why new calls are refused at present; null: they are not.
    unavailable: Option<String>,
}

impl From<Stats> for StatsView {
    fn from(stats: Stats) -> Self {
        let Stats { events, records, segments, journal_bytes, held, backlog_events, commits, write_failures, free_bytes, store_bytes, unavailable } = stats;
        Self { events, records, segments, journal_bytes, store_bytes, free_bytes, held, backlog_events, commits, write_failures, unavailable }
    }
}

/// What a verification found.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct VerifyView {
    /// Whether everything adds up.
    clean: bool,
    /// Events read.
    events: u64,
    /// Segments read.
    segments: u64,
    /// Bytes read.
    bytes: u64,
    /// Reservations of calls in progress.
    held: u64,
    /// What all events come to, by currency.
    sums: Vec<SumsView>,
    /// What does not add up.
    problems: Vec<PlaceView>,
    /// How many more there were.
    more_problems: u64,
}

/// What all events come to in one currency.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct SumsView {
    currency: String,
    cost: String,
    charge: String,
}

/// One thing that does not add up.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct PlaceView {
    /// A segment and byte, an event, an aggregate.
    place: String,
    /// What was found and what was expected.
    what: String,
}

impl From<VerifyReport> for VerifyView {
    fn from(report: VerifyReport) -> Self {
        let clean = report.is_clean();
        let VerifyReport { events, segments, bytes, held, sums, problems, more_problems } = report;
        let amount = |value: weighbridge_domain::Decimal| value.normalize().to_string();
        let sums =
            sums.into_iter().map(|sums| SumsView { currency: sums.currency.to_string(), cost: amount(sums.cost), charge: amount(sums.charge) }).collect();
        let problems = problems.into_iter().map(|problem| PlaceView { place: problem.place, what: problem.what }).collect();
        Self { clean, events, segments, bytes, held, sums, problems, more_problems }
    }
}

/// Figures.
#[utoipa::path(get, path = "/ledger/stats", tag = "ledger", responses((status = 200, body = StatsView), (status = "default", body = Problem)))]
async fn stats(app: Shared) -> Result<Json<StatsView>, Problem> {
    app.blocking(|app| Ok(StatsView::from(app.office.ledger.stats()))).await.map(Json)
}

/// Recomputes everything from the journal. Calls go on meanwhile.
#[utoipa::path(post, path = "/ledger/verify", tag = "ledger", responses((status = 200, body = VerifyView), (status = "default", body = Problem)))]
async fn verify(app: Shared) -> Result<Json<VerifyView>, Problem> {
    let report = app.blocking(|app| app.office.ledger.verify(&mut |_, _| {})).await?;
    Ok(Json(report.into()))
}
