//! `plugins`: what is installed.

use std::sync::Arc;

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
    OpenApiRouter::new().routes(routes!(list))
}

/// An installed plugin.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct PluginView {
    name: String,
    /// `adapter`, `counter`, `pricing`.
    kind: String,
    version: String,
    description: String,
    /// The contract that it was built for.
    contract: String,
    /// SHA-256 of its component: what records name.
    digest: String,
    /// The plugin whose component it uses, for one that is data.
    component: Option<String>,
    /// Whether it comes with the program.
    built_in: bool,
}

/// Lists the installed plugins, by name.
#[utoipa::path(get, path = "/plugins", tag = "plugins", params(PageQuery), responses((status = 200, body = Page<PluginView>), (status = "default", body = Problem)))]
async fn list(app: Shared, Query(query): Query<PageQuery>) -> Result<Json<Page<PluginView>>, Problem> {
    let built_in = |name: &str, kind: &str| weighbridge_bundle::first_party().iter().any(|bundled| bundled.name == name && bundled.kind == kind);
    let mut plugins: Vec<PluginView> = app
        .plugins
        .list()
        .into_iter()
        .map(|plugin| {
            let manifest = plugin.manifest;
            PluginView {
                built_in: built_in(&manifest.name, manifest.kind.as_str()),
                name: manifest.name,
                kind: manifest.kind.as_str().to_owned(),
                version: manifest.version,
                description: manifest.description,
                contract: manifest.contract,
                digest: plugin.digest.to_string(),
                component: manifest.component,
            }
        })
        .collect();
    plugins.sort_by(|a, b| a.name.cmp(&b.name));
    Page::of(plugins, |plugin| &plugin.name, &query).map(Json)
}
