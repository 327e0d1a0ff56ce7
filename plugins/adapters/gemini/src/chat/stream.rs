//! A stream of generateContent's chunks as OpenAI's.
//!
//! Google's streams have no event that ends them: the last chunk gives a reason to stop and the connection closes. So the end is
//! told to the client when the host says that there is no more, and only if every answer gave its reason.

use serde::Serialize;
use weighbridge_plugin::{
    PluginError,
    adapter::{Event, EventOut, StreamEnd, StreamStep},
};

use super::{
    choices::{self, Naming},
    error::Said,
    shape::{Chunk, Delta, Piece, finish_reason, id},
    state::State,
    upstream::{Answer, Candidate},
    usage::OpenAiUsage,
};

/// The events of one read.
pub fn translate(state: &[u8], events: &[Event]) -> Result<StreamStep, PluginError> {
    let mut state = State::read(state)?;
    let events = events.iter().map(|event| outcome(one(&mut state, &event.data))).collect();
    Ok(StreamStep { state: state.write(), events })
}

/// What still has to be said: usage, where it was asked for, and the end. A stream that just stops must not look like one that is
/// complete.
pub fn end(state: &[u8], end: StreamEnd) -> Result<Vec<Event>, PluginError> {
    let state = State::read(state)?;
    if state.over {
        return Ok(Vec::new());
    }
    if state.is_complete() {
        let usage = state.include_usage.then(|| json(&Chunk::usage(&id(&state.id), &state.model, OpenAiUsage::of(&state.counts))));
        return Ok(usage.into_iter().chain([event(b"[DONE]".to_vec())]).collect());
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
    let answer: Answer<'_> = match serde_json::from_slice(data) {
        Ok(answer) => answer,
        Err(problem) => return broken(state, &Said::unreadable(&format!("the provider sent an event that cannot be translated: {problem}"))),
    };
    if let Some(said) = &answer.error {
        return broken(state, said);
    }
    let text = |text: &Option<super::params::Str<'_>>| text.as_ref().map(|text| text.0.to_string());
    state.named(text(&answer.response_id).as_deref(), text(&answer.model_version).as_deref());
    if let Some(counts) = answer.usage_metadata {
        state.counts = state.counts.updated(counts).or_whole(Some(counts));
    }
    if answer.is_blocked() {
        let mut events = begun(state, 0);
        events.extend(ended(state, 0, "SAFETY"));
        return events;
    }
    answer.candidates.into_iter().flat_map(|candidate| said(state, candidate)).collect()
}

fn piece(state: &State, index: u32, delta: Delta, finish_reason: Option<&'static str>) -> Event {
    json(&Chunk::piece(&id(&state.id), &state.model, Piece { index, delta, logprobs: (), finish_reason }))
}

fn said(state: &mut State, candidate: Candidate<'_>) -> Vec<Event> {
    let index = candidate.index;
    let mut events = begun(state, index);
    let before = state.choice(index).calls;
    let delta = choices::delta(candidate.content.map(|content| content.parts).unwrap_or_default(), &Naming { answer: &state.id, candidate: index, before });
    state.choice(index).calls += delta.tool_calls.len() as u32;
    if delta != Delta::default() {
        events.push(piece(state, index, delta, None));
    }
    events.extend(candidate.finish_reason.and_then(|reason| ended(state, index, &reason.0)));
    events
}

fn begun(state: &mut State, index: u32) -> Vec<Event> {
    if std::mem::replace(&mut state.choice(index).begun, true) {
        return Vec::new();
    }
    vec![piece(state, index, Delta { role: Some("assistant"), content: Some(String::new()), ..Delta::default() }, None)]
}

/// Some models repeat their reason in every chunk after it: it is told once.
fn ended(state: &mut State, index: u32, reason: &str) -> Option<Event> {
    if std::mem::replace(&mut state.choice(index).ended, true) {
        return None;
    }
    let has_calls = state.choice(index).calls > 0;
    Some(piece(state, index, Delta::default(), Some(finish_reason(reason, has_calls))))
}

fn broken(state: &mut State, said: &Said) -> Vec<Event> {
    state.over = true;
    vec![event(said.openai())]
}
