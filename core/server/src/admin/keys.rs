//! `keys`: the API keys of the data plane.

use std::sync::Arc;

use axum::{http::StatusCode, response::IntoResponse};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Shared,
    page::{Page, PageQuery},
    problem::{Json, Path, Problem, Query},
};
use crate::{
    app::App,
    office::{KeyView, NewKey},
};

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(get, archive))
}

/// A new key with its secret.
#[derive(Debug, Serialize, ToSchema)]
struct IssuedKey {
    #[serde(flatten)]
    key: KeyView,
    /// Shown this once: only its SHA-256 is kept.
    secret: String,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct KeyQuery {
    /// Only those of this customer.
    customer: Option<String>,
    /// At most so many, 1 to 1000; absent: 100.
    limit: Option<usize>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Revoked ones too.
    #[serde(default)]
    archived: bool,
}

/// Lists keys, oldest first, without their secrets.
#[utoipa::path(get, path = "/keys", tag = "keys", params(KeyQuery), responses((status = 200, body = Page<KeyView>), (status = "default", body = Problem)))]
async fn list(app: Shared, Query(query): Query<KeyQuery>) -> Result<Json<Page<KeyView>>, Problem> {
    let KeyQuery { customer, limit, cursor, archived } = query;
    let is_of = |key: &KeyView| customer.is_none() || key.customer.as_ref().map(|id| id.as_str()) == customer.as_deref();
    let keys = app.office.keys().into_iter().filter(|key| (archived || !key.archived) && is_of(key));
    Page::of(keys, |key| key.id.as_str(), &PageQuery { limit, cursor, archived }).map(Json)
}

/// Issues a key. Its secret is in this answer and nowhere else.
#[utoipa::path(post, path = "/keys", tag = "keys", request_body = NewKey, responses((status = 201, body = IssuedKey), (status = "default", body = Problem)))]
async fn create(app: Shared, Json(new): Json<NewKey>) -> Result<impl IntoResponse, Problem> {
    let (key, secret) = app.office.create_key(new).await?;
    let headers = [("cache-control", "no-store")];
    Ok((StatusCode::CREATED, headers, Json(IssuedKey { key, secret: secret.expose().to_owned() })))
}

/// Reads a key, without its secret.
#[utoipa::path(get, path = "/keys/{id}", tag = "keys", params(("id" = String, Path)), responses((status = 200, body = KeyView), (status = "default", body = Problem)))]
async fn get(app: Shared, Path(id): Path<String>) -> Result<Json<KeyView>, Problem> {
    Ok(Json(app.office.key(&id)?))
}

/// Revokes a key: calls with it are refused from now on.
#[utoipa::path(delete, path = "/keys/{id}", tag = "keys", params(("id" = String, Path)), responses((status = 200, body = KeyView), (status = "default", body = Problem)))]
async fn archive(app: Shared, Path(id): Path<String>) -> Result<Json<KeyView>, Problem> {
    Ok(Json(app.office.archive_key(&id).await?))
}
