//! The gateway that recorded answers go through: each of their providers, with its own plugin.

use std::collections::BTreeSet;

use super::Case;
use crate::{Config, ReplayUpstream, binary};

/// A provider for each of the recorded ones, with the plugin of its name or, where it needs none, the one whose wire it speaks.
/// Its route at the upstream has its name.
pub fn config(upstream: &ReplayUpstream, cases: &[Case]) -> Config {
    let providers: BTreeSet<String> = cases.iter().map(Case::route).collect();
    let config = Config::new().toml("[routing]\nretries = 0\ncircuit_failures = 1000000\ncircuit_percent = 100");
    providers.into_iter().fold(config, |config, provider| {
        let plugin = plugin(&provider);
        let further = if plugin == "vertex" { format!("[providers.{provider}.config]\nproject = \"p\"") } else { String::new() };
        config.provider_with(&provider, plugin, &upstream.base_url(&provider), &further)
    })
}

fn plugin(provider: &str) -> &str {
    let own = binary::project().join("plugins/adapters").join(provider).join("plugin.toml");
    match provider {
        "google" | "local-gemini" => "gemini",
        "local-anthropic" => "anthropic",
        _ if own.exists() => provider,
        _ => "openai",
    }
}
