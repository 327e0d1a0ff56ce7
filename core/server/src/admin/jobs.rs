//! `jobs`: what calls have left at providers: files, batches, jobs that go on after their answer.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use weighbridge_domain::Timestamp;
use weighbridge_gateway::resources::{Resource, Stage};

use super::{
    Shared,
    page::{self, Page},
    problem::{Json, Problem, Query},
};
use crate::app::App;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(list))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct JobListQuery {
    /// Of this customer.
    customer: Option<String>,
    /// `open`, `ended`, `settled`, `expired` or `kept`; absent: all but those that are kept.
    stage: Option<String>,
    /// At most so many, 1 to 1000; absent: 100.
    limit: Option<usize>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Something that a customer has at a provider.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct Job {
    /// The provider's id for it.
    id: String,
    /// `open`: the provider is at work. `ended`: its results are not all on the books. `settled`: they are. `expired`: it took too
    /// long, and what it consumed is not known. `kept`: there is nothing to bill, as of a file.
    stage: &'static str,
    /// The dialect of the call that made it.
    dialect: String,
    /// Who pays.
    customer: String,
    /// Where it is.
    provider: String,
    /// The model that was asked for, where there is one.
    model: String,
    /// When it was started; its prices are those of this time.
    #[schema(value_type = String)]
    started_at: Timestamp,
    /// The record of the call that made it.
    request_id: String,
}

impl From<&Resource> for Job {
    fn from(resource: &Resource) -> Self {
        let made_by = &resource.made_by;
        Self {
            id: resource.id.clone(),
            stage: resource.stage.as_str(),
            dialect: made_by.dialect.to_string(),
            customer: made_by.customer.to_string(),
            provider: made_by.provider.to_string(),
            model: made_by.routed_model.to_string(),
            started_at: made_by.started_at,
            request_id: made_by.id.to_string(),
        }
    }
}

const STAGES: [Stage; 5] = [Stage::Open, Stage::Ended, Stage::Settled, Stage::Expired, Stage::Kept];

/// Lists batches and jobs, the newest first.
#[utoipa::path(get, path = "/jobs", tag = "usage", params(JobListQuery), responses((status = 200, body = Page<Job>), (status = "default", body = Problem)))]
async fn list(app: Shared, Query(query): Query<JobListQuery>) -> Result<Json<Page<Job>>, Problem> {
    let limit = page::limit(query.limit)?;
    let stage = query.stage.as_deref().map(|word| {
        let known = STAGES.into_iter().find(|stage| stage.as_str() == word);
        known.ok_or_else(|| Problem::invalid("stage", format!("found {word:?}, expected open, ended, settled, expired or kept")))
    });
    let stage = stage.transpose()?;
    let from = match &query.cursor {
        None => 0,
        Some(cursor) => cursor.parse::<usize>().map_err(|_| Problem::invalid("cursor", format!("{cursor:?} is no next_cursor of this list")))?,
    };
    let all = app.gateway.shelf().all(None).await?;
    let wanted = |resource: &&Resource| {
        let of_stage = stage.map_or(resource.stage != Stage::Kept, |stage| resource.stage == stage);
        of_stage && query.customer.as_ref().is_none_or(|customer| *customer == *resource.made_by.customer.as_str())
    };
    let mut data: Vec<Job> = all.iter().filter(wanted).skip(from).take(limit + 1).map(Job::from).collect();
    let next_cursor = (data.len() > limit).then(|| (from + limit).to_string());
    data.truncate(limit);
    Ok(Json(Page { data, next_cursor }))
}
