//! Adapter for OpenAI's wire: the component of `openai` and, with other settings, of every provider that speaks it.
//!
//! Same-dialect bodies and events pass byte for byte; the guest edits the model's name, asks for usage in streams, and turns the
//! facts that the host found into disjoint quantities. Clients of other dialects are translated to chat completions
//! (`translate`). What differs between providers is data (`config`).

mod chat;
mod completions;
mod config;
mod dialect;
mod embeddings;
mod free;
mod from_gemini;
mod from_messages;
mod from_responses;
mod images;
mod plain;
mod plan;
mod pointers;
mod prepare;
mod reading;
mod realtime;
mod rerank;
mod responses;
mod speech;
mod spoken;
#[cfg(test)]
mod tests;
mod tokens;
mod transcriptions;
mod translate;
mod videos;

use config::{Config, Dialect};
use spoken::Spoken;
use translate::Translated;
use weighbridge_plugin::{
    Adapter, PluginError,
    adapter::{ClientRequest, ClientResponse, Event, Fact, Plan, StreamEnd, StreamStep, UpstreamRequest, UpstreamResponse, UsageReading},
};

/// The adapter.
pub struct OpenAi {
    config: Config,
    spoken: Vec<Spoken>,
}

impl Adapter for OpenAi {
    fn configure(config: &str) -> Result<Self, PluginError> {
        let config = Config::parse(config)?;
        let spoken = spoken::all(&config);
        Ok(Self { config, spoken })
    }
    fn plans(&self) -> Vec<Plan> {
        let translated = self.config.translated().map(|dialect| dialect.plan(&self.config));
        self.spoken.iter().map(|spoken| spoken.plan(&self.config)).chain(translated).collect()
    }
    fn prepare(&self, request: ClientRequest) -> Result<UpstreamRequest, PluginError> {
        match Translated::of(&self.config, &request.dialect) {
            Some(dialect) => dialect.prepare(&self.config, &request),
            None => prepare::prepare(&self.config, spoken::find(&self.spoken, &request.dialect)?, &request),
        }
    }
    fn read_usage(&self, dialect: &str, facts: &[Fact]) -> Result<UsageReading, PluginError> {
        // What is translated is metered as the chat completion that it is upstream (metering rule 3).
        if Translated::of(&self.config, dialect).is_some() {
            return Ok(tokens::read_usage(&self.config, facts));
        }
        let spoken = spoken::find(&self.spoken, dialect)?;
        Ok(match spoken.shape {
            Dialect::Chat | Dialect::Completions | Dialect::Embeddings => tokens::read_usage(&self.config, facts),
            Dialect::Responses => responses::read_usage(&self.config, facts),
            Dialect::Images | Dialect::ImageEdits => images::read_usage(&self.config, facts),
            Dialect::Transcriptions | Dialect::Translations => transcriptions::read_usage(&self.config, facts),
            Dialect::Speech => speech::read_usage(&self.config, facts),
            Dialect::Moderations | Dialect::InputTokens | Dialect::Files | Dialect::Batches => UsageReading::default(),
            Dialect::Videos => videos::read_usage(&self.config, facts),
            Dialect::Realtime => realtime::read_usage(&self.config, facts),
            Dialect::Rerank => rerank::read_usage(&self.config, facts),
            Dialect::Plain => plain::read_usage(&self.config, &spoken.meters, facts),
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
