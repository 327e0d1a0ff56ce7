//! Adapter for Amazon Bedrock's runtime.
//!
//! Three dialects, all byte for byte: `bedrock.converse` has one shape for all models, `bedrock.invoke` has each family's own
//! (`families`), `bedrock.count_tokens` is free. Streams are AWS event streams.

mod config;
mod converse;
mod families;
mod invoke;
mod plan;
mod prepare;
#[cfg(test)]
mod tests;
mod tokens;

use config::Config;
use weighbridge_plugin::{
    Adapter, PluginError,
    adapter::{ClientRequest, Fact, Plan, UpstreamRequest, UsageReading},
};

/// The adapter.
pub struct Bedrock {
    config: Config,
}

impl Adapter for Bedrock {
    fn configure(config: &str) -> Result<Self, PluginError> {
        Ok(Self { config: Config::parse(config)? })
    }
    fn plans(&self) -> Vec<Plan> {
        let plans = [converse::plan(), families::plan(), plan::count_tokens()];
        plans.into_iter().map(|plan| Plan { auth: self.config.auth(), ..plan }).collect()
    }
    fn prepare(&self, request: ClientRequest) -> Result<UpstreamRequest, PluginError> {
        prepare::prepare(&request)
    }
    fn read_usage(&self, dialect: &str, facts: &[Fact]) -> Result<UsageReading, PluginError> {
        Ok(match dialect {
            plan::CONVERSE => converse::read_usage(facts),
            plan::INVOKE => invoke::read_usage(facts),
            _ => UsageReading::default(),
        })
    }
}

weighbridge_plugin::register_adapter!(Bedrock);
