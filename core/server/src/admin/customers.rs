//! `customers`: who is billed.

use std::{collections::BTreeMap, sync::Arc};

use axum::{http::StatusCode, response::IntoResponse};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use weighbridge_domain::Customer;

use super::{
    Shared,
    page::{Page, PageQuery},
    problem::{Json, Path, Problem, Query},
};
use crate::{
    app::App,
    office::{CustomerChange, NewCustomer},
};

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(get, change, archive))
}

/// A customer as it is shown.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct CustomerView {
    id: String,
    name: String,
    /// Its own plan; null: the default plan.
    plan: Option<String>,
    currency: String,
    external_ids: BTreeMap<String, String>,
    bill_to: Option<BTreeMap<String, String>>,
    created_at: String,
    archived: bool,
}

impl From<&Customer> for CustomerView {
    fn from(customer: &Customer) -> Self {
        Self {
            id: customer.id.to_string(),
            name: customer.name.clone(),
            plan: customer.plan.as_ref().map(ToString::to_string),
            currency: customer.currency.to_string(),
            external_ids: customer.external_ids.clone(),
            bill_to: customer.bill_to.clone(),
            created_at: customer.created_at.to_string(),
            archived: customer.archived,
        }
    }
}

/// Lists customers, by id.
#[utoipa::path(get, path = "/customers", tag = "customers", params(PageQuery), responses((status = 200, body = Page<CustomerView>), (status = "default", body = Problem)))]
async fn list(app: Shared, Query(query): Query<PageQuery>) -> Result<Json<Page<CustomerView>>, Problem> {
    let customers = app.office.directory.customers();
    let shown = customers.iter().filter(|customer| query.archived || !customer.archived).map(|customer| CustomerView::from(&**customer));
    Page::of(shown, |customer| &customer.id, &query).map(Json)
}

/// Creates a customer.
#[utoipa::path(post, path = "/customers", tag = "customers", request_body = NewCustomer, responses((status = 201, body = CustomerView), (status = 409, description = "There is one with this id already.", body = Problem), (status = "default", body = Problem)))]
async fn create(app: Shared, Json(new): Json<NewCustomer>) -> Result<impl IntoResponse, Problem> {
    let customer = app.office.create_customer(new).await?;
    Ok((StatusCode::CREATED, Json(CustomerView::from(&*customer))))
}

/// Reads a customer, archived or not.
#[utoipa::path(get, path = "/customers/{id}", tag = "customers", params(("id" = String, Path)), responses((status = 200, body = CustomerView), (status = "default", body = Problem)))]
async fn get(app: Shared, Path(id): Path<String>) -> Result<Json<CustomerView>, Problem> {
    Ok(Json(CustomerView::from(&*app.office.customer(&id)?)))
}

/// Changes a customer: absent fields stay. Calls from now on see it.
#[utoipa::path(patch, path = "/customers/{id}", tag = "customers", params(("id" = String, Path)), request_body = CustomerChange, responses((status = 200, body = CustomerView), (status = "default", body = Problem)))]
async fn change(app: Shared, Path(id): Path<String>, Json(change): Json<CustomerChange>) -> Result<Json<CustomerView>, Problem> {
    Ok(Json(CustomerView::from(&*app.office.change_customer(&id, change).await?)))
}

/// Archives a customer: its calls are refused, its records stay.
#[utoipa::path(delete, path = "/customers/{id}", tag = "customers", params(("id" = String, Path)), responses((status = 200, body = CustomerView), (status = "default", body = Problem)))]
async fn archive(app: Shared, Path(id): Path<String>) -> Result<Json<CustomerView>, Problem> {
    Ok(Json(CustomerView::from(&*app.office.archive_customer(&id).await?)))
}
