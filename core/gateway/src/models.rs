//! `GET /v1/models`: what this key may ask for. Aliases first, then what the price book knows of configured providers.

use http::{HeaderMap, StatusCode};
use serde_json::json;

use crate::{answer::Answer, authenticate, gateway::Gateway, refusal::Refusal, route::matches, serve};

pub(crate) fn list(gateway: &Gateway, headers: &HeaderMap) -> Result<Answer, Refusal> {
    let key = authenticate::key(gateway, headers, gateway.clock.now())?;
    let allowed = |name: &str| key.allowed_models().is_none_or(|patterns| patterns.iter().any(|pattern| matches(pattern, name)));
    let routes = gateway.routes.load();
    let book = gateway.book.load();
    let mut names: Vec<(String, String)> = routes.aliases.keys().map(|alias| (alias.clone(), "weighbridge".to_owned())).collect();
    for provider in routes.providers.values() {
        let sold = book.rows().filter(|row| *row.provider == *provider.price_book);
        names.extend(sold.map(|row| (format!("{}/{}", provider.name, row.model), provider.name.to_string())));
    }
    names.retain(|(name, _)| allowed(name) || name.split_once('/').is_some_and(|(_, bare)| allowed(bare)));
    names.sort();
    names.dedup();
    let data: Vec<_> = names.iter().map(|(id, owner)| json!({"id": id, "object": "model", "created": 0, "owned_by": owner})).collect();
    Ok(serve::json(StatusCode::OK, json!({"object": "list", "data": data}).to_string()))
}
