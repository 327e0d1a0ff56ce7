//! `/metrics` and the status page at `/`: what there is, no customer's data.

use axum::{
    http::header,
    response::{Html, IntoResponse},
};

use super::Shared;

pub(super) async fn metrics(app: Shared) -> impl IntoResponse {
    let rendered = app.blocking(|app| Ok::<_, ()>(app.metrics.render(&app.office.ledger.stats(), app.gateway.calls_in_flight(), &app.providers_up()))).await;
    ([(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], rendered.unwrap_or_default())
}

/// Plain on purpose: it is read over a terminal browser as well.
pub(super) async fn page(app: Shared) -> Html<String> {
    let settings = app.settings.load();
    let listen = settings.loaded.config.server.listen;
    let providers: String = settings.providers.iter().map(|provider| format!("<li>{} ({})</li>", escaped(&provider.name), escaped(&provider.plugin))).collect();
    let providers =
        if providers.is_empty() { "<li>none: set a provider's key variable, or write [providers] in the configuration</li>".to_owned() } else { providers };
    let (prices, version) = (app.office.prices.load().rows().len(), env!("CARGO_PKG_VERSION"));
    Html(format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>Weighbridge</title>\
         <style>body{{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:3rem auto;padding:0 1rem}}code{{background:#8882;padding:.1em .3em}}</style>\
         <h1>Weighbridge {version}</h1><p>The gateway is up. Clients call <code>http://{listen}/v1</code> with a key that begins with <code>wb-</code>.</p>\
         <h2>Providers</h2><ul>{providers}</ul><p>{prices} price rows.</p>\
         <h2>Here</h2><ul><li><a href=\"/admin/v1/openapi.json\">/admin/v1/openapi.json</a>: the admin API (with the admin token)</li>\
         <li><a href=\"/metrics\">/metrics</a>: OpenMetrics</li><li><a href=\"/health\">/health</a></li></ul>\
         <p>On the command line: <code>weighbridge usage summary</code>, <code>weighbridge invoices preview CUSTOMER</code>, <code>weighbridge doctor</code>.</p></html>"
    ))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
