//! Which providers are on: the configured ones, and every adapter whose usual key variable is set.

use std::collections::BTreeMap;

use weighbridge_domain::Secret;
use weighbridge_plugin_api::{Kind, Manifest, ProviderFacts};

use super::{Environment, Loaded, Problem};

/// A provider, ready to be called.
#[derive(Debug, Clone)]
pub struct Resolved {
    /// The operator's name for it.
    pub name: String,
    /// The adapter.
    pub plugin: String,
    /// Without a slash at the end.
    pub base_url: String,
    /// The variable that the key was read from.
    pub key_env: Option<String>,
    /// The key.
    pub key: Option<Secret>,
    /// The region, where it is named.
    pub region: Option<String>,
    /// Its name in the price book.
    pub price_book: String,
    /// Handed to the adapter.
    pub config: BTreeMap<String, toml::Value>,
    /// By its key alone, without an entry in the configuration.
    pub automatic: bool,
}

/// The providers that are on, by name; or every problem.
pub fn resolve(loaded: &Loaded, manifests: &[Manifest], environment: &Environment) -> Result<Vec<Resolved>, Vec<Problem>> {
    let adapters: BTreeMap<&str, &Manifest> = manifests.iter().filter(|m| m.kind == Kind::Adapter).map(|m| (m.name.as_str(), m)).collect();
    let mut found = Vec::new();
    let mut problems = Vec::new();
    for name in loaded.config.providers.keys() {
        match configured(loaded, name, &adapters, environment) {
            Ok(provider) => found.push(provider),
            Err(problem) => problems.push(problem),
        }
    }
    for manifest in adapters.values() {
        if !loaded.config.providers.contains_key(&manifest.name) {
            found.extend(automatic(manifest, environment));
        }
    }
    if problems.is_empty() { Ok(found) } else { Err(problems) }
}

fn configured(loaded: &Loaded, name: &str, adapters: &BTreeMap<&str, &Manifest>, environment: &Environment) -> Result<Resolved, Problem> {
    let entry = &loaded.config.providers[name];
    let problem = |field: &str, message: String| loaded.problem(&["providers", name, field], format!("providers.{name}.{field}"), message);
    if let Err(error) = weighbridge_domain::ids::check_slug(name) {
        return Err(loaded.problem(&["providers", name], format!("providers.{name}"), error.to_string()));
    }
    let manifest = adapters.get(entry.plugin.as_str()).ok_or_else(|| {
        let known = adapters.keys().copied().collect::<Vec<_>>().join(", ");
        problem("plugin", format!("there is no adapter named \"{}\"; there is: {known}", entry.plugin))
    })?;
    let facts = manifest.provider.as_ref();
    let region = region(facts, &entry.config, environment);
    let usual_base_url = facts.and_then(|facts| facts.base_url.as_deref()).and_then(|url| in_region(url, region.as_deref()));
    let base_url = entry.base_url.clone().or_else(|| usual_base_url.clone());
    let base_url = base_url.ok_or_else(|| problem("base_url", format!("missing; the adapter \"{}\" has no usual one, so it has to be given", entry.plugin)))?;
    check_base_url(&base_url).map_err(|message| problem("base_url", message))?;
    // A key is sent only where it was meant to go: the usual variable counts for the usual address.
    let usual_address = entry.base_url.is_none() || entry.base_url == usual_base_url;
    let key_env = match &entry.api_key_env {
        Some(variable) => Some(variable.clone()).filter(|variable| !variable.is_empty()),
        None => facts.and_then(|facts| facts.api_key_env.clone()).filter(|_| usual_address),
    };
    let key = match &key_env {
        None => None,
        Some(variable) => Some(key(facts, variable, environment).ok_or_else(|| {
            problem(
                "api_key_env",
                format!("the environment variable {variable} is not set; set it to the provider's key, or write api_key_env = \"\" if it takes none"),
            )
        })?),
    };
    Ok(Resolved {
        name: name.to_owned(),
        plugin: entry.plugin.clone(),
        base_url: base_url.trim_end_matches('/').to_owned(),
        key_env,
        key,
        region,
        price_book: entry.price_book.clone().unwrap_or_else(|| price_book_of(manifest)),
        config: entry.config.clone(),
        automatic: false,
    })
}

fn automatic(manifest: &Manifest, environment: &Environment) -> Option<Resolved> {
    let facts = manifest.provider.as_ref()?;
    let key_env = facts.api_key_env.clone()?;
    let key = key(Some(facts), &key_env, environment)?;
    let region = region(Some(facts), &BTreeMap::new(), environment);
    let base_url = in_region(facts.base_url.as_ref()?, region.as_deref())?.trim_end_matches('/').to_owned();
    let price_book = price_book_of(manifest);
    Some(Resolved {
        name: manifest.name.clone(),
        plugin: manifest.name.clone(),
        base_url,
        key_env: Some(key_env),
        key: Some(key),
        region,
        price_book,
        config: BTreeMap::new(),
        automatic: true,
    })
}

/// The key in a variable. Where the adapter's usual variable has others beside it (an id, a secret, a session), they are one key,
/// joined by colons.
fn key(facts: Option<&ProviderFacts>, variable: &str, environment: &Environment) -> Option<Secret> {
    let first = environment.secret(variable)?;
    let more = facts.filter(|facts| facts.api_key_env.as_deref() == Some(variable)).map_or(&[][..], |facts| &facts.api_key_more_env);
    let rest: Vec<_> = more.iter().map_while(|variable| environment.secret(variable)).collect();
    let complete = rest.len() + 1 >= more.len();
    complete.then(|| rest.iter().fold(first, |key, part| Secret::new(format!("{}:{}", key.expose(), part.expose()))))
}

/// `config.region`, or the adapter's usual variable.
fn region(facts: Option<&ProviderFacts>, config: &BTreeMap<String, toml::Value>, environment: &Environment) -> Option<String> {
    let configured = config.get("region").and_then(toml::Value::as_str).map(str::to_owned);
    let usual = || environment.get(facts?.region_env.as_deref()?).map(str::to_owned);
    configured.or_else(usual)
}

/// An address with its region; none, where it has to be named and is not.
fn in_region(base_url: &str, region: Option<&str>) -> Option<String> {
    match (base_url.contains("{region}"), region) {
        (false, _) => Some(base_url.to_owned()),
        (true, region) => Some(base_url.replace("{region}", region?)),
    }
}

fn price_book_of(manifest: &Manifest) -> String {
    manifest.provider.as_ref().and_then(|facts| facts.price_book.clone()).unwrap_or_else(|| manifest.name.clone())
}

fn check_base_url(url: &str) -> Result<(), String> {
    let expected = || format!("found {url:?}, expected an address such as \"https://api.example.com/v1\"");
    let uri: http::Uri = url.parse().map_err(|_| expected())?;
    let scheme_is_fine = matches!(uri.scheme_str(), Some("http" | "https"));
    if scheme_is_fine && uri.host().is_some() && uri.query().is_none() { Ok(()) } else { Err(expected()) }
}
