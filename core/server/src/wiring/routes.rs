//! From the configuration to the routes of the gateway: providers with their adapters, aliases with their targets.

use std::{collections::HashMap, sync::Arc, time::Duration};

use weighbridge_domain::{ModelName, ProviderName, Text};
use weighbridge_gateway::{
    Alias, BareNames, Candidate, CircuitPolicy, Health, Provider, ProviderSetup, RetryPolicy, Routes, RoutingPolicy, Strategy, Target, Timeouts,
};

use super::Plugins;
use crate::config::{self, ConfigError, Limits, Loaded, Problem, Routing, providers::Resolved};

/// The routes, or every provider that cannot be set up. What `before` knows of a provider's health is kept.
pub(super) fn routes(loaded: &Loaded, plugins: &Plugins, resolved: &[Resolved], before: &Routes) -> Result<Routes, ConfigError> {
    let mut providers = HashMap::new();
    let mut problems = Vec::new();
    for one in resolved {
        let health = before.providers.get(&one.name).filter(|provider| provider.is_at(&one.base_url)).map(|provider| provider.health.clone());
        match provider(loaded, plugins, one, health.unwrap_or_default()) {
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
        let strategy = match model.strategy {
            config::Strategy::Weighted => Strategy::Weighted,
            config::Strategy::Cheapest => Strategy::Cheapest,
            config::Strategy::Order => Strategy::Order,
        };
        aliases.insert(model.name.clone(), Alias { targets: model.targets.iter().filter_map(target).collect(), strategy, retries: model.retries });
    }
    let dialects = Arc::new(plugins.dialects()?);
    Ok(Routes { providers, aliases, dialects, policy: policy(&loaded.config.routing) })
}

fn provider(loaded: &Loaded, plugins: &Plugins, resolved: &Resolved, health: Arc<Health>) -> Result<Provider, Problem> {
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
        region: resolved.region.clone(),
        price_book: Text::from(resolved.price_book.as_str()),
        timeouts: timeouts(&loaded.config.limits),
        health,
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

fn policy(routing: &Routing) -> RoutingPolicy {
    let window = Duration::from_millis(routing.window_ms);
    RoutingPolicy {
        retry: RetryPolicy {
            retries: routing.retries,
            back_off: Duration::from_millis(routing.back_off_ms),
            longest_back_off: Duration::from_millis(routing.longest_back_off_ms),
            give_up_after: Duration::from_millis(routing.give_up_after_ms),
            retry_sent: routing.retry_sent,
            budget_percent: routing.retry_budget_percent,
            budget_floor: routing.retry_budget_floor,
            window,
        },
        circuit: CircuitPolicy {
            failures: routing.circuit_failures,
            share_percent: routing.circuit_percent,
            window,
            open: Duration::from_millis(routing.circuit_open_ms),
            longest_open: Duration::from_millis(routing.circuit_longest_open_ms),
        },
        bare_names: match routing.bare_names {
            config::BareNames::First => BareNames::First,
            config::BareNames::Cheapest => BareNames::Cheapest,
        },
    }
}
