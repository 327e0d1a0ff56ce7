//! The admin API under `/admin/v1` (bearer token, OpenAPI), `/metrics`, and a status page at `/`.
//!
//! One file per resource: its routes, its bodies, its handlers. What they do is in [`crate::office`]; what they refuse is
//! in [`problem`].

mod alerts;
mod auth;
mod customers;
mod events;
mod invoices;
mod jobs;
mod keys;
mod ledger;
mod page;
mod plans;
mod plugins;
mod prices;
mod problem;
mod providers;
mod quote;
mod status;
mod summary;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::{
    Router,
    extract::{DefaultBodyLimit, State},
    http::Uri,
    middleware,
    response::IntoResponse,
};
use utoipa::{
    OpenApi,
    openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
};
use utoipa_axum::router::OpenApiRouter;

pub use alerts::{Alert, alerts};
pub use auth::AdminToken;
pub use ledger::{StatsView, VerifyView};
use problem::Problem;

use crate::app::App;

/// What every handler is given.
type Shared = State<Arc<App>>;

/// A price file may be a few megabytes.
const MAX_BODY: usize = 64 << 20;

#[derive(OpenApi)]
#[openapi(
    info(title = "Weighbridge admin API", description = "Customers, keys, plans, prices, usage and invoices. Amounts are decimal strings, times are RFC 3339 UTC, lists are pages."),
    servers((url = "/admin/v1")),
    security(("token" = []))
)]
struct Description;

fn resources() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::with_openapi(Description::openapi())
        .merge(customers::routes())
        .merge(keys::routes())
        .merge(plans::routes())
        .merge(prices::routes())
        .merge(quote::routes())
        .merge(providers::routes())
        .merge(plugins::routes())
        .merge(events::routes())
        .merge(jobs::routes())
        .merge(summary::routes())
        .merge(invoices::routes())
        .merge(ledger::routes())
        .merge(alerts::routes())
}

/// The description of the API.
pub fn openapi() -> utoipa::openapi::OpenApi {
    let (_, mut description) = resources().split_for_parts();
    // axum's way to write a parameter that may hold slashes is not OpenAPI's.
    let paths = std::mem::take(&mut description.paths.paths);
    description.paths.paths = paths.into_iter().map(|(path, item)| (path.replace("{*", "{"), item)).collect();
    description.paths.paths.iter_mut().for_each(|(path, item)| complete(path, item));
    let components = description.components.get_or_insert_default();
    components.security_schemes.insert("token".to_owned(), SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build()).into());
    description
}

/// What OpenAPI requires of an operation: an id that no other has, and a word on every response.
fn complete(path: &str, item: &mut utoipa::openapi::PathItem) {
    let operations = [("get", &mut item.get), ("post", &mut item.post), ("put", &mut item.put), ("patch", &mut item.patch), ("delete", &mut item.delete)];
    for (method, operation) in operations {
        let Some(operation) = operation else { continue };
        let words = path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
        operation.operation_id = Some(std::iter::once(method).chain(words).collect::<Vec<_>>().join("_"));
        for (status, response) in &mut operation.responses.responses {
            if let utoipa::openapi::RefOr::T(response) = response
                && response.description.is_empty()
            {
                response.description = if status == "default" { "What is wrong, and what was expected" } else { "Done" }.to_owned();
            }
        }
    }
}

/// Everything that is served on the admin address.
pub fn router(app: Arc<App>, token: AdminToken) -> Router {
    let (resources, _) = resources().split_for_parts();
    let description = serde_json::to_string(&openapi()).unwrap_or_default();
    let guarded = resources
        .fallback(|uri: Uri| async move { Problem::no_such_route(&format!("/admin/v1{}", uri.path())) })
        .method_not_allowed_fallback(|uri: Uri| async move { Problem::method_not_allowed(&format!("/admin/v1{}", uri.path())) })
        .layer(middleware::from_fn_with_state(token, auth::require))
        .layer(DefaultBodyLimit::max(MAX_BODY));
    let open = Router::new()
        .route("/admin/v1/openapi.json", axum::routing::get(|| async move { ([("content-type", "application/json")], description).into_response() }))
        .route("/metrics", axum::routing::get(status::metrics))
        .route("/health", axum::routing::get(|| async { "ok\n" }))
        .route("/", axum::routing::get(status::page));
    open.nest("/admin/v1", guarded).fallback(|uri: Uri| async move { Problem::no_such_route(uri.path()) }).with_state(app)
}
