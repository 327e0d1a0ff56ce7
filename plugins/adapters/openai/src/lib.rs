//! Adapter for OpenAI's wire: the component of `openai` and, with other settings, of every provider that speaks it.
//!
//! Same-dialect traffic only: bodies and events pass byte for byte; the guest edits the model's name, asks for usage in streams,
//! and turns the facts that the host found into disjoint quantities. What differs between providers is data (`config`).

mod chat;
mod completions;
mod config;
mod dialect;
mod embeddings;
mod free;
mod images;
mod plain;
mod plan;
mod pointers;
mod prepare;
mod reading;
mod rerank;
mod responses;
mod speech;
mod spoken;
#[cfg(test)]
mod tests;
mod tokens;
mod transcriptions;

use config::{Config, Dialect};
use spoken::Spoken;
use weighbridge_plugin::{
    Adapter, PluginError,
    adapter::{ClientRequest, Fact, Plan, UpstreamRequest, UsageReading},
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
        self.spoken.iter().map(|spoken| spoken.plan(&self.config)).collect()
    }
    fn prepare(&self, request: ClientRequest) -> Result<UpstreamRequest, PluginError> {
        prepare::prepare(&self.config, spoken::find(&self.spoken, &request.dialect)?, &request)
    }
    fn read_usage(&self, dialect: &str, facts: &[Fact]) -> Result<UsageReading, PluginError> {
        let spoken = spoken::find(&self.spoken, dialect)?;
        Ok(match spoken.shape {
            Dialect::Chat | Dialect::Completions | Dialect::Embeddings => tokens::read_usage(&self.config, facts),
            Dialect::Responses => responses::read_usage(&self.config, facts),
            Dialect::Images | Dialect::ImageEdits => images::read_usage(&self.config, facts),
            Dialect::Transcriptions | Dialect::Translations => transcriptions::read_usage(&self.config, facts),
            Dialect::Speech => speech::read_usage(&self.config, facts),
            Dialect::Moderations | Dialect::InputTokens => UsageReading::default(),
            Dialect::Rerank => rerank::read_usage(&self.config, facts),
            Dialect::Plain => plain::read_usage(&self.config, &spoken.meters, facts),
        })
    }
}

weighbridge_plugin::register_adapter!(OpenAi);
