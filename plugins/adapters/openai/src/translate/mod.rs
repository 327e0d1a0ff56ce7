//! Clients that speak another dialect than the provider: their requests become chat completions, and the answers become theirs.
//!
//! This module has what the three translations (`from_messages`, `from_responses`, `from_gemini`) have in common: reading the
//! client's parameters one by one, the chat request as it is written, the chat answer as it is read, and the usage, which is
//! reckoned by the same rules as it is metered. What has no counterpart is refused by name, never dropped in silence.

pub mod answer;
pub mod calls;
pub mod config;
pub mod events;
pub mod message;
pub mod open;
pub mod params;
pub mod pieces;
pub mod plan;
pub mod said;
pub mod sent;
pub mod tally;
pub mod wire;

use serde::{Deserialize, Serialize};
use weighbridge_plugin::{
    PluginError,
    adapter::{ClientRequest, ClientResponse, Event, Plan, StreamEnd, StreamStep, UpstreamRequest, UpstreamResponse},
};

use crate::{config::Config, from_gemini, from_messages, from_responses};

/// A dialect that is translated to chat completions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
pub enum Translated {
    /// Anthropic's messages.
    #[serde(rename = "anthropic.messages")]
    Messages,
    /// Responses, for a provider that has chat completions only.
    #[serde(rename = "openai.responses")]
    Responses,
    /// Gemini's generateContent and streamGenerateContent.
    #[serde(rename = "gemini.generate_content")]
    Gemini,
}

impl Translated {
    /// By its name, where this provider translates it.
    pub fn of(config: &Config, name: &str) -> Option<Self> {
        config.translated().find(|dialect| dialect.as_str() == name)
    }
    /// Its name in a plan.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Messages => "anthropic.messages",
            Self::Responses => "openai.responses",
            Self::Gemini => "gemini.generate_content",
        }
    }
    /// What the host reads and pumps.
    pub fn plan(self, config: &Config) -> Plan {
        plan::translated(
            config,
            self,
            match self {
                Self::Messages => &from_messages::PROMPT_TEXT,
                Self::Responses => &from_responses::PROMPT_TEXT,
                Self::Gemini => &from_gemini::PROMPT_TEXT,
            },
        )
    }
    /// What goes upstream.
    pub fn prepare(self, config: &Config, request: &ClientRequest) -> Result<UpstreamRequest, PluginError> {
        match self {
            Self::Messages => from_messages::request::translate(config, request),
            Self::Responses => from_responses::request::translate(config, request),
            Self::Gemini => from_gemini::request::translate(config, request),
        }
    }
    /// The dialect and the rest of a state: the host does not say again which dialect an exchange is in.
    fn of_state(state: &[u8]) -> Result<(Self, &[u8]), PluginError> {
        let dialect = match state.first() {
            Some(b'm') => Self::Messages,
            Some(b'r') => Self::Responses,
            Some(b'g') => Self::Gemini,
            _ => return Err(PluginError::internal("the state of an exchange names no dialect")),
        };
        Ok((dialect, &state[1..]))
    }
    /// A state as bytes, its dialect first.
    pub fn state(self, state: &impl Serialize) -> Vec<u8> {
        let tag = match self {
            Self::Messages => b'm',
            Self::Responses => b'r',
            Self::Gemini => b'g',
        };
        let mut bytes = vec![tag];
        bytes.extend(serde_json::to_vec(state).unwrap_or_default());
        bytes
    }
}

/// A whole answer, or an error.
pub fn read_response(config: &Config, state: &[u8], response: &UpstreamResponse) -> Result<ClientResponse, PluginError> {
    let body = response.body.as_deref().unwrap_or_default();
    match Translated::of_state(state)? {
        (Translated::Messages, _) => Ok(from_messages::answer::translate(config, response.status, body)),
        (Translated::Responses, state) => from_responses::answer::translate(config, &read_state(state)?, response.status, body),
        (Translated::Gemini, state) => from_gemini::answer::translate(config, &read_state(state)?, response.status, body),
    }
}

/// The events of one read.
pub fn on_events(config: &Config, state: &[u8], events: &[Event]) -> Result<StreamStep, PluginError> {
    match Translated::of_state(state)? {
        (Translated::Messages, state) => Ok(events::step(config, from_messages::stream::Stream(read_state(state)?), events)),
        (Translated::Responses, state) => Ok(events::step(config, from_responses::stream::Stream(read_state(state)?), events)),
        (Translated::Gemini, state) => Ok(events::step(config, from_gemini::stream::Stream(read_state(state)?), events)),
    }
}

/// What still has to be said after the last event.
pub fn on_end(config: &Config, state: &[u8], end: StreamEnd) -> Result<Vec<Event>, PluginError> {
    match Translated::of_state(state)? {
        (Translated::Messages, state) => Ok(events::end(config, from_messages::stream::Stream(read_state(state)?), end)),
        (Translated::Responses, state) => Ok(events::end(config, from_responses::stream::Stream(read_state(state)?), end)),
        (Translated::Gemini, state) => Ok(events::end(config, from_gemini::stream::Stream(read_state(state)?), end)),
    }
}

fn read_state<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, PluginError> {
    serde_json::from_slice(bytes).map_err(|error| PluginError::internal(format!("the state of an exchange cannot be read: {error}")))
}
