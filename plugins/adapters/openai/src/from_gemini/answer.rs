//! A whole answer, or an error, as Gemini would give it: as an object, or as a stream of one.

use serde::Serialize;
use weighbridge_plugin::{
    PluginError,
    adapter::{BodyPlan, ClientResponse, Header},
};

use super::{error::envelope, shape::Usage, state::State, stream::Stream};
use crate::{
    config::Config,
    translate::{answer::Answer, events::Translation, said::Said, tally::Tally},
};

/// What the client gets.
pub fn translate(config: &Config, state: &State, status: u16, body: &[u8]) -> Result<ClientResponse, PluginError> {
    if status >= 400 {
        return Ok(error(status, &Said::read(body)));
    }
    Ok(match content(config, state, body) {
        Ok(content) if state.streamed && state.events => answer(status, "text/event-stream", [b"data: ", &content[..], b"\n\n"].concat()),
        Ok(content) if state.streamed => answer(status, "application/json", [b"[", &content[..], b"]"].concat()),
        Ok(content) => answer(status, "application/json", content),
        Err(said) => error(502, &said),
    })
}

fn answer(status: u16, kind: &str, body: Vec<u8>) -> ClientResponse {
    ClientResponse { status, headers: vec![Header::new("content-type", kind)], body: BodyPlan::Replace(body) }
}

fn error(status: u16, said: &Said) -> ClientResponse {
    answer(status, "application/json", json(&envelope(status, said)))
}

fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}

fn content(config: &Config, state: &State, body: &[u8]) -> Result<Vec<u8>, Said> {
    let mut answer = Answer::read(body).map_err(Said::untranslatable)?;
    let choices = answer.take_choices();
    if choices.is_empty() {
        return Err(Said::of_body(body, "the provider's answer holds no choice"));
    }
    let mut stream = Stream(State { thoughts: state.thoughts, ..State::default() });
    stream.begin(&answer);
    let mut said = Vec::new();
    for choice in &choices {
        said.push(stream.parts(config, choice).map_err(Said::untranslatable)?);
    }
    let mut candidates = stream.ends();
    for (choice, parts) in choices.iter().zip(said) {
        if let Some(candidate) = candidates.iter_mut().find(|candidate| candidate.index == choice.index.unwrap_or(0)) {
            // Before its calls.
            candidate.content.parts.splice(0..0, parts);
        }
    }
    let usage = Tally::of(config, body).totals(config).map(Usage::of);
    Ok(json(&stream.answer(candidates, usage)))
}
