//! `prices/quote`: what a usage would cost and charge, line by line, without a call.

use std::{collections::BTreeMap, sync::Arc};

use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use weighbridge_domain::{Charge, ChargeRecord, CostRecord, Decimal, EventId, Meter, ModelName, ProviderName, Source, Timestamp, Usage, exact};
use weighbridge_pricing::{PriceQuery, RatedEvent};

use super::{
    Shared,
    problem::{Json, Problem},
};
use crate::app::App;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(quote))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct QuoteRequest {
    /// A configured provider, or one of the price book.
    provider: String,
    model: String,
    /// Disjoint quantities by meter, whole numbers or decimals as text: `{"input": 1000, "output": "50"}`.
    #[schema(value_type = BTreeMap<String, String>)]
    usage: BTreeMap<String, Value>,
    /// When; absent: now.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    at: Option<Timestamp>,
    /// The service tier; absent: the default one.
    #[serde(default)]
    service_tier: Option<String>,
    /// Whose rules; absent: the default plan.
    #[serde(default)]
    plan: Option<String>,
}

/// What this usage would cost and charge: `{"cost": {…}, "charge": {…}, "flags": […]}` in the shape of a record.
#[utoipa::path(post, path = "/prices/quote", tag = "prices", request_body = QuoteRequest, responses((status = 200, body = serde_json::Value), (status = "default", body = Problem)))]
async fn quote(app: Shared, Json(request): Json<QuoteRequest>) -> Result<Json<Value>, Problem> {
    // A rule may run for milliseconds: not on the async workers.
    app.blocking(move |app| quoted(app, &request)).await.map(Json)
}

fn quoted(app: &App, request: &QuoteRequest) -> Result<Value, Problem> {
    let at = request.at.unwrap_or_else(|| app.office.now());
    let usage = usage(&request.usage)?;
    let settings = app.settings.load();
    let configured = settings.providers.iter().find(|provider| provider.name == request.provider);
    let price_book = configured.map_or(request.provider.as_str(), |provider| &provider.price_book);
    let query = PriceQuery { provider: price_book, model: &request.model, at, service_tier: request.service_tier.as_deref() };
    let costed = app.office.prices.load().cost(&query, &usage);
    let plan = match &request.plan {
        Some(id) => Some(app.office.directory.plan(id).ok_or_else(|| Problem::invalid("plan", format!("there is no plan \"{id}\"")))?),
        None => app.office.directory.default_plan().and_then(|id| app.office.directory.plan(id.as_str())),
    };
    let charge = match plan {
        None => Charge::unrated(costed.cost.currency, None, 0, "no plan was named, and there is no default plan"),
        Some(plan) => {
            let (customer, key) = ("quote".into(), "quote".into());
            let (provider, model) = (ProviderName::from(request.provider.as_str()), ModelName::from(request.model.as_str()));
            let event = RatedEvent {
                id: EventId::from_bytes([0; 16]),
                customer: &customer,
                occurred_at: at,
                provider: &provider,
                model: &model,
                usage: &usage,
                key: &key,
                session: None,
                workflow: None,
                step: None,
                service_tier: request.service_tier.as_deref(),
                requested_model: &model,
                served_model: None,
                tags: &[],
            };
            plan.rate(&event, &costed.cost)
        }
    };
    Ok(json!({"cost": CostRecord::new(&costed.cost), "charge": ChargeRecord::new(&charge), "flags": costed.flags}))
}

fn usage(given: &BTreeMap<String, Value>) -> Result<Usage, Problem> {
    let mut usage = Usage::new();
    for (name, value) in given {
        let field = format!("usage.{name}");
        let meter = Meter::new(name).ok_or_else(|| Problem::invalid(&field, "this is not a meter; use snake_case such as \"input\" or \"cache_read\""))?;
        let quantity = match value {
            Value::String(text) => exact::parse(text).ok(),
            Value::Number(number) => number.as_u64().map(Decimal::from),
            _ => None,
        };
        let quantity =
            quantity.ok_or_else(|| Problem::invalid(&field, format!("found {value}, expected a whole number, or a decimal as text such as \"12.5\"")))?;
        usage.insert(meter, quantity, Source::Declared).map_err(|error| Problem::invalid(&field, error.to_string()))?;
    }
    Ok(usage)
}
