//! Adapter for OpenAI's wire: the component of `openai` and, with other settings, of every provider that speaks it.
//!
//! Same-dialect traffic only: bodies and events pass byte for byte; the guest edits the model's name, asks for usage in streams,
//! and turns the facts that the host found into disjoint quantities. What differs between providers is data (`config`).

mod chat;
mod completions;
mod config;
mod embeddings;
mod plan;
mod prepare;
mod responses;
#[cfg(test)]
mod tests;
mod tokens;

use config::{Config, Dialect};
use weighbridge_plugin::{
    Adapter, PluginError,
    adapter::{ClientRequest, Fact, Plan, UpstreamRequest, UsageReading},
};

/// The adapter.
pub struct OpenAi {
    config: Config,
}

impl Adapter for OpenAi {
    fn configure(config: &str) -> Result<Self, PluginError> {
        Ok(Self { config: Config::parse(config)? })
    }
    fn plans(&self) -> Vec<Plan> {
        let plan = |dialect: &Dialect| match dialect {
            Dialect::Chat => chat::plan(&self.config),
            Dialect::Responses => responses::plan(&self.config),
            Dialect::Embeddings => embeddings::plan(&self.config),
            Dialect::Completions => completions::plan(&self.config),
        };
        self.config.dialects.iter().map(plan).collect()
    }
    fn prepare(&self, request: ClientRequest) -> Result<UpstreamRequest, PluginError> {
        prepare::prepare(&self.config, &request)
    }
    fn read_usage(&self, dialect: &str, facts: &[Fact]) -> Result<UsageReading, PluginError> {
        Ok(match Dialect::parse(dialect)? {
            Dialect::Responses => responses::read_usage(&self.config, facts),
            _ => tokens::read_usage(&self.config, facts),
        })
    }
}

weighbridge_plugin::register_adapter!(OpenAi);
