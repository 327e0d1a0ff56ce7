//! `invoices`: previews. Closing a period, with numbers of its own, is a later version's.

use std::sync::Arc;

use axum::{
    http::header,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use weighbridge_billing::{Invoice, Period, PreviewError, Rounding, preview, render};

use super::{
    Shared,
    problem::{Json, Path, Problem, Query},
};
use crate::{app::App, office::OfficeError};

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(create_preview)).routes(routes!(get))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PreviewRequest {
    customer: String,
    /// A month such as `2026-11`, or `2026-11-01..2026-11-16` (the last day is not included); absent: this month.
    #[serde(default)]
    period: Option<String>,
    /// `half_even` (the default) or `half_up`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    rounding: Rounding,
}

/// What a customer would be invoiced for a period by what is in the books now. Nothing is written: the id reads it again.
#[utoipa::path(post, path = "/invoices/preview", tag = "invoices", request_body = PreviewRequest, responses((status = 200, body = serde_json::Value), (status = "default", body = Problem)))]
async fn create_preview(app: Shared, Json(request): Json<PreviewRequest>) -> Result<Json<Box<RawValue>>, Problem> {
    let period = request.period.unwrap_or_else(|| this_month(&app));
    let invoice = draft(&app, request.customer, &period, request.rounding).await?;
    Ok(Json(serde_json::value::to_raw_value(&invoice).map_err(|error| OfficeError::Internal(error.to_string()))?))
}

/// How an invoice is read.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct InvoiceQuery {
    /// `half_even` (the default) or `half_up`.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    rounding: Rounding,
}

/// Reads a preview as `{id}.json` or `{id}.csv`, where the id is `preview-<customer>-<period>`.
#[utoipa::path(get, path = "/invoices/{file}", tag = "invoices", params(("file" = String, Path, description = "`{id}.json` or `{id}.csv`"), InvoiceQuery), responses((status = 200, body = serde_json::Value, content_type = "application/json"), (status = 200, body = String, content_type = "text/csv"), (status = "default", body = Problem)))]
async fn get(app: Shared, Path(file): Path<String>, Query(query): Query<InvoiceQuery>) -> Result<Response, Problem> {
    let formats = "expected the invoice's id with .json or .csv at its end";
    let (id, format) = file.rsplit_once('.').ok_or_else(|| Problem::invalid("file", formats))?;
    let (customer, period) = parts_of(id).ok_or_else(|| OfficeError::not_found("invoice", id))?;
    let render: fn(&Invoice) -> Result<String, render::RenderError> = match format {
        "json" => render::json,
        "csv" => render::csv,
        other => return Err(Problem::invalid("file", format!("invoices as .{other} are not in this version; {formats}"))),
    };
    let invoice = draft(&app, customer.to_owned(), period, query.rounding).await?;
    let text = render(&invoice).map_err(|error| OfficeError::Internal(error.to_string()))?;
    let content_type = if format == "json" { "application/json" } else { "text/csv; charset=utf-8" };
    Ok(([(header::CONTENT_TYPE, content_type)], text).into_response())
}

async fn draft(app: &Shared, customer: String, period: &str, rounding: Rounding) -> Result<Invoice, Problem> {
    let period = Period::parse(period).map_err(|error| Problem::invalid("period", error.to_string()))?;
    let customer = app.office.customer(&customer)?;
    let invoice = app.blocking(move |app| preview(&app.office.ledger, &customer, &period, rounding)).await;
    invoice.map_err(|error| match error {
        PreviewError::Ledger(error) => error.into(),
        PreviewError::Draft(error) => OfficeError::Internal(error.to_string()).into(),
    })
}

fn this_month(app: &App) -> String {
    app.office.now().to_string().chars().take("2026-11".len()).collect()
}

/// `preview-<customer>-<period>`; a customer's id may hold hyphens, a period ends the id.
fn parts_of(id: &str) -> Option<(&str, &str)> {
    let rest = id.strip_prefix("preview-")?;
    let split = |length: usize| {
        let (customer, period) = rest.split_at_checked(rest.len().checked_sub(length + 1)?)?;
        let period = period.strip_prefix('-')?;
        Period::parse(period).is_ok().then_some((customer, period))
    };
    split("2026-11-01..2026-11-16".len()).or_else(|| split("2026-11".len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_previews_id_says_whose_it_is_and_of_which_period() {
        assert_eq!(parts_of("preview-acme-eu-2026-11"), Some(("acme-eu", "2026-11")));
        assert_eq!(parts_of("preview-acme-2026-11-01..2026-11-16"), Some(("acme", "2026-11-01..2026-11-16")));
        assert_eq!((parts_of("preview-acme"), parts_of("acme-2026-11"), parts_of("preview-é")), (None, None, None));
    }
}
