//! `providers` and `models`: what is configured and what clients may ask for.

use std::{collections::BTreeSet, sync::Arc};

use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use weighbridge_gateway::{CircuitState, Health, HealthReport};

use super::{
    Shared,
    page::{Page, PageQuery},
    problem::{Json, Problem, Query},
};
use crate::{app::App, config::Strategy};

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(list_providers)).routes(routes!(list_models))
}

/// A provider that is on.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct ProviderView {
    /// The operator's name for it.
    name: String,
    /// Its adapter.
    plugin: String,
    base_url: String,
    /// The variable that its key was read from.
    api_key_env: Option<String>,
    /// Whether there is a key.
    has_key: bool,
    /// Its name in the price book.
    price_book: String,
    /// On by its key alone, without an entry in the configuration.
    automatic: bool,
    /// Whether it answers.
    health: HealthView,
}

/// Whether a provider answers.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct HealthView {
    /// `up`; `open`: calls go elsewhere where they can; `half_open`: the next call finds out.
    state: &'static str,
    /// Since when it has not been up.
    since: Option<String>,
    /// When the next call finds out.
    retry_at: Option<String>,
    /// Failures since its last answer.
    failures_in_a_row: u32,
    /// The last thing that went wrong since the start: the connection's error or the status, never a body.
    last_error: Option<String>,
    /// When that was.
    last_error_at: Option<String>,
    /// Models of which it takes no more calls for now.
    limited_models: Vec<LimitedModelView>,
}

/// A model of which a provider takes no more calls for now.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct LimitedModelView {
    model: String,
    until: String,
}

impl From<HealthReport> for HealthView {
    fn from(report: HealthReport) -> Self {
        let HealthReport { state, since, retry_at, failures_in_a_row, last_error, limited } = report;
        let state = match state {
            CircuitState::Closed => "up",
            CircuitState::Open => "open",
            CircuitState::HalfOpen => "half_open",
        };
        let limited_models = limited.into_iter().map(|(model, until)| LimitedModelView { model: model.to_string(), until: until.to_string() });
        Self {
            state,
            since: since.map(|since| since.to_string()),
            retry_at: retry_at.map(|at| at.to_string()),
            failures_in_a_row,
            last_error: last_error.as_ref().map(|error| error.what.clone()),
            last_error_at: last_error.map(|error| error.at.to_string()),
            limited_models: limited_models.collect(),
        }
    }
}

/// What clients may ask for.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct ModelView {
    /// The name that clients send.
    name: String,
    /// In which order the targets are tried: `weighted`, `cheapest`, `order`.
    strategy: &'static str,
    /// Where it goes.
    targets: Vec<TargetView>,
}

/// Where a model goes.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct TargetView {
    provider: String,
    model: String,
    weight: u32,
    fallback: bool,
    /// Whether there is a price for it now.
    priced: bool,
}

/// Lists the providers that are on.
#[utoipa::path(get, path = "/providers", tag = "providers", params(PageQuery), responses((status = 200, body = Page<ProviderView>), (status = "default", body = Problem)))]
async fn list_providers(app: Shared, Query(query): Query<PageQuery>) -> Result<Json<Page<ProviderView>>, Problem> {
    let (settings, routes, now) = (app.settings.load(), app.routes.load(), app.office.now());
    let health = |name: &str| routes.providers.get(name).map(|provider| provider.health.report(now)).unwrap_or_else(|| Health::default().report(now)).into();
    let mut providers: Vec<_> = settings.providers.iter().collect();
    providers.sort_by(|a, b| a.name.cmp(&b.name));
    let shown = providers.into_iter().map(|provider| ProviderView {
        name: provider.name.clone(),
        plugin: provider.plugin.clone(),
        base_url: provider.base_url.clone(),
        api_key_env: provider.key_env.clone(),
        has_key: provider.key.is_some(),
        price_book: provider.price_book.clone(),
        automatic: provider.automatic,
        health: health(&provider.name),
    });
    Page::of(shown, |provider| &provider.name, &query).map(Json)
}

/// Lists the models that clients may ask for by name: the configured ones, and those of the price book that a provider sells.
#[utoipa::path(get, path = "/models", tag = "providers", params(PageQuery), responses((status = 200, body = Page<ModelView>), (status = "default", body = Problem)))]
async fn list_models(app: Shared, Query(query): Query<PageQuery>) -> Result<Json<Page<ModelView>>, Problem> {
    let (settings, book, now) = (app.settings.load(), app.office.prices.load(), app.office.now());
    let price_book = |name: &str| settings.providers.iter().find(|provider| provider.name == name).map(|provider| provider.price_book.as_str());
    let priced = |provider: &str, model: &str| price_book(provider).is_some_and(|provider| book.find(provider, model, now).is_some());
    let mut models: Vec<ModelView> = Vec::new();
    for model in &settings.loaded.config.models {
        let targets = model.targets.iter().map(|target| TargetView {
            provider: target.provider.clone(),
            model: target.model.clone(),
            weight: target.weight,
            fallback: target.fallback,
            priced: priced(&target.provider, &target.model),
        });
        models.push(ModelView { name: model.name.clone(), strategy: strategy(model.strategy), targets: targets.collect() });
    }
    let sold: BTreeSet<(&str, &str)> =
        book.rows().flat_map(|row| settings.providers.iter().filter(|p| p.price_book == *row.provider).map(|p| (p.name.as_str(), &*row.model))).collect();
    models.extend(sold.into_iter().map(|(provider, model)| ModelView {
        name: format!("{provider}/{model}"),
        strategy: strategy(Strategy::Weighted),
        targets: vec![TargetView { provider: provider.to_owned(), model: model.to_owned(), weight: 1, fallback: false, priced: priced(provider, model) }],
    }));
    models.sort_by(|a, b| a.name.cmp(&b.name));
    Page::of(models, |model| &model.name, &query).map(Json)
}

fn strategy(strategy: Strategy) -> &'static str {
    match strategy {
        Strategy::Weighted => "weighted",
        Strategy::Cheapest => "cheapest",
        Strategy::Order => "order",
    }
}
