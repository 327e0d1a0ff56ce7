//! List: a customer's own, as they were seen last. It is made from the books, because a provider would list everybody's: all
//! customers are one account there.

use std::sync::Arc;

use futures_util::{StreamExt, stream};
use serde_json::{Value, json};

use super::{
    look, settle,
    shelf::{Resource, Stage},
    state,
};
use crate::{answer::Answer, dialect::ResourceFacts, gateway::Gateway, refusal::Refusal};

const USUAL: usize = 20;
const MOST: usize = 100;
/// So many providers' answers are waited for at once.
const AT_ONCE: usize = 8;

pub(super) async fn answer(gateway: &Arc<Gateway>, facts: &'static ResourceFacts, customer: &str, dialect: &str, query: &str) -> Result<Answer, Refusal> {
    let parameter = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    let limit = match parameter("limit").map(str::parse::<usize>) {
        None => USUAL,
        Some(Ok(limit)) if (1..=MOST).contains(&limit) => limit,
        Some(_) => return Err(Refusal::wrong_type("limit", "a number from 1 to 100")),
    };
    let all = gateway.shelf.all(Some((customer, dialect))).await.map_err(Refusal::ledger_unavailable)?;
    // The two families' names for the same.
    let after = parameter("after").or_else(|| parameter("after_id"));
    let from = match after {
        None => 0,
        Some(id) => all.iter().position(|resource| resource.id == id).map(|at| at + 1).ok_or_else(|| Refusal::no_such_resource(facts.noun, id))?,
    };
    let has_more = all.len() > from + limit;
    let page = stream::iter(all.into_iter().skip(from).take(limit)).map(|resource| as_it_is_now(gateway, resource)).buffered(AT_ONCE);
    let data: Vec<_> = page.map(|resource| shown(facts, &resource)).collect().await;
    let id = |value: Option<&Value>| value.and_then(|value| value.get("id")).cloned().unwrap_or_default();
    let (first_id, last_id) = (id(data.first()), id(data.last()));
    if facts.list != "data" {
        return Ok(look::json(json!({facts.list: data}).to_string()));
    }
    Ok(look::json(json!({"object": "list", "data": data, "first_id": first_id, "last_id": last_id, "has_more": has_more}).to_string()))
}

/// One that goes on is asked for; where that fails, it is shown as it was.
async fn as_it_is_now(gateway: &Arc<Gateway>, resource: Resource) -> Arc<Resource> {
    let resource = Arc::new(resource);
    if resource.stage != Stage::Open || resource.stored.is_some() {
        return resource;
    }
    settle::refresh(gateway, &resource).await.unwrap_or(resource)
}

fn shown(facts: &ResourceFacts, resource: &Resource) -> Value {
    let object = resource.object.as_deref().and_then(|text| {
        let as_here = state::with_own_path(facts, &resource.id, text.as_bytes());
        serde_json::from_slice(as_here.as_deref().unwrap_or(text.as_bytes())).ok()
    });
    object.unwrap_or_else(|| json!({"id": resource.id}))
}
