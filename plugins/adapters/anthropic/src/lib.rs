//! Adapter for Anthropic's Messages API.
//!
//! Four dialects: `anthropic.messages` passes byte for byte, as only its usage is read, and so do `anthropic.count_tokens` and
//! `anthropic.batches`; `openai.chat` is translated, the request
//! on its way out (`chat::request`), the answer, its events and its errors on their way back. Usage is always read from
//! Anthropic's own object, before any translation (metering rule 3). The component registers this adapter as it is; that of a
//! cloud that serves the same models has other paths and credentials around it.

mod chat;
mod config;
pub mod plan;
mod prepare;
#[cfg(test)]
mod tests;
mod usage;

use config::Config;
use weighbridge_plugin::{
    Adapter, PluginError,
    adapter::{ClientRequest, ClientResponse, Event, Fact, Plan, StreamEnd, StreamStep, UpstreamRequest, UpstreamResponse, UsageReading},
};

/// The adapter.
pub struct Anthropic {
    config: Config,
}

impl Adapter for Anthropic {
    fn configure(config: &str) -> Result<Self, PluginError> {
        Ok(Self { config: Config::parse(config)? })
    }
    fn plans(&self) -> Vec<Plan> {
        vec![plan::messages(), plan::count_tokens(), plan::batches(), plan::chat()]
    }
    fn prepare(&self, request: ClientRequest) -> Result<UpstreamRequest, PluginError> {
        match request.dialect.as_str() {
            plan::MESSAGES => Ok(prepare::passed(&self.config.path, &self.config, &request)),
            plan::COUNT_TOKENS => Ok(prepare::passed(&format!("{}/count_tokens", self.config.path), &self.config, &request)),
            plan::BATCHES => Ok(prepare::batch(&format!("{}/batches", self.config.path), &self.config, &request)),
            plan::CHAT => chat::request::translate(&self.config, &request),
            other => Err(PluginError::internal(format!("the dialect \"{other}\" is not spoken here"))),
        }
    }
    fn read_usage(&self, _dialect: &str, facts: &[Fact]) -> Result<UsageReading, PluginError> {
        Ok(usage::read_usage(facts))
    }
    fn read_response(&self, _state: &[u8], response: UpstreamResponse) -> Result<ClientResponse, PluginError> {
        Ok(chat::answer::translate(response.status, response.body.as_deref().unwrap_or_default()))
    }
    fn on_events(&self, state: &[u8], events: &[Event]) -> Result<StreamStep, PluginError> {
        chat::stream::translate(state, events)
    }
    fn on_end(&self, state: &[u8], end: StreamEnd) -> Result<Vec<Event>, PluginError> {
        chat::stream::end(state, end)
    }
}
