//! Route: from the model that a client names to the candidates that may serve it, in their order.
//!
//! An alias of the configuration, `provider/model`, or a bare name that the price book knows of a configured provider.

use std::{collections::HashMap, sync::Arc};

use weighbridge_domain::ModelName;
use weighbridge_pricing::PriceBook;

use crate::{authenticate::Caller, call::Request, dialect::Dialects, gateway::Gateway, refusal::Refusal, upstream::Provider};

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
}

impl Route {
    /// In the order in which they are tried.
    pub fn candidates(&self) -> &[Candidate] {
        &self.candidates
    }
    /// Whether there is none to try after this one.
    pub(crate) fn is_last(&self, candidate: &Candidate) -> bool {
        self.candidates.last().is_some_and(|last| std::ptr::eq(last, candidate))
    }
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

/// What clients may ask for, as configured. Immutable: a reload swaps it whole.
#[derive(Default, Clone)]
pub struct Routes {
    /// By the operator's name.
    pub providers: HashMap<String, Arc<Provider>>,
    /// By the alias.
    pub aliases: HashMap<String, Vec<Target>>,
    /// What clients may speak.
    pub dialects: Arc<Dialects>,
}

impl Routes {
    /// The candidates for a model's name; `pick` is any number, the same for the same call.
    pub fn resolve(&self, name: &str, book: &PriceBook, pick: u64) -> Vec<Candidate> {
        if let Some(targets) = self.aliases.get(name) {
            return ordered(targets, pick);
        }
        if let Some((provider, model)) = name.split_once('/')
            && let Some(provider) = self.providers.get(provider)
        {
            return vec![Candidate { provider: provider.clone(), model: model.into() }];
        }
        let sells = |provider: &&Arc<Provider>| book.providers_of(name).any(|seller| *seller == *provider.price_book);
        let mut sellers: Vec<_> = self.providers.values().filter(sells).cloned().collect();
        sellers.sort_by(|a, b| a.name.cmp(&b.name));
        sellers.into_iter().map(|provider| Candidate { provider, model: name.into() }).take(1).collect()
    }
}

impl Routes {
    /// For a call that need not name a model and does not: the first provider, by its name, that speaks the dialect. The
    /// provider chooses the model.
    pub(crate) fn any_for(&self, dialect: &str, model: &ModelName) -> Vec<Candidate> {
        let speaks = self.providers.values().filter(|provider| provider.wire(dialect).is_some());
        let first = speaks.min_by(|a, b| a.name.cmp(&b.name));
        first.map(|provider| Candidate { provider: provider.clone(), model: model.clone() }).into_iter().collect()
    }
}

/// One of the weighted targets first, then the other weighted ones, then the fallbacks in their order.
fn ordered(targets: &[Target], pick: u64) -> Vec<Candidate> {
    let (fallbacks, mut weighted): (Vec<_>, Vec<_>) = targets.iter().partition(|target| target.fallback);
    let total: u64 = weighted.iter().map(|target| u64::from(target.weight)).sum();
    if total > 0 {
        let mut left = pick % total;
        let first = weighted.iter().position(|target| match left.checked_sub(u64::from(target.weight)) {
            Some(rest) => {
                left = rest;
                false
            }
            None => true,
        });
        weighted.rotate_left(first.unwrap_or(0));
    }
    weighted.into_iter().chain(fallbacks).map(|target| target.candidate.clone()).collect()
}

/// Finds the candidates, of those that the key may use and whose adapter speaks the dialect.
pub(crate) fn route(gateway: &Gateway, caller: &Caller, request: &Request, dialect: &str, pick: u64) -> Result<Route, Refusal> {
    let model = &request.model;
    if let Some(allowed) = &caller.key().key.models
        && !allowed.iter().any(|pattern| matches(pattern, model.as_str()))
    {
        return Err(Refusal::model_not_allowed(model.as_str()));
    }
    let routes = gateway.routes.load();
    let found = if request.unnamed { routes.any_for(dialect, model) } else { routes.resolve(model.as_str(), &gateway.book.load(), pick) };
    let first = found.first().cloned().ok_or_else(|| Refusal::model_not_found(model.as_str()))?;
    let candidates: Vec<_> = found.into_iter().filter(|candidate| candidate.provider.wire(dialect).is_some()).collect();
    if candidates.is_empty() {
        return Err(Refusal::dialect_not_spoken(dialect, first.provider.name.as_str(), model.as_str()));
    }
    Ok(Route { candidates })
}

/// `*` at the end of a pattern stands for anything.
pub(crate) fn matches(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(prefix) => name.starts_with(prefix),
        None => pattern == name,
    }
}
