//! What is remembered of one exchange. Calls are remembered until they are whole: Gemini's come in one piece.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::translate::{answer::Finish, calls::Calls, tally::Tally};

/// The state of one exchange.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// The client wants a stream.
    #[serde(rename = "w")]
    pub streamed: bool,
    /// As server-sent events, not as a JSON array.
    #[serde(rename = "e")]
    pub events: bool,
    /// It wants to read thoughts.
    #[serde(rename = "h")]
    pub thoughts: bool,
    /// The answer's id, once it has begun.
    #[serde(rename = "i")]
    pub id: Option<String>,
    /// The served model.
    #[serde(rename = "m")]
    pub model: String,
    /// The candidates that have begun.
    #[serde(rename = "c")]
    pub candidates: BTreeMap<u32, Begun>,
    /// What was used.
    #[serde(rename = "u")]
    pub tally: Tally,
    /// The client has been told that it is over, well or badly.
    #[serde(rename = "o")]
    pub over: bool,
}

/// A candidate that has begun.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Begun {
    /// Which calls began.
    #[serde(rename = "n")]
    pub calls: Calls,
    /// Their ids, names and arguments so far.
    #[serde(rename = "a")]
    pub open: Vec<(String, String, String)>,
    /// Why it ended.
    #[serde(rename = "f")]
    pub finish: Option<Finish>,
}
