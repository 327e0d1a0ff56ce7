//! Place: which provider gets something new. What names its models names them as the provider does, because nobody
//! rewrites the lines of a file; each of them must be the key's to use, and have a price where the plan says so.

use std::{collections::BTreeSet, sync::Arc};

use http::Method;
use weighbridge_domain::{ModelName, account::UnpricedPolicy};

use super::{shelf::Key, state};
use crate::{
    authenticate::Caller,
    call::{Head, Request},
    dialect::{
        ResourceFacts,
        resource::{ItemDialect, Place},
    },
    gateway::Gateway,
    json::PointerSet,
    policy::RoutingPolicy,
    refusal::Refusal,
    route::{Candidate, Routes, Wanted, matches},
    upstream::Provider,
};

/// The candidate of a call whose provider is not found by its model, and how it is tried.
pub(crate) async fn place(
    gateway: &Gateway,
    facts: &ResourceFacts,
    head: &Head,
    caller: &Caller,
    request: &Request,
) -> Result<(Vec<Candidate>, RoutingPolicy), Refusal> {
    let routes = gateway.routes.load_full();
    let provider = match facts.place {
        Place::Model => return Err(Refusal::internal()),
        Place::Lines(part) => of_models(gateway, &routes, head, caller, models_of_lines(request, part)?)?,
        Place::Models(pointer) => of_models(gateway, &routes, head, caller, models_at(request.json(), pointer)?)?,
        Place::Beside { dialect, pointer } => {
            let name = pointer.trim_start_matches('/');
            let id = state::string_at(request.json(), pointer).ok_or_else(|| Refusal::missing_parameter(name))?;
            let beside = gateway.shelf.find(&Key::new(caller.customer().id.as_str(), dialect, &id)).await.map_err(Refusal::ledger_unavailable)?;
            let beside = beside.ok_or_else(|| Refusal::no_such_resource("file", &id))?;
            let name = &beside.made_by.provider;
            routes.providers.get(name.as_str()).cloned().ok_or_else(|| Refusal::provider_gone(name.as_str(), &id))?
        }
    };
    let spoken = |dialect: &str| if provider.wire(dialect).is_some() { Ok(()) } else { Err(Refusal::provider_lacks(dialect, provider.name.as_str())) };
    spoken(head.dialect.as_str())?;
    if let Some(items) = facts.items() {
        let answers = match items.dialect {
            ItemDialect::Named(name) => name.to_owned(),
            ItemDialect::ByPath(pointer) => {
                let path = state::string_at(request.json(), pointer).ok_or_else(|| Refusal::missing_parameter(pointer.trim_start_matches('/')))?;
                dialect_at(gateway, &path).ok_or_else(|| Refusal::no_such_route(&Method::POST, &path))?
            }
        };
        spoken(&answers)?;
    }
    let candidate = Candidate { provider, model: request.model.clone() };
    Ok((vec![candidate], routes.policy))
}

/// The dialect that is spoken at a path.
pub(super) fn dialect_at(gateway: &Gateway, path: &str) -> Option<String> {
    let dialects = gateway.routes.load().dialects.clone();
    dialects.find(&Method::POST, path).ok().map(|found| found.dialect.as_str().to_owned())
}

/// The one provider that serves all of these models.
fn of_models(gateway: &Gateway, routes: &Routes, head: &Head, caller: &Caller, models: BTreeSet<String>) -> Result<Arc<Provider>, Refusal> {
    let book = gateway.book.load();
    let plan = caller.plan().document();
    let mut common: Option<Vec<Candidate>> = None;
    for model in &models {
        if let Some(allowed) = &caller.key().key.models
            && !allowed.iter().any(|pattern| matches(pattern, model))
        {
            return Err(Refusal::model_not_allowed(model));
        }
        let wanted = Wanted { name: model, at: head.received_at, body_bytes: 0, pick: head.id.pick() };
        let (found, _) = routes.resolve(&wanted, &book);
        if found.is_empty() {
            return Err(Refusal::model_not_found(model));
        }
        let as_named: Vec<_> = found.into_iter().filter(|candidate| candidate.model == ModelName::from(model.as_str())).collect();
        if as_named.is_empty() {
            return Err(Refusal::batch_of_alias(model));
        }
        let priced = |candidate: &Candidate| book.find(&candidate.provider.price_book, model, head.received_at).is_some();
        if let Some(unpriced) = as_named.iter().find(|candidate| plan.unpriced == UnpricedPolicy::Block && !priced(candidate)) {
            return Err(Refusal::unpriced_model(model, unpriced.provider.name.as_str(), plan.id.as_str()));
        }
        let both = |before: Vec<Candidate>| before.into_iter().filter(|one| as_named.iter().any(|other| other.provider.name == one.provider.name)).collect();
        let both: Vec<_> = common.map_or_else(|| as_named.clone(), both);
        if both.is_empty() {
            return Err(Refusal::batch_of_several(models.iter().map(String::as_str)));
        }
        common = Some(both);
    }
    let found = common.and_then(|candidates| candidates.into_iter().next()).ok_or_else(Refusal::missing_model)?;
    Ok(found.provider)
}

/// The models that the lines of a file ask for.
fn models_of_lines(request: &Request, part: &str) -> Result<BTreeSet<String>, Refusal> {
    if state::string_at(request.json(), "/purpose").as_deref() != Some("batch") {
        return Err(Refusal::file_for_batch());
    }
    let file = request.file(part).ok_or_else(|| Refusal::missing_parameter("file"))?;
    let pointers = PointerSet::new(["/body/model"]).map_err(|_| Refusal::internal())?;
    let mut models = BTreeSet::new();
    for (line, number) in file.split(|byte| *byte == b'\n').zip(1..).filter(|(line, _)| !line.trim_ascii().is_empty()) {
        let mut found = Vec::new();
        let scanned = pointers.scan(line, |_, json| found.push(serde_json::from_str::<String>(json)));
        match (scanned, found.pop(), found.is_empty()) {
            (Ok(()), Some(Ok(model)), true) => models.insert(model),
            _ => return Err(Refusal::bad_batch_line(number)),
        };
    }
    if models.is_empty() { Err(Refusal::bad_batch_line(1)) } else { Ok(models) }
}

/// The models that stand at a pointer with `*` in it.
fn models_at(body: &[u8], pointer: &'static str) -> Result<BTreeSet<String>, Refusal> {
    let every = pointer.split("/*").next().unwrap_or(pointer);
    let pointers = PointerSet::new([pointer, &format!("{every}/*")]).map_err(|_| Refusal::internal())?;
    let (mut models, mut items, mut named) = (BTreeSet::new(), 0_usize, 0_usize);
    let scanned = pointers.scan(body, |index, json| match index {
        0 => {
            named += 1;
            models.extend(serde_json::from_str::<String>(json));
        }
        _ => items += 1,
    });
    scanned.map_err(Refusal::invalid_json)?;
    // An item without a model would be priced as nobody knows what.
    if items == 0 || named != items || models.is_empty() { Err(Refusal::missing_model()) } else { Ok(models) }
}
