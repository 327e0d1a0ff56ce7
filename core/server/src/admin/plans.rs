//! `plans`: the rules by which customers pay.

use std::sync::Arc;

use axum::{http::StatusCode, response::IntoResponse};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Shared,
    page::{Page, PageQuery},
    problem::{Json, Path, Problem, Query},
};
use crate::{
    app::App,
    office::{NewPlan, PlanChange, PlanView},
};

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(get, change, archive))
}

/// Lists plans, by id.
#[utoipa::path(get, path = "/plans", tag = "plans", params(PageQuery), responses((status = 200, body = Page<PlanView>), (status = "default", body = Problem)))]
async fn list(app: Shared, Query(query): Query<PageQuery>) -> Result<Json<Page<PlanView>>, Problem> {
    let plans = app.office.plans().into_iter().filter(|plan| query.archived || !plan.archived);
    Page::of(plans, |plan| plan.id.as_str(), &query).map(Json)
}

/// Creates a plan. Its rules are loaded and their sheets checked before anything is written.
#[utoipa::path(post, path = "/plans", tag = "plans", request_body = NewPlan, responses((status = 201, body = PlanView), (status = 409, description = "There is one with this id already.", body = Problem), (status = "default", body = Problem)))]
async fn create(app: Shared, Json(new): Json<NewPlan>) -> Result<impl IntoResponse, Problem> {
    Ok((StatusCode::CREATED, Json(app.office.create_plan(new).await?)))
}

/// Reads a plan, archived or not.
#[utoipa::path(get, path = "/plans/{id}", tag = "plans", params(("id" = String, Path)), responses((status = 200, body = PlanView), (status = "default", body = Problem)))]
async fn get(app: Shared, Path(id): Path<String>) -> Result<Json<PlanView>, Problem> {
    Ok(Json(app.office.plan(&id)?))
}

/// Changes a plan: a new version, for calls from now on. One that is written in the configuration is changed there.
#[utoipa::path(patch, path = "/plans/{id}", tag = "plans", params(("id" = String, Path)), request_body = PlanChange, responses((status = 200, body = PlanView), (status = "default", body = Problem)))]
async fn change(app: Shared, Path(id): Path<String>, Json(change): Json<PlanChange>) -> Result<Json<PlanView>, Problem> {
    Ok(Json(app.office.change_plan(&id, change).await?))
}

/// Archives a plan: it takes no new customers.
#[utoipa::path(delete, path = "/plans/{id}", tag = "plans", params(("id" = String, Path)), responses((status = 200, body = PlanView), (status = "default", body = Problem)))]
async fn archive(app: Shared, Path(id): Path<String>) -> Result<Json<PlanView>, Problem> {
    Ok(Json(app.office.archive_plan(&id).await?))
}
