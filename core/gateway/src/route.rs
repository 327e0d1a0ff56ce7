//! Route: from the model that a client names to the candidates that may serve it, in their order.
//!
//! An alias of the configuration, `provider/model`, or a bare name that the price book knows of a configured provider. A
//! route is made before the call is admitted: what is tried later is taken from it, so that the reservation covers it.

use std::{collections::HashMap, sync::Arc};

use weighbridge_domain::{CostStatus, Decimal, Meter, ModelName, Source, Timestamp, Usage};
use weighbridge_pricing::{PriceBook, PriceQuery};

use crate::{
    authenticate::Caller,
    call::{Head, Request},
    dialect::{Dialects, resource::Place},
    gateway::Gateway,
    policy::{BareNames, RoutingPolicy},
    refusal::Refusal,
    resources::place,
    upstream::Provider,
};

/// One place that may serve a call.
#[derive(Clone)]
pub struct Candidate {
    /// The provider.
    pub provider: Arc<Provider>,
    /// The model as the provider knows it.
    pub model: ModelName,
}

/// The candidates of a call, the first to be tried first; never empty. Only [`route`] makes one.
pub struct Route {
    candidates: Vec<Candidate>,
    policy: RoutingPolicy,
}

impl Route {
    /// In the order in which they are tried.
    pub fn candidates(&self) -> &[Candidate] {
        &self.candidates
    }
    /// How they are tried.
    pub fn policy(&self) -> &RoutingPolicy {
        &self.policy
    }
}

/// A name that clients ask for.
#[derive(Clone)]
pub struct Alias {
    /// Where it goes.
    pub targets: Vec<Target>,
    /// In which order.
    pub strategy: Strategy,
    /// Further tries of the same target, where that is not as for all.
    pub retries: Option<u32>,
}

/// A target of an alias.
#[derive(Clone)]
pub struct Target {
    /// Where.
    pub candidate: Candidate,
    /// The share among targets that are not fallbacks; 0 takes none.
    pub weight: u32,
    /// Tried only after the others failed.
    pub fallback: bool,
}

/// In which order the targets that are not fallbacks are tried. Fallbacks follow in the order in which they are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Strategy {
    /// One of them by weight, then the others.
    #[default]
    Weighted,
    /// The cheapest first, by the price book; those without a price last.
    Cheapest,
    /// As they are written.
    Order,
}

/// What clients may ask for, as configured. Immutable: a reload swaps it whole.
#[derive(Default, Clone)]
pub struct Routes {
    /// By the operator's name.
    pub providers: HashMap<String, Arc<Provider>>,
    /// By the alias.
    pub aliases: HashMap<String, Alias>,
    /// What clients may speak.
    pub dialects: Arc<Dialects>,
    /// How calls are routed.
    pub policy: RoutingPolicy,
}

/// What an order may depend on.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The model's name as the client wrote it.
    pub name: &'a str,
    /// When the call came in: prices are those of this time.
    pub at: Timestamp,
    /// The size of the request's body: prices are compared for a call of this size.
    pub body_bytes: usize,
    /// Any number, the same for the same call.
    pub pick: u64,
}

impl Routes {
    /// The candidates for a model's name, and how they are tried.
    pub fn resolve(&self, wanted: &Wanted<'_>, book: &PriceBook) -> (Vec<Candidate>, RoutingPolicy) {
        if let Some(alias) = self.aliases.get(wanted.name) {
            let mut policy = self.policy;
            policy.retry.retries = alias.retries.unwrap_or(policy.retry.retries);
            return (ordered(alias, wanted, book), policy);
        }
        if let Some((provider, model)) = wanted.name.split_once('/')
            && let Some(provider) = self.providers.get(provider).filter(|_| !model.is_empty())
        {
            return (vec![Candidate { provider: provider.clone(), model: model.into() }], self.policy);
        }
        let sells = |provider: &&Arc<Provider>| book.providers_of(wanted.name).any(|seller| *seller == *provider.price_book);
        let mut sellers: Vec<_> = self.providers.values().filter(sells).cloned().collect();
        sellers.sort_by(|a, b| a.name.cmp(&b.name));
        let mut candidates: Vec<_> = sellers.into_iter().map(|provider| Candidate { provider, model: wanted.name.into() }).collect();
        match self.policy.bare_names {
            BareNames::First => candidates.truncate(1),
            BareNames::Cheapest => candidates.sort_by_cached_key(|candidate| price_key(candidate, wanted, book)),
        }
        (candidates, self.policy)
    }

    /// For a call that need not name a model and does not: the first provider, by its name, that speaks the dialect. The
    /// provider chooses the model.
    pub(crate) fn any_for(&self, dialect: &str, model: &ModelName) -> (Vec<Candidate>, RoutingPolicy) {
        let speaks = self.providers.values().filter(|provider| provider.wire(dialect).is_some());
        let first = speaks.min_by(|a, b| a.name.cmp(&b.name));
        (first.map(|provider| Candidate { provider: provider.clone(), model: model.clone() }).into_iter().collect(), self.policy)
    }
}

/// By the alias's strategy, then the fallbacks in their order.
fn ordered(alias: &Alias, wanted: &Wanted<'_>, book: &PriceBook) -> Vec<Candidate> {
    let (fallbacks, mut first): (Vec<_>, Vec<_>) = alias.targets.iter().partition(|target| target.fallback);
    match alias.strategy {
        Strategy::Weighted => by_weight(&mut first, wanted.pick),
        Strategy::Cheapest => first.sort_by_cached_key(|target| price_key(&target.candidate, wanted, book)),
        Strategy::Order => {}
    }
    first.into_iter().chain(fallbacks).map(|target| target.candidate.clone()).collect()
}

/// Brings one of the targets to the front, by weight; the others follow as they are written.
fn by_weight(targets: &mut [&Target], pick: u64) {
    let total: u64 = targets.iter().map(|target| u64::from(target.weight)).sum();
    if total == 0 {
        return;
    }
    let mut left = pick % total;
    let first = targets.iter().position(|target| match left.checked_sub(u64::from(target.weight)) {
        Some(rest) => {
            left = rest;
            false
        }
        None => true,
    });
    targets.rotate_left(first.unwrap_or(0));
}

/// Output tokens of the call for which prices are compared: how many there will be is not known.
const EXPECTED_OUTPUT: u64 = 500;

/// What the call would cost there, at four bytes of request a token: for an order, never for money. Without a price: last.
fn price_key(candidate: &Candidate, wanted: &Wanted<'_>, book: &PriceBook) -> (bool, Decimal) {
    let mut usage = Usage::new();
    let input = wanted.body_bytes.div_ceil(4) as u64;
    // Both meters are new to it and both quantities positive.
    let _ = usage.insert(Meter::INPUT, input.into(), Source::Counted);
    let _ = usage.insert(Meter::OUTPUT, EXPECTED_OUTPUT.into(), Source::Counted);
    let query = PriceQuery { provider: &candidate.provider.price_book, model: candidate.model.as_str(), at: wanted.at, service_tier: None };
    let cost = book.cost(&query, &usage).cost;
    match cost.amount.filter(|_| cost.status != CostStatus::Unpriced) {
        Some(amount) => (false, amount),
        None => (true, Decimal::ZERO),
    }
}

/// Finds the candidates, of those that the key may use and whose adapter speaks the dialect.
pub(crate) async fn route(gateway: &Gateway, call: &Head, caller: &Caller, request: &Request) -> Result<Route, Refusal> {
    let (model, dialect) = (&request.model, call.dialect.as_str());
    if let Some(facts) = call.dialect.resource().filter(|facts| facts.place != Place::Model) {
        return place(gateway, facts, call, caller, request).await.map(|(candidates, policy)| Route { candidates, policy });
    }
    if let Some(allowed) = &caller.key().key.models
        && !allowed.iter().any(|pattern| matches(pattern, model.as_str()))
    {
        return Err(Refusal::model_not_allowed(model.as_str()));
    }
    let wanted = Wanted { name: model.as_str(), at: call.received_at, body_bytes: request.body.len(), pick: call.id.pick() };
    let routes = gateway.routes.load();
    let (found, policy) = if request.unnamed { routes.any_for(dialect, model) } else { routes.resolve(&wanted, &gateway.book.load()) };
    let first = found.first().cloned().ok_or_else(|| Refusal::model_not_found(model.as_str()))?;
    let candidates: Vec<_> = found.into_iter().filter(|candidate| candidate.provider.wire(dialect).is_some()).collect();
    if candidates.is_empty() {
        return Err(Refusal::dialect_not_spoken(dialect, first.provider.name.as_str(), model.as_str()));
    }
    Ok(Route { candidates, policy })
}

/// `*` at the end of a pattern stands for anything.
pub(crate) fn matches(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(prefix) => name.starts_with(prefix),
        None => pattern == name,
    }
}
