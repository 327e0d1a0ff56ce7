//! A request to generate content as a chat completion's.

use weighbridge_plugin::{
    PluginError,
    adapter::{ClientRequest, Framing, UpstreamRequest},
};

use super::{contents, generation, state::State, tools};
use crate::{
    config::Config,
    translate::{Translated, config::RepeatingStreams, open::open, params::Params, sent, wire::Request},
};

/// What goes upstream.
pub fn translate(config: &Config, request: &ClientRequest) -> Result<UpstreamRequest, PluginError> {
    let body = open(config, request)?;
    let mut params = Params::read_camel(body, "")?;
    params.ignore(["model"]);
    params.ignore(&config.translation.ignore);
    let messages = contents::translate(&mut params)?;
    let (tools, tool_choice) = tools::translate(&mut params)?;
    // Gemini's calls come in one piece, however long they are.
    let live = request.streamed && (tools.is_empty() || config.translation.repeating_streams == RepeatingStreams::Live);
    let mut chat = Request { model: &request.upstream_model, messages, tools, tool_choice, ..Request::default() };
    let thoughts = generation::translate(config, &mut params, &mut chat)?;
    sent::stream(config, &mut chat, live);
    params.finish()?;
    let events = request.query.split('&').any(|pair| pair == "alt=sse");
    let state = State { streamed: request.streamed, events, thoughts, ..State::default() };
    let framing = if events { Framing::Sse } else { Framing::JsonArray };
    let sent = sent::send(config, &chat, body.len(), Translated::Gemini.state(&state))?;
    Ok(UpstreamRequest { client_framing: request.streamed.then_some(framing), ..sent })
}
