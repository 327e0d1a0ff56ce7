//! `providers` and `models`: what is configured and what clients may ask for.

use std::{collections::BTreeSet, sync::Arc};

use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Shared,
    page::{Page, PageQuery},
    problem::{Json, Problem, Query},
};
use crate::app::App;

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
}

/// What clients may ask for.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct ModelView {
    /// The name that clients send.
    name: String,
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
    let settings = app.settings.load();
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
        models.push(ModelView { name: model.name.clone(), targets: targets.collect() });
    }
    let sold: BTreeSet<(&str, &str)> =
        book.rows().flat_map(|row| settings.providers.iter().filter(|p| p.price_book == *row.provider).map(|p| (p.name.as_str(), &*row.model))).collect();
    models.extend(sold.into_iter().map(|(provider, model)| ModelView {
        name: format!("{provider}/{model}"),
        targets: vec![TargetView { provider: provider.to_owned(), model: model.to_owned(), weight: 1, fallback: false, priced: priced(provider, model) }],
    }));
    models.sort_by(|a, b| a.name.cmp(&b.name));
    Page::of(models, |model| &model.name, &query).map(Json)
}
