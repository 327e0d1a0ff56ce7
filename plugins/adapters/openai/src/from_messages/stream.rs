//! A stream of chunks as Anthropic's events.

use serde::{Deserialize, Serialize};
use weighbridge_plugin::adapter::Event;

use super::{
    error::envelope,
    shape::{Block, Delta, Message, Stopped, Told, Usage, stop_reason},
};
use crate::{
    config::Config,
    translate::{
        Translated,
        answer::{Answer, Choice, Finish},
        calls::{Calls, Place, no_arguments},
        events::{Translation, named, short},
        pieces::{CallPiece, Piece, pieces},
        said::Said,
        tally::Tally,
    },
};

/// What is remembered between the events of one stream.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// The message has begun.
    #[serde(rename = "b")]
    begun: bool,
    /// How many blocks have begun.
    #[serde(rename = "n")]
    blocks: u32,
    /// The last of them is open, and is this.
    #[serde(rename = "k")]
    open: Option<Kind>,
    #[serde(rename = "c")]
    calls: Calls,
    /// The block of each call.
    #[serde(rename = "p")]
    places: Vec<u32>,
    #[serde(rename = "r")]
    refused: bool,
    #[serde(rename = "f")]
    finish: Option<Finish>,
    #[serde(rename = "s")]
    tier: Option<String>,
    #[serde(rename = "u")]
    tally: Tally,
    #[serde(rename = "o")]
    over: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Kind {
    #[serde(rename = "x")]
    Text,
    #[serde(rename = "t")]
    Thinking,
    #[serde(rename = "c")]
    Call,
}

/// The stream.
pub struct Stream(pub State);

impl Translation for Stream {
    fn is_over(&self) -> bool {
        self.0.over
    }
    fn tally(&mut self) -> &mut Tally {
        &mut self.0.tally
    }
    fn begin(&mut self, answer: &Answer<'_>) -> Vec<Event> {
        if let Some(tier) = answer.service_tier() {
            self.0.tier = Some(short(&tier));
        }
        if std::mem::replace(&mut self.0.begun, true) {
            return Vec::new();
        }
        // What the input was is not known before the end; Anthropic's clients insist on a number and take the last one.
        let model = answer.model();
        let message = Message::new(&answer.id(), &model, Vec::new(), None, Usage::default());
        vec![named("message_start", &Told::MessageStart { message })]
    }
    fn choice(&mut self, config: &Config, choice: &Choice<'_>) -> Result<Vec<Event>, serde_json::Error> {
        let mut told = Vec::new();
        if choice.index.unwrap_or(0) != 0 {
            return Ok(told);
        }
        for piece in choice.delta().map(|delta| pieces(config, delta)).transpose()?.unwrap_or_default() {
            match piece {
                Piece::Reasoning(thinking) => {
                    let index = self.opened(&mut told, Kind::Thinking, || Block::Thinking { thinking: String::new(), signature: "" });
                    told.push(delta(index, Delta::Thinking { thinking: &thinking }));
                }
                Piece::Text(text) => self.text(&mut told, &text),
                Piece::Refusal(text) => {
                    self.0.refused = true;
                    self.text(&mut told, &text);
                }
                Piece::Call(piece) => self.call(&mut told, piece),
            }
        }
        if let Some(finish) = choice.finish() {
            self.close(&mut told);
            self.0.finish = Some(finish);
        }
        Ok(told)
    }
    fn has_begun(&self) -> bool {
        self.0.begun
    }
    fn has_finished(&self) -> bool {
        self.0.finish.is_some()
    }
    fn complete(&mut self, config: &Config) -> Vec<Event> {
        self.0.over = true;
        let mut told = Vec::new();
        self.close(&mut told);
        let stop_reason = stop_reason(self.0.finish.unwrap_or(Finish::Stop), !self.0.calls.is_empty(), self.0.refused);
        let usage = Usage::of(self.0.tally.totals(config), self.0.tier.as_deref());
        told.push(named("message_delta", &Told::MessageDelta { delta: Stopped { stop_reason, stop_sequence: () }, usage }));
        told.push(named("message_stop", &Told::MessageStop));
        told
    }
    fn fail(&mut self, said: &Said) -> Vec<Event> {
        self.0 = State { over: true, ..State::default() };
        vec![named("error", &envelope(500, said))]
    }
    fn state(&self) -> Vec<u8> {
        Translated::Messages.state(&self.0)
    }
}

impl Stream {
    fn text(&mut self, told: &mut Vec<Event>, text: &str) {
        let index = self.opened(told, Kind::Text, || Block::Text { text: String::new() });
        told.push(delta(index, Delta::Text { text }));
    }

    /// More of a call goes to the block that the call began with, also where another has begun since.
    fn call(&mut self, told: &mut Vec<Event>, piece: CallPiece<'_>) {
        let index = match self.0.calls.place(&piece) {
            Place::Known(call) => self.0.places.get(call).copied().unwrap_or_default(),
            Place::New(_) => {
                self.close(told);
                let text = |text: Option<std::borrow::Cow<'_, str>>| text.unwrap_or_default().into_owned();
                let block = Block::ToolUse { id: text(piece.id), name: text(piece.name), input: no_arguments() };
                let index = self.opened(told, Kind::Call, || block);
                self.0.places.push(index);
                index
            }
        };
        if !piece.arguments.is_empty() {
            told.push(delta(index, Delta::Arguments { partial_json: &piece.arguments }));
        }
    }

    /// The index of the open block, which is of this kind; another one is closed.
    fn opened(&mut self, told: &mut Vec<Event>, kind: Kind, block: impl FnOnce() -> Block) -> u32 {
        if self.0.open != Some(kind) || kind == Kind::Call {
            self.close(told);
            let index = self.0.blocks;
            told.push(named("content_block_start", &Told::ContentBlockStart { index, content_block: block() }));
            self.0.blocks += 1;
            self.0.open = Some(kind);
        }
        self.0.blocks - 1
    }

    fn close(&mut self, told: &mut Vec<Event>) {
        if self.0.open.take().is_some() {
            told.push(named("content_block_stop", &Told::ContentBlockStop { index: self.0.blocks - 1 }));
        }
    }
}

fn delta(index: u32, delta: Delta<'_>) -> Event {
    named("content_block_delta", &Told::ContentBlockDelta { index, delta })
}
