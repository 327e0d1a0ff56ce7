//! Adapter for Google's cloud, which serves the models of several makers, each in its maker's wire.
//!
//! The two wires are those of the adapters `gemini` and `anthropic`: their plans, their metering and their translations. What is
//! this cloud's own is here: paths with a project and a location, a credential, and where the model and the version stand.
//! OpenAI's chat completions are translated to the wire of the model's maker; a stream's state begins with a byte for it.

mod claude;
mod config;
mod place;
mod plan;
mod predict;
#[cfg(test)]
mod tests;

use anthropic_wire::Anthropic;
use config::Config;
use gemini_wire::{Gemini, prepare};
use place::Publisher;
use weighbridge_plugin::{
    Adapter, PluginError,
    adapter::{ClientRequest, ClientResponse, Event, Fact, Plan, StreamEnd, StreamStep, UpstreamRequest, UpstreamResponse, UsageReading},
};

/// The adapter.
pub struct Vertex {
    config: Config,
    gemini: Gemini,
    anthropic: Anthropic,
}

/// The byte that a state of Google's wire begins with.
const GOOGLE: u8 = b'g';
/// The byte that a state of Anthropic's wire begins with.
const ANTHROPIC: u8 = b'a';

impl Adapter for Vertex {
    fn configure(config: &str) -> Result<Self, PluginError> {
        let config = Config::parse(config)?;
        let (gemini, anthropic) = (Gemini::configure(&config.gemini.to_string())?, Anthropic::configure(&config.anthropic.to_string())?);
        Ok(Self { config, gemini, anthropic })
    }
    fn plans(&self) -> Vec<Plan> {
        plan::plans(&self.config.auth())
    }
    fn prepare(&self, request: ClientRequest) -> Result<UpstreamRequest, PluginError> {
        let all_fields = prepare::unmasked(&request);
        let mut upstream = match request.dialect.as_str() {
            plan::MESSAGES => claude::messages(&self.config, &request),
            plan::RAW_PREDICT => claude::raw_predict(&self.config, &request),
            plan::COUNT_MESSAGES => claude::count(&self.config, &request),
            plan::CHAT => self.chat(request),
            _ => self.google(&request),
        }?;
        upstream.headers.retain(|header| header.name != prepare::FIELD_MASK);
        upstream.headers.extend(all_fields);
        Ok(upstream)
    }
    fn read_usage(&self, dialect: &str, facts: &[Fact]) -> Result<UsageReading, PluginError> {
        let is_google = |fact: &Fact| ["prompt", "model_version", "usage_metadata"].contains(&fact.name.as_str());
        let mut reading = match dialect {
            plan::PREDICT => predict::read(facts),
            plan::MESSAGES | plan::RAW_PREDICT => self.anthropic.read_usage(plan::MESSAGES, facts)?,
            plan::CHAT if !facts.iter().any(is_google) => self.anthropic.read_usage(plan::CHAT, facts)?,
            other => self.gemini.read_usage(known(other), facts)?,
        };
        // Prices may differ by location (metering rule 19).
        reading.dimensions.push(("geography".into(), self.config.location.clone()));
        Ok(reading)
    }
    fn read_response(&self, state: &[u8], response: UpstreamResponse) -> Result<ClientResponse, PluginError> {
        match split(state)? {
            (ANTHROPIC, state) => self.anthropic.read_response(state, response),
            (_, state) => self.gemini.read_response(state, response),
        }
    }
    fn on_events(&self, state: &[u8], events: &[Event]) -> Result<StreamStep, PluginError> {
        let (wire, state) = split(state)?;
        let mut step = if wire == ANTHROPIC { self.anthropic.on_events(state, events) } else { self.gemini.on_events(state, events) }?;
        step.state.insert(0, wire);
        Ok(step)
    }
    fn on_end(&self, state: &[u8], end: StreamEnd) -> Result<Vec<Event>, PluginError> {
        match split(state)? {
            (ANTHROPIC, state) => self.anthropic.on_end(state, end),
            (_, state) => self.gemini.on_end(state, end),
        }
    }
}

impl Vertex {
    /// Google's own dialects, under either of their names.
    fn google(&self, request: &ClientRequest) -> Result<UpstreamRequest, PluginError> {
        prepare::must_be_readable(&request.query)?;
        let place = place::place_of(&self.config, Publisher::Google, request)?;
        match known(&request.dialect) {
            gemini_wire::plan::GENERATE => Ok(prepare::generate(request, &place)),
            gemini_wire::plan::COUNT => Ok(prepare::count(request, &place)),
            gemini_wire::plan::EMBED => Ok(prepare::embed(request, &place)),
            plan::PREDICT => Ok(predict::prepare(request, &place)),
            other => Err(PluginError::internal(format!("the dialect \"{other}\" is not spoken here"))),
        }
    }
    /// OpenAI's chat completions in the wire of the model's maker.
    fn chat(&self, request: ClientRequest) -> Result<UpstreamRequest, PluginError> {
        let (publisher, name) = Publisher::of(&request.upstream_model)?;
        let (name, streamed) = (name.to_owned(), request.streamed);
        let request = ClientRequest { upstream_model: name.clone(), ..request };
        let (wire, mut upstream) = match publisher {
            Publisher::Google => {
                let place = place::place(&self.config, publisher, &name)?;
                (GOOGLE, gemini_wire::chat::request::translate(&self.gemini.config, &request, &place)?)
            }
            Publisher::Anthropic => (ANTHROPIC, claude::translated(&self.config, streamed, &name, self.anthropic.prepare(request)?)?),
        };
        upstream.state.insert(0, wire);
        Ok(upstream)
    }
}

/// Google's own name of a dialect.
fn known(dialect: &str) -> &str {
    plan::GOOGLE.iter().find(|(own, _)| *own == dialect).map_or(dialect, |(_, known)| known)
}

/// Whose state it is.
fn split(state: &[u8]) -> Result<(u8, &[u8]), PluginError> {
    state.split_first().map(|(wire, state)| (*wire, state)).ok_or_else(|| PluginError::internal("an answer has no state: it cannot be told whose it is"))
}

weighbridge_plugin::register_adapter!(Vertex);
