//! What is remembered between the events of one stream: a few bytes that the host hands back with every call.

use serde::{Deserialize, Serialize};
use weighbridge_plugin::PluginError;

use super::usage::Usage;

/// Ids and names longer than this are cut: the host takes at most 4 KiB of state.
const LONGEST: usize = 256;

/// The state of one exchange.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// The client asked for a usage chunk.
    #[serde(rename = "u")]
    pub include_usage: bool,
    /// The answer's id, in OpenAI's manner.
    #[serde(rename = "i")]
    pub id: String,
    /// The served model.
    #[serde(rename = "m")]
    pub model: String,
    /// How many tool calls there were.
    #[serde(rename = "t")]
    pub calls: u32,
    /// The block that is open is a tool call that has no arguments yet.
    #[serde(rename = "a")]
    pub awaits_arguments: bool,
    /// The client has been told that it is over, well or badly.
    #[serde(rename = "o")]
    pub over: bool,
    /// What was used so far.
    #[serde(rename = "s")]
    pub usage: Usage,
}

impl State {
    /// From the bytes that the host hands back; none at the beginning of an exchange that needs none.
    pub fn read(bytes: &[u8]) -> Result<Self, PluginError> {
        if bytes.is_empty() {
            return Ok(Self::default());
        }
        serde_json::from_slice(bytes).map_err(|error| PluginError::internal(format!("the state of a stream cannot be read: {error}")))
    }
    /// To bytes.
    pub fn write(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
    /// Remembers whose answer it is.
    pub fn named(&mut self, id: &str, model: &str) {
        let short = |text: &str| text.chars().take(LONGEST).collect();
        (self.id, self.model) = (short(id), short(model));
    }
}
