//! The steps of a translated stream: read a chunk, say what it says, see the end. What differs is how it is said.

use serde::Serialize;
use weighbridge_plugin::adapter::{Event, EventOut, StreamEnd, StreamStep};

use super::{
    answer::{Answer, Choice},
    said::Said,
    tally::Tally,
};
use crate::config::Config;

/// The host takes at most so much state.
pub const STATE_BYTES: usize = 1 << 20;

/// A stream on its way to a client of another dialect.
pub trait Translation {
    /// Whether the client has been told that it is over, well or badly.
    fn is_over(&self) -> bool;
    /// Where usage is kept until the end.
    fn tally(&mut self) -> &mut Tally;
    /// The first chunk with a choice: whose answer it is.
    fn begin(&mut self, answer: &Answer<'_>) -> Vec<Event>;
    /// More of the answer.
    fn choice(&mut self, config: &Config, choice: &Choice<'_>) -> Result<Vec<Event>, serde_json::Error>;
    /// Whether there is an answer at all.
    fn has_begun(&self) -> bool;
    /// Whether the provider has said why the answer ended.
    fn has_finished(&self) -> bool;
    /// The end: nothing comes after it.
    fn complete(&mut self, config: &Config) -> Vec<Event>;
    /// It ends badly.
    fn fail(&mut self, said: &Said) -> Vec<Event>;
    /// What is to be remembered.
    fn state(&self) -> Vec<u8>;
}

/// The events of one read.
pub fn step(config: &Config, mut stream: impl Translation, events: &[Event]) -> StreamStep {
    let outcome = |told: Vec<Event>| if told.is_empty() { EventOut::Drop } else { EventOut::Replace(told) };
    let mut events: Vec<EventOut> = events.iter().map(|event| outcome(one(config, &mut stream, &event.data))).collect();
    let mut state = stream.state();
    if state.len() > STATE_BYTES {
        let told = stream.fail(&Said::unreadable(
            "the answer is longer than what can be remembered of it while it is streamed in this dialect: ask for it without a stream",
        ));
        if let Some(EventOut::Replace(last)) = events.iter_mut().rfind(|event| matches!(event, EventOut::Replace(_))) {
            last.extend(told);
        } else if let Some(last) = events.last_mut() {
            *last = EventOut::Replace(told);
        }
        state = stream.state();
    }
    StreamStep { state, events }
}

/// What still has to be said: a stream that just stops must not look like one that is complete.
pub fn end(config: &Config, mut stream: impl Translation, end: StreamEnd) -> Vec<Event> {
    if stream.is_over() {
        return Vec::new();
    }
    // Not every provider says `[DONE]`.
    if stream.has_finished() && end != StreamEnd::TimedOut {
        return stream.complete(config);
    }
    stream.fail(&Said::unreadable(match end {
        StreamEnd::TimedOut => "the provider's stream fell silent before its end",
        StreamEnd::Complete | StreamEnd::UpstreamClosed => "the provider's stream broke off before its end",
    }))
}

fn one(config: &Config, stream: &mut impl Translation, data: &[u8]) -> Vec<Event> {
    if stream.is_over() {
        return Vec::new();
    }
    if data.starts_with(b"[DONE]") {
        // Not every provider says why it ended: that it did is enough.
        return if stream.has_begun() { stream.complete(config) } else { stream.fail(&Said::unreadable("the provider's stream holds no answer")) };
    }
    match chunk(config, stream, data) {
        Ok(told) => told,
        Err(problem) => stream.fail(&Said::unreadable(format!("the provider sent an event that cannot be translated: {problem}"))),
    }
}

fn chunk(config: &Config, stream: &mut impl Translation, data: &[u8]) -> Result<Vec<Event>, serde_json::Error> {
    let mut answer = Answer::read(data)?;
    if let Some(error) = answer.error.filter(|error| error.get() != "null") {
        let said = Said::of(error).unwrap_or_else(|| Said::unreadable("the provider reported an error without saying which"));
        return Ok(stream.fail(&said));
    }
    stream.tally().observe(config, data);
    let choices = answer.take_choices();
    let mut told = if choices.is_empty() { Vec::new() } else { stream.begin(&answer) };
    for choice in &choices {
        told.extend(stream.choice(config, choice)?);
    }
    Ok(told)
}

/// An event with a name.
pub fn named(name: &str, value: &impl Serialize) -> Event {
    Event { name: Some(name.into()), data: serde_json::to_vec(value).unwrap_or_default() }
}

/// An event without one.
pub fn unnamed(value: &impl Serialize) -> Event {
    Event { name: None, data: serde_json::to_vec(value).unwrap_or_default() }
}

/// Events as the body of an answer that was asked for whole.
pub fn body(events: &[Event]) -> Vec<u8> {
    let mut body = Vec::new();
    for event in events {
        if let Some(name) = &event.name {
            body.extend_from_slice(format!("event: {name}\n").as_bytes());
        }
        body.extend_from_slice(b"data: ");
        body.extend_from_slice(&event.data);
        body.extend_from_slice(b"\n\n");
    }
    body
}

/// Ids longer than this are cut: they are remembered.
pub fn short(text: &str) -> String {
    text.chars().take(128).collect()
}
