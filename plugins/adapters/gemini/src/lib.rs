//! Google's wire: generateContent, its relatives, and OpenAI's chat completions translated to it.
//!
//! Google's own dialects pass byte for byte, as only their usage is read; `openai.chat` is translated, the request on its way
//! out (`chat::request`), the answer, its events and its errors on their way back. Usage is always read from Google's own
//! object, before any translation (metering rule 3). The component of the Gemini API registers this adapter as it is; that of
//! Google's cloud has other paths and credentials around it.

pub mod chat;
pub mod config;
pub mod plan;
pub mod prepare;
#[cfg(test)]
mod tests;
pub mod usage;

use config::Config;
use weighbridge_plugin::{
    Adapter, PluginError,
    adapter::{ClientRequest, ClientResponse, Event, Fact, Plan, StreamEnd, StreamStep, UpstreamRequest, UpstreamResponse, UsageReading},
};

/// The adapter.
pub struct Gemini {
    /// Its settings.
    pub config: Config,
}

impl Adapter for Gemini {
    fn configure(config: &str) -> Result<Self, PluginError> {
        Ok(Self { config: Config::parse(config)? })
    }
    fn plans(&self) -> Vec<Plan> {
        vec![plan::generate(), plan::count(), plan::embed(), plan::batch_embed(), plan::interactions(), plan::caches(), plan::chat()]
    }
    fn prepare(&self, request: ClientRequest) -> Result<UpstreamRequest, PluginError> {
        if request.dialect != plan::CHAT {
            prepare::must_be_readable(&request.query)?;
        }
        let place = prepare::place(&self.config, &request);
        match request.dialect.as_str() {
            plan::GENERATE => Ok(prepare::generate(&request, &place)),
            plan::COUNT => Ok(prepare::count(&request, &place)),
            plan::EMBED => Ok(prepare::embed(&request, &place)),
            plan::BATCH_EMBED => prepare::batch_embed(&request, &place),
            plan::INTERACTIONS => prepare::interactions(&self.config, &request),
            plan::CACHES => Ok(prepare::cached_contents(&self.config, &request, &place)),
            plan::CHAT => chat::request::translate(&self.config, &request, &place),
            other => Err(PluginError::internal(format!("the dialect \"{other}\" is not spoken here"))),
        }
    }
    fn read_usage(&self, dialect: &str, facts: &[Fact]) -> Result<UsageReading, PluginError> {
        Ok(match dialect {
            plan::INTERACTIONS => usage::interactions::read(facts),
            _ => usage::read(&self.config, !matches!(dialect, plan::EMBED | plan::BATCH_EMBED), facts),
        })
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
