//! `usage-summary`: usage summed up.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};
use weighbridge_domain::Timestamp;
use weighbridge_ledger::LedgerError;

use super::{
    Shared,
    page::{Page, PageQuery},
    problem::{Json, Problem, Query},
};
use crate::{
    app::App,
    office::OfficeError,
    summary::{Group, SummaryQuery, SummaryRow, summarise},
};

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(summary))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct UsageSummaryQuery {
    /// Some of customer, provider, model, meter, day, session, workflow, step, key, status, with commas between; absent: customer,model.
    group_by: Option<String>,
    /// Of this customer only.
    customer: Option<String>,
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

/// Quantities, cost, charge and margin of each group, in one row for each currency. Events without a price or a charge are
/// counted (`unpriced`, `unrated`) and are not in the sums.
#[utoipa::path(get, path = "/usage-summary", tag = "usage", params(UsageSummaryQuery), responses((status = 200, body = Page<Value>), (status = "default", body = Problem)))]
async fn summary(app: Shared, Query(query): Query<UsageSummaryQuery>) -> Result<Json<Page<SummaryRow>>, Problem> {
    let UsageSummaryQuery { group_by, customer, from, to, limit, cursor } = query;
    let group_by = Group::parse_list(group_by.as_deref().unwrap_or("customer,model")).map_err(|message| Problem::invalid("group_by", message))?;
    if let Some(bad) = cursor.as_deref().filter(|cursor| !SummaryRow::is_place(cursor)) {
        // An empty page would be read as "no usage".
        return Err(OfficeError::from(LedgerError::BadCursor(bad.to_owned())).into());
    }
    let query = SummaryQuery { group_by, customer: customer.as_deref().map(Into::into), from, to };
    let rows = app.blocking(move |app| summarise(&app.office.ledger, &query)).await?;
    let mut placed: Vec<(String, SummaryRow)> = rows.into_iter().map(|row| (row.place(), row)).collect();
    placed.sort_by(|a, b| a.0.cmp(&b.0));
    let page = Page::of(placed, |(place, _)| place, &PageQuery { limit, cursor, archived: false })?;
    Ok(Json(Page { data: page.data.into_iter().map(|(_, row)| row).collect(), next_cursor: page.next_cursor }))
}
