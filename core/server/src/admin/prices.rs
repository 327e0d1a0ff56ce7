//! `prices`: the price book.

use std::{sync::Arc, time::Duration};

use serde::Deserialize;
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use weighbridge_pricing::PriceRow;

use super::{
    Shared,
    page::{self, Page},
    problem::{Json, Path, Problem, Query},
};
use crate::{
    app::App,
    http_client::HttpClient,
    office::{ImportFormat, ImportSummary, OfficeError},
};

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(get)).routes(routes!(import))
}

/// A price row as it is kept.
type Row = Box<RawValue>;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct PriceListQuery {
    /// Only this provider's, by its name in the price book.
    provider: Option<String>,
    /// Only models whose name or alias contains this.
    model: Option<String>,
    /// Older versions too.
    #[serde(default)]
    history: bool,
    /// At most so many, 1 to 1000; absent: 100.
    limit: Option<usize>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Lists price rows by id: those that hold now, or all versions.
#[utoipa::path(get, path = "/prices", tag = "prices", params(PriceListQuery), responses((status = 200, body = Page<serde_json::Value>), (status = "default", body = Problem)))]
async fn list(app: Shared, Query(query): Query<PriceListQuery>) -> Result<Json<Page<Row>>, Problem> {
    let (book, now) = (app.office.prices.load(), app.office.now());
    let limit = page::limit(query.limit)?;
    let place = |row: &PriceRow| format!("{}@{:010}", row.id, row.version);
    let is_asked_for = |row: &PriceRow| {
        query.provider.as_deref().is_none_or(|provider| *row.provider == *provider)
            && query.model.as_deref().is_none_or(|part| row.model.contains(part) || row.aliases.iter().any(|alias| alias.contains(part)))
    };
    let holds = |row: &PriceRow| query.history || book.find(&row.provider, &row.model, now).is_some_and(|found| *found.document_id() == *row.document_id());
    let mut rows = book.rows().filter(|row| query.cursor.as_deref().is_none_or(|cursor| place(row).as_str() > cursor) && is_asked_for(row) && holds(row));
    let taken: Vec<_> = rows.by_ref().take(limit).collect();
    let next_cursor = taken.last().filter(|_| rows.next().is_some()).map(|row| place(row));
    Ok(Json(Page { data: taken.into_iter().map(shown).collect::<Result<_, _>>()?, next_cursor }))
}

fn shown(row: &PriceRow) -> Result<Row, Problem> {
    serde_json::value::to_raw_value(row).map_err(|error| OfficeError::Internal(error.to_string()).into())
}

/// Reads the price that holds now for a provider's model, by its name or an alias.
#[utoipa::path(get, path = "/prices/{provider}/{*model}", tag = "prices", params(("provider" = String, Path), ("model" = String, Path, description = "The slashes of a name may be plain.")), responses((status = 200, body = serde_json::Value), (status = "default", body = Problem)))]
async fn get(app: Shared, Path((provider, model)): Path<(String, String)>) -> Result<Json<Row>, Problem> {
    let book = app.office.prices.load();
    let row = book.find(&provider, &model, app.office.now()).ok_or_else(|| OfficeError::not_found("price", format!("{provider}/{model}")))?;
    Ok(Json(shown(row)?))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ImportRequest {
    format: ImportFormat,
    /// The file's text.
    #[serde(default)]
    content: Option<String>,
    /// Or where to fetch it: http or https, at most 32 MiB, within 30 s.
    #[serde(default)]
    url: Option<String>,
    /// Ids (`provider/model`) that look wrong and are right.
    #[serde(default)]
    confirm: Vec<String>,
    /// Say what would change, write nothing.
    #[serde(default)]
    dry_run: bool,
}

/// Imports a price file. Prices that differ become new versions, valid from now on; what looks wrong is not taken.
#[utoipa::path(post, path = "/prices/import", tag = "prices", request_body = ImportRequest, responses((status = 200, body = ImportSummary), (status = "default", body = Problem)))]
async fn import(app: Shared, Json(request): Json<ImportRequest>) -> Result<Json<ImportSummary>, Problem> {
    let text = match (request.content, &request.url) {
        (Some(text), None) => text,
        (None, Some(url)) => fetch(url).await?,
        _ => return Err(Problem::invalid("content", "give the file's text in \"content\", or its address in \"url\", not both")),
    };
    Ok(Json(app.office.import_prices(request.format, &text, &request.confirm, request.dry_run).await?))
}

async fn fetch(url: &str) -> Result<String, Problem> {
    const LIMIT: usize = 32 << 20;
    const TIMEOUT: Duration = Duration::from_secs(30);
    let answer = HttpClient::new(LIMIT, TIMEOUT).get(url).await.map_err(|error| Problem::invalid("url", error.to_string()))?;
    if !answer.status.is_success() {
        return Err(Problem::invalid("url", format!("the server answered {}, expected 200", answer.status)));
    }
    String::from_utf8(answer.body.into()).map_err(|_| Problem::invalid("url", "the document is not UTF-8 text"))
}
