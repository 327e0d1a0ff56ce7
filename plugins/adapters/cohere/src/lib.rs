//! Adapter for Cohere's API, both versions of it.
//!
//! Everything passes byte for byte. All endpoints report alike: `billed_units` is what is billed, and the only thing that becomes a
//! quantity (metering rule 7).

mod billed;
mod config;
mod plan;
mod prepare;
#[cfg(test)]
mod tests;

use config::Config;
use weighbridge_plugin::{
    Adapter, PluginError,
    adapter::{ClientRequest, Fact, Plan, UpstreamRequest, UsageReading},
};

/// The adapter.
pub struct Cohere;

impl Adapter for Cohere {
    fn configure(config: &str) -> Result<Self, PluginError> {
        Config::parse(config).map(|_| Self)
    }
    fn plans(&self) -> Vec<Plan> {
        plan::all()
    }
    fn prepare(&self, request: ClientRequest) -> Result<UpstreamRequest, PluginError> {
        prepare::prepare(&request)
    }
    fn read_usage(&self, _dialect: &str, facts: &[Fact]) -> Result<UsageReading, PluginError> {
        Ok(billed::read_usage(facts))
    }
}

weighbridge_plugin::register_adapter!(Cohere);
