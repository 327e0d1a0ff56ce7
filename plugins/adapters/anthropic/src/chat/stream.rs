//! A stream of Anthropic's events as OpenAI's chunks.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use weighbridge_plugin::{
    PluginError,
    adapter::{Event, EventOut, StreamEnd, StreamStep},
};

use super::{
    error::Said,
    params::Str,
    shape::{Chunk, Delta, Function, ToolCall, finish_reason, id},
    state::State,
    usage::Usage,
};

/// One of Anthropic's events, as far as it is read here.
#[derive(Deserialize)]
struct Upstream<'a> {
    #[serde(rename = "type", borrow)]
    kind: Str<'a>,
    #[serde(borrow, default)]
    message: Option<Start<'a>>,
    #[serde(borrow, default)]
    content_block: Option<Block<'a>>,
    #[serde(borrow, default)]
    delta: Option<Change<'a>>,
    #[serde(default)]
    usage: Option<Usage>,
    #[serde(default)]
    error: Option<Said>,
}

#[derive(Deserialize)]
struct Start<'a> {
    #[serde(borrow)]
    id: Str<'a>,
    #[serde(borrow)]
    model: Str<'a>,
    #[serde(default)]
    usage: Option<Usage>,
}

#[derive(Deserialize)]
struct Block<'a> {
    #[serde(rename = "type", borrow)]
    kind: Str<'a>,
    #[serde(borrow, default)]
    text: Option<Str<'a>>,
    #[serde(borrow, default)]
    thinking: Option<Str<'a>>,
    #[serde(borrow, default)]
    id: Option<Str<'a>>,
    #[serde(borrow, default)]
    name: Option<Str<'a>>,
    #[serde(borrow, default)]
    input: Option<&'a RawValue>,
}

/// A change of a block, or of the message.
#[derive(Deserialize)]
struct Change<'a> {
    #[serde(borrow, default)]
    text: Option<Str<'a>>,
    #[serde(borrow, default)]
    thinking: Option<Str<'a>>,
    #[serde(borrow, default)]
    partial_json: Option<Str<'a>>,
    #[serde(borrow, default)]
    stop_reason: Option<Str<'a>>,
}

/// The events of one read.
pub fn translate(state: &[u8], events: &[Event]) -> Result<StreamStep, PluginError> {
    let mut state = State::read(state)?;
    let events = events.iter().map(|event| outcome(one(&mut state, &event.data))).collect();
    Ok(StreamStep { state: state.write(), events })
}

/// What still has to be said: a stream that just stops must not look like one that is complete.
pub fn end(state: &[u8], end: StreamEnd) -> Result<Vec<Event>, PluginError> {
    let state = State::read(state)?;
    if state.over {
        return Ok(Vec::new());
    }
    let what = match end {
        StreamEnd::TimedOut => "the provider's stream fell silent before its end",
        StreamEnd::Complete | StreamEnd::UpstreamClosed => "the provider's stream broke off before its end",
    };
    Ok(vec![event(Said::unreadable(what).openai())])
}

fn outcome(events: Vec<Event>) -> EventOut {
    if events.is_empty() { EventOut::Drop } else { EventOut::Replace(events) }
}

fn event(data: Vec<u8>) -> Event {
    Event { name: None, data }
}

fn json(value: &impl Serialize) -> Event {
    event(serde_json::to_vec(value).unwrap_or_default())
}

fn one(state: &mut State, data: &[u8]) -> Vec<Event> {
    if state.over {
        return Vec::new();
    }
    let said: Upstream<'_> = match serde_json::from_slice(data) {
        Ok(said) => said,
        Err(problem) => return broken(state, &Said::unreadable(&format!("the provider sent an event that cannot be translated: {problem}"))),
    };
    state.usage = state.usage.updated(said.usage.unwrap_or_default());
    match said.kind.0.as_ref() {
        "message_start" => said.message.map(|start| started(state, start)).unwrap_or_default(),
        "content_block_start" => said.content_block.map(|block| opened(state, block)).unwrap_or_default(),
        "content_block_delta" => said.delta.map(|change| changed(state, change)).unwrap_or_default(),
        "content_block_stop" => closed(state),
        "message_delta" => {
            let reason = said.delta.and_then(|delta| delta.stop_reason);
            reason.map(|reason| vec![json(&Chunk::piece(&state.id, &state.model, Delta::default(), Some(finish_reason(&reason.0))))]).unwrap_or_default()
        }
        "message_stop" => finished(state),
        "error" => broken(state, &said.error.unwrap_or_else(|| Said::unreadable("the provider reported an error without saying which"))),
        _ => Vec::new(),
    }
}

fn piece(state: &State, delta: Delta) -> Vec<Event> {
    vec![json(&Chunk::piece(&state.id, &state.model, delta, None))]
}

fn started(state: &mut State, start: Start<'_>) -> Vec<Event> {
    state.named(&id(&start.id.0), &start.model.0);
    state.usage = state.usage.updated(start.usage.unwrap_or_default());
    piece(state, Delta { role: Some("assistant"), content: Some(String::new()), ..Delta::default() })
}

fn opened(state: &mut State, block: Block<'_>) -> Vec<Event> {
    let said = |text: Option<Str<'_>>| text.map(|text| text.0.into_owned()).filter(|text| !text.is_empty());
    match block.kind.0.as_ref() {
        "tool_use" => {
            let arguments = block.input.map(|input| input.get()).filter(|input| !matches!(*input, "{}" | "null")).unwrap_or_default().to_owned();
            state.awaits_arguments = arguments.is_empty();
            state.calls += 1;
            let function = Function { name: block.name.map(|name| name.0.into_owned()), arguments };
            let call = ToolCall { index: Some(state.calls - 1), id: block.id.map(|id| id.0.into_owned()), kind: Some("function"), function };
            piece(state, Delta { tool_calls: vec![call], ..Delta::default() })
        }
        "text" => said(block.text).map(|text| piece(state, Delta { content: Some(text), ..Delta::default() })).unwrap_or_default(),
        "thinking" => said(block.thinking).map(|text| piece(state, Delta { reasoning_content: Some(text), ..Delta::default() })).unwrap_or_default(),
        _ => Vec::new(),
    }
}

fn changed(state: &mut State, change: Change<'_>) -> Vec<Event> {
    let said = |text: Option<Str<'_>>| text.map(|text| text.0.into_owned()).filter(|text| !text.is_empty());
    if let Some(text) = said(change.text) {
        return piece(state, Delta { content: Some(text), ..Delta::default() });
    }
    if let Some(text) = said(change.thinking) {
        return piece(state, Delta { reasoning_content: Some(text), ..Delta::default() });
    }
    let arguments = said(change.partial_json).filter(|_| state.calls > 0);
    arguments.map(|arguments| more_arguments(state, arguments)).unwrap_or_default()
}

fn more_arguments(state: &mut State, arguments: String) -> Vec<Event> {
    state.awaits_arguments = false;
    let call = ToolCall { index: Some(state.calls - 1), id: None, kind: None, function: Function { name: None, arguments } };
    piece(state, Delta { tool_calls: vec![call], ..Delta::default() })
}

/// A call without arguments has the arguments `{}` at OpenAI: an empty text is not JSON.
fn closed(state: &mut State) -> Vec<Event> {
    if state.awaits_arguments { more_arguments(state, "{}".into()) } else { Vec::new() }
}

fn finished(state: &mut State) -> Vec<Event> {
    state.over = true;
    let usage = state.include_usage.then(|| json(&Chunk::usage(&state.id, &state.model, state.usage.openai())));
    usage.into_iter().chain([event(b"[DONE]".to_vec())]).collect()
}

fn broken(state: &mut State, said: &Said) -> Vec<Event> {
    state.over = true;
    vec![event(said.openai())]
}
