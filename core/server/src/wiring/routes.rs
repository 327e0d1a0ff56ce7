//! From the configuration to the routes of the gateway: providers with their adapters, aliases with their targets.

use std::{collections::HashMap, sync::Arc, time::Duration};

use weighbridge_domain::{ModelName, ProviderName, Text};
use weighbridge_gateway::{Candidate, Provider, ProviderSetup, Routes, Target, Timeouts};

use super::Plugins;
use crate::config::{ConfigError, Limits, Loaded, Problem, providers::Resolved};

/// The routes, or every provider that cannot be set up.
pub(super) fn routes(loaded: &Loaded, plugins: &Plugins, resolved: &[Resolved]) -> Result<Routes, ConfigError> {
    let mut providers = HashMap::new();
    let mut problems = Vec::new();
    for one in resolved {
        match provider(loaded, plugins, one) {
            Ok(provider) => {
                providers.insert(one.name.clone(), Arc::new(provider));
            }
            Err(problem) => problems.push(problem),
        }
    }
    if !problems.is_empty() {
        return Err(ConfigError(problems));
    }
    let mut aliases = HashMap::new();
    for model in &loaded.config.models {
        let target = |target: &crate::config::Target| {
            let provider = providers.get(&target.provider)?.clone();
            Some(Target { candidate: Candidate { provider, model: ModelName::from(target.model.as_str()) }, weight: target.weight, fallback: target.fallback })
        };
        aliases.insert(model.name.clone(), model.targets.iter().filter_map(target).collect());
    }
    Ok(Routes { providers, aliases, dialects: Arc::new(plugins.dialects()?) })
}

fn provider(loaded: &Loaded, plugins: &Plugins, resolved: &Resolved) -> Result<Provider, Problem> {
    let problem = |message: String| match resolved.automatic {
        false => loaded.problem(&["providers", &resolved.name], format!("providers.{}", resolved.name), message),
        true => Problem {
            origin: format!("{} (environment)", resolved.key_env.as_deref().unwrap_or_default()),
            key: format!("providers.{}", resolved.name),
            message,
        },
    };
    let adapter = plugins.adapter(&resolved.plugin, &resolved.config).map_err(problem)?;
    Provider::new(ProviderSetup {
        name: ProviderName::from(resolved.name.as_str()),
        adapter,
        base_url: resolved.base_url.clone(),
        credential: resolved.key.clone(),
        price_book: Text::from(resolved.price_book.as_str()),
        timeouts: timeouts(&loaded.config.limits),
    })
    .map_err(|error| problem(error.to_string()))
}

fn timeouts(limits: &Limits) -> Timeouts {
    Timeouts {
        connect: Duration::from_millis(limits.connect_timeout_ms),
        first_byte: Duration::from_millis(limits.first_byte_timeout_ms),
        idle: Duration::from_millis(limits.idle_timeout_ms),
    }
}
