//! Adapter for Ollama: its own API, and OpenAI's and Anthropic's as it serves them.
//!
//! Everything passes byte for byte. `native` has Ollama's own wire, `compatible` the borrowed ones; which model and how many tokens
//! is read alike.

mod compatible;
mod config;
mod native;
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
pub struct Ollama {
    config: Config,
}

impl Adapter for Ollama {
    fn configure(config: &str) -> Result<Self, PluginError> {
        Ok(Self { config: Config::parse(config)? })
    }
    fn plans(&self) -> Vec<Plan> {
        let plans = [
            native::chat(),
            native::generate(),
            native::embed(),
            compatible::chat(),
            compatible::completions(),
            compatible::embeddings(),
            compatible::messages(),
        ];
        plans.into_iter().map(|plan| Plan { auth: self.config.auth(), ..plan }).collect()
    }
    fn prepare(&self, request: ClientRequest) -> Result<UpstreamRequest, PluginError> {
        prepare::prepare(&request)
    }
    fn read_usage(&self, dialect: &str, facts: &[Fact]) -> Result<UsageReading, PluginError> {
        Ok(tokens::read_usage(dialect, facts))
    }
}

weighbridge_plugin::register_adapter!(Ollama);
