//! What is remembered of one exchange: what the response repeats of its request, and all that was said, which its last events
//! repeat.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use weighbridge_plugin::PluginError;

use super::items::Item;
use crate::translate::{
    answer::Finish,
    calls::Calls,
    params::{Params, refuse},
    tally::Tally,
};

/// The most that is remembered of the request, in bytes.
const LONGEST_ECHO: usize = 1536;

/// The state of one exchange.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// The client wants a stream.
    #[serde(rename = "w")]
    pub streamed: bool,
    /// What the response repeats.
    #[serde(rename = "e")]
    pub echo: Echo,
    /// The answer's id, once it has begun.
    #[serde(rename = "i")]
    pub id: Option<String>,
    /// The served model.
    #[serde(rename = "m")]
    pub model: String,
    /// When it began.
    #[serde(rename = "t")]
    pub created: u64,
    /// How many events were told.
    #[serde(rename = "q")]
    pub sequence: u64,
    /// What was said.
    #[serde(rename = "x")]
    pub items: Vec<Item>,
    /// Which calls began.
    #[serde(rename = "c")]
    pub calls: Calls,
    /// The item of each call.
    #[serde(rename = "p")]
    pub places: Vec<usize>,
    /// Why it ended.
    #[serde(rename = "f")]
    pub finish: Option<Finish>,
    /// The tier that served it.
    #[serde(rename = "s")]
    pub tier: Option<String>,
    /// What was used.
    #[serde(rename = "u")]
    pub tally: Tally,
    /// The client has been told that it is over, well or badly.
    #[serde(rename = "o")]
    pub over: bool,
}

impl State {
    /// At the beginning of an exchange.
    pub fn new(streamed: bool, echo: Echo) -> Self {
        Self { streamed, echo, ..Self::default() }
    }
}

/// Parameters that a response repeats, as the client wrote them. Instructions and tools are not repeated: they may be long.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Echo(BTreeMap<String, Value>);

impl Echo {
    /// From the request. Only what the client itself wrote for its own use must not get lost.
    pub fn of(params: &Params<'_>) -> Result<Self, PluginError> {
        let mut echo = BTreeMap::new();
        let mut left = LONGEST_ECHO;
        for name in ["metadata", "max_output_tokens", "parallel_tool_calls", "temperature", "tool_choice", "top_p", "reasoning", "user", "text"] {
            let Some(raw) = params.get(name) else { continue };
            match left.checked_sub(name.len() + raw.get().len()) {
                Some(rest) => {
                    left = rest;
                    echo.extend(serde_json::from_str(raw.get()).map(|value| (name.to_owned(), value)));
                }
                None if name == "metadata" => {
                    let long = raw.get().len();
                    return Err(refuse(
                        "metadata",
                        format_args!("has {long} bytes, more than what can be repeated in a response that is translated: leave it out"),
                    ));
                }
                None => {}
            }
        }
        Ok(Self(echo))
    }
    /// A parameter, or its default.
    pub fn get(&self, name: &str, default: Value) -> Value {
        self.0.get(name).cloned().unwrap_or(default)
    }
}
