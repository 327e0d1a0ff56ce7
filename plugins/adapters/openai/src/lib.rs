//! Adapter for OpenAI's wire: the component of `openai` and, with other settings, of every provider that speaks it.
//!
//! Same-dialect bodies and events pass byte for byte; the guest edits the model's name, asks for usage in streams, and turns the
//! facts that the host found into disjoint quantities. Clients of other dialects are translated to chat completions
//! (`translate`). What differs between providers is data (`config`).

mod chat;
mod completions;
mod config;
mod embeddings;
mod from_gemini;
mod from_messages;
mod from_responses;
mod plan;
mod prepare;
mod responses;
#[cfg(test)]
mod tests;
mod tokens;
mod translate;

use config::{Config, Dialect};
use translate::Translated;
use weighbridge_plugin::{
    Adapter, PluginError,
    adapter::{ClientRequest, ClientResponse, Event, Fact, Plan, StreamEnd, StreamStep, UpstreamRequest, UpstreamResponse, UsageReading},
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
        let translated = self.config.translated().map(|dialect| dialect.plan(&self.config));
        self.config.dialects.iter().map(plan).chain(translated).collect()
    }
    fn prepare(&self, request: ClientRequest) -> Result<UpstreamRequest, PluginError> {
        match Translated::of(&self.config, &request.dialect) {
            Some(dialect) => dialect.prepare(&self.config, &request),
            None => prepare::prepare(&self.config, &request),
        }
    }
    fn read_usage(&self, dialect: &str, facts: &[Fact]) -> Result<UsageReading, PluginError> {
        // What is translated is metered as the chat completion that it is upstream (metering rule 3).
        if Translated::of(&self.config, dialect).is_some() {
            return Ok(tokens::read_usage(&self.config, facts));
        }
        Ok(match Dialect::parse(dialect)? {
            Dialect::Responses => responses::read_usage(&self.config, facts),
            _ => tokens::read_usage(&self.config, facts),
        })
    }
    fn read_response(&self, state: &[u8], response: UpstreamResponse) -> Result<ClientResponse, PluginError> {
        translate::read_response(&self.config, state, &response)
    }
    fn on_events(&self, state: &[u8], events: &[Event]) -> Result<StreamStep, PluginError> {
        translate::on_events(&self.config, state, events)
    }
    fn on_end(&self, state: &[u8], end: StreamEnd) -> Result<Vec<Event>, PluginError> {
        translate::on_end(&self.config, state, end)
    }
}

weighbridge_plugin::register_adapter!(OpenAi);
