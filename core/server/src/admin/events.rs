//! `usage-events`: the records, and how each charge came about.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, value::RawValue};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use weighbridge_domain::{EventId, Record, Timestamp};
use weighbridge_ledger::{EventQuery, StoredEvent};

use super::{
    Shared,
    page::{self, Page},
    problem::{Json, Path, Problem, Query},
};
use crate::{app::App, explain, office::OfficeError};

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(get)).routes(routes!(explained))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct EventListQuery {
    /// Of this customer.
    customer: Option<String>,
    /// Of this session.
    session: Option<String>,
    /// Of this workflow.
    workflow: Option<String>,
    /// Begun at or after this time.
    #[param(value_type = Option<String>)]
    from: Option<Timestamp>,
    /// Begun before this time.
    #[param(value_type = Option<String>)]
    to: Option<Timestamp>,
    /// At most so many, 1 to 1000; absent: 100.
    limit: Option<usize>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Lists usage events in the order in which they were committed.
#[utoipa::path(get, path = "/usage-events", tag = "usage", params(EventListQuery), responses((status = 200, body = Page<Value>), (status = "default", body = Problem)))]
async fn list(app: Shared, Query(query): Query<EventListQuery>) -> Result<Json<Page<Box<RawValue>>>, Problem> {
    let EventListQuery { customer, session, workflow, from, to, limit, cursor } = query;
    let (customer, session, workflow) = (customer.as_deref().map(Into::into), session.map(Into::into), workflow.map(Into::into));
    let query = EventQuery { customer, session, workflow, from, to, limit: Some(page::limit(limit)?), cursor };
    let page = app.blocking(move |app| app.office.ledger.events(&query)).await?;
    let data = page.events.iter().map(record).collect::<Result<_, _>>()?;
    Ok(Json(Page { data, next_cursor: page.next_cursor }))
}

fn record(stored: &StoredEvent) -> Result<Box<RawValue>, Problem> {
    let record = Record::new(stored.seq, &stored.event);
    serde_json::value::to_raw_value(&record).map_err(|error| OfficeError::Internal(error.to_string()).into())
}

async fn find(app: &Shared, id: String) -> Result<StoredEvent, Problem> {
    let not_found = || OfficeError::not_found("event", id.clone());
    let event_id: EventId = id.parse().map_err(|_| not_found())?;
    let found = app.blocking(move |app| app.office.ledger.event(event_id)).await?;
    Ok(found.ok_or_else(not_found)?)
}

/// Reads one usage event.
#[utoipa::path(get, path = "/usage-events/{id}", tag = "usage", params(("id" = String, Path)), responses((status = 200, body = Value), (status = "default", body = Problem)))]
async fn get(app: Shared, Path(id): Path<String>) -> Result<Json<Box<RawValue>>, Problem> {
    record(&find(&app, id).await?).map(Json)
}

/// How a charge came about.
#[derive(Serialize, ToSchema)]
struct Explanation {
    /// The event.
    id: String,
    /// For people.
    lines: Vec<String>,
    /// Whether every line is its quantity times its rate, and every sum the sum of its lines.
    adds_up: bool,
    /// The record.
    #[schema(value_type = Object)]
    record: Box<RawValue>,
}

/// Explains one usage event, line by line.
#[utoipa::path(get, path = "/usage-events/{id}/explain", tag = "usage", params(("id" = String, Path)), responses((status = 200, body = Explanation), (status = "default", body = Problem)))]
async fn explained(app: Shared, Path(id): Path<String>) -> Result<Json<Explanation>, Problem> {
    let stored = find(&app, id).await?;
    let lines = explain::explain(&stored, &app.office.prices.load());
    Ok(Json(Explanation { id: stored.event.id.to_string(), lines, adds_up: explain::adds_up(&stored.event), record: record(&stored)? }))
}
