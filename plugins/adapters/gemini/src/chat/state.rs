//! What is remembered between the chunks of one stream: a few bytes that the host hands back with every call.

use serde::{Deserialize, Serialize};
use weighbridge_plugin::PluginError;

use crate::usage::counts::Counts;

/// Ids and names longer than this are cut: the host takes at most 4 KiB of state.
const LONGEST: usize = 256;
/// So many answers to one request are kept apart.
const MOST_CHOICES: usize = 16;

/// The state of one exchange.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// The client asked for a usage chunk.
    #[serde(rename = "u")]
    pub include_usage: bool,
    /// The answer's own id.
    #[serde(rename = "i")]
    pub id: String,
    /// The served model.
    #[serde(rename = "m")]
    pub model: String,
    /// Each of the answers.
    #[serde(rename = "c")]
    pub choices: Vec<Progress>,
    /// The client has been told of an error, and nothing more is to come.
    #[serde(rename = "o")]
    pub over: bool,
    /// What was used so far.
    #[serde(rename = "s")]
    pub counts: Counts,
}

/// How far one of the answers is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Progress {
    /// It has begun.
    #[serde(rename = "b")]
    pub begun: bool,
    /// It has ended.
    #[serde(rename = "e")]
    pub ended: bool,
    /// So many calls of tools.
    #[serde(rename = "t")]
    pub calls: u32,
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
    /// Remembers whose answer it is; the first to say so counts.
    pub fn named(&mut self, id: Option<&str>, model: Option<&str>) {
        for (place, text) in [(&mut self.id, id), (&mut self.model, model)] {
            if place.is_empty() {
                *place = text.unwrap_or_default().chars().take(LONGEST).collect();
            }
        }
    }
    /// How far this answer is; those beyond the most are taken as the last.
    pub fn choice(&mut self, index: u32) -> &mut Progress {
        let index = usize::try_from(index).unwrap_or(MOST_CHOICES).min(MOST_CHOICES - 1);
        if self.choices.len() <= index {
            self.choices.resize(index + 1, Progress::default());
        }
        &mut self.choices[index]
    }
    /// Whether every answer that has begun has ended.
    pub fn is_complete(&self) -> bool {
        let begun = || self.choices.iter().filter(|choice| choice.begun);
        begun().next().is_some() && begun().all(|choice| choice.ended)
    }
}
