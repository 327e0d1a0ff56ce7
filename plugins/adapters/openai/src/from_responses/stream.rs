//! A stream of chunks as the events of a response.

use serde_json::{Value, json};
use weighbridge_plugin::adapter::Event;

use super::{
    items::{Item, Kind},
    state::State,
};
use crate::{
    config::Config,
    translate::{
        Translated,
        answer::{Answer, Choice},
        calls::Place,
        events::{Translation, named, short},
        pieces::{CallPiece, Piece, pieces},
        said::Said,
        tally::Tally,
    },
};

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
        if self.0.id.is_some() {
            return Vec::new();
        }
        self.0.id = Some(short(&answer.id()));
        (self.0.model, self.0.created) = (short(&answer.model()), answer.created());
        let response = self.0.in_progress();
        vec![self.tell("response.created", json!({"response": response})), self.tell("response.in_progress", json!({"response": response}))]
    }
    fn choice(&mut self, config: &Config, choice: &Choice<'_>) -> Result<Vec<Event>, serde_json::Error> {
        let mut told = Vec::new();
        if choice.index.unwrap_or(0) != 0 {
            return Ok(told);
        }
        for piece in choice.delta().map(|delta| pieces(config, delta)).transpose()?.unwrap_or_default() {
            match piece {
                Piece::Reasoning(text) => self.text(&mut told, Kind::Reasoning, &text),
                Piece::Text(text) => self.text(&mut told, Kind::Text, &text),
                Piece::Refusal(text) => self.text(&mut told, Kind::Refusal, &text),
                Piece::Call(piece) => self.call(&mut told, piece),
            }
        }
        if let Some(finish) = choice.finish() {
            self.0.finish = Some(finish);
            self.close(&mut told, |_| true);
        }
        Ok(told)
    }
    fn has_begun(&self) -> bool {
        self.0.id.is_some()
    }
    fn has_finished(&self) -> bool {
        self.0.finish.is_some()
    }
    fn complete(&mut self, config: &Config) -> Vec<Event> {
        self.0.over = true;
        let mut told = Vec::new();
        self.close(&mut told, |_| true);
        let response = self.0.ended(config);
        let name = if self.0.incomplete().is_null() { "response.completed" } else { "response.incomplete" };
        told.push(self.tell(name, json!({"response": response})));
        // It has all been said.
        self.0.items.clear();
        told
    }
    fn fail(&mut self, said: &Said) -> Vec<Event> {
        self.0.over = true;
        self.0.items.clear();
        if self.0.id.is_some() {
            let response = self.0.failed(said);
            return vec![self.tell("response.failed", json!({"response": response}))];
        }
        vec![self.tell("error", json!({"code": said.code.as_deref().unwrap_or("server_error"), "message": said.message, "param": null}))]
    }
    fn state(&self) -> Vec<u8> {
        Translated::Responses.state(&self.0)
    }
}

impl Stream {
    /// An event, numbered.
    fn tell(&mut self, name: &str, mut value: Value) -> Event {
        value["type"] = name.into();
        value["sequence_number"] = self.0.sequence.into();
        self.0.sequence += 1;
        named(name, &value)
    }

    fn id(&self, index: usize) -> String {
        self.0.items[index].id(self.0.id.as_deref().unwrap_or_default(), index)
    }

    fn text(&mut self, told: &mut Vec<Event>, kind: Kind, text: &str) {
        let is_open = self.0.items.last().is_some_and(|item| item.kind == kind && !item.done);
        if !is_open {
            self.close(told, |_| true);
            self.begin_item(told, Item::new(kind));
        }
        self.more(told, self.0.items.len() - 1, text);
    }

    /// The pieces of several calls may come mixed: all stay open until something else comes.
    fn call(&mut self, told: &mut Vec<Event>, piece: CallPiece<'_>) {
        let index = match self.0.calls.place(&piece) {
            Place::Known(call) => self.0.places.get(call).copied().unwrap_or_default(),
            Place::New(_) => {
                self.close(told, |item| item.kind != Kind::Call);
                let index = self.0.items.len();
                self.0.places.push(index);
                let text = |text: Option<std::borrow::Cow<'_, str>>| text.unwrap_or_default().into_owned();
                self.begin_item(told, Item { call_id: text(piece.id), name: text(piece.name), ..Item::new(Kind::Call) });
                index
            }
        };
        if !piece.arguments.is_empty() {
            self.more(told, index, &piece.arguments);
        }
    }

    fn begin_item(&mut self, told: &mut Vec<Event>, item: Item) {
        let index = self.0.items.len();
        self.0.items.push(item);
        let (id, item) = (self.id(index), &self.0.items[index]);
        let (whole, part, is_call) = (item.json(&id, true, "in_progress"), item.part(""), item.kind == Kind::Call);
        told.push(self.tell("response.output_item.added", json!({"output_index": index, "item": whole})));
        if !is_call {
            told.push(self.tell("response.content_part.added", json!({"item_id": id, "output_index": index, "content_index": 0, "part": part})));
        }
    }

    fn more(&mut self, told: &mut Vec<Event>, index: usize, text: &str) {
        let id = self.id(index);
        let item = &mut self.0.items[index];
        item.text.push_str(text);
        let (name, mut value) = (format!("{}.delta", item.event()), json!({"item_id": id, "output_index": index, "delta": text}));
        if item.kind != Kind::Call {
            value["content_index"] = 0.into();
        }
        if item.kind == Kind::Text {
            value["logprobs"] = json!([]);
        }
        told.push(self.tell(&name, value));
    }

    /// Tells that items are whole.
    fn close(&mut self, told: &mut Vec<Event>, which: fn(&Item) -> bool) {
        for index in 0..self.0.items.len() {
            if self.0.items[index].done || !which(&self.0.items[index]) {
                continue;
            }
            let (id, status) = (self.id(index), self.0.item_status(index));
            let item = &mut self.0.items[index];
            item.done = true;
            // A call without arguments has the arguments `{}`: an empty text is not JSON.
            if item.kind == Kind::Call && item.text.is_empty() {
                item.text.push_str("{}");
            }
            let (name, member, kind) = (format!("{}.done", item.event()), item.member(), item.kind);
            let (text, called, part, whole) = (item.text.clone(), item.name.clone(), item.part(&item.text), item.json(&id, false, status));
            let mut value = json!({"item_id": id, "output_index": index, member: text});
            match kind {
                Kind::Call => value["name"] = called.into(),
                _ => value["content_index"] = 0.into(),
            }
            if kind == Kind::Text {
                value["logprobs"] = json!([]);
            }
            told.push(self.tell(&name, value));
            if kind != Kind::Call {
                told.push(self.tell("response.content_part.done", json!({"item_id": id, "output_index": index, "content_index": 0, "part": part})));
            }
            told.push(self.tell("response.output_item.done", json!({"output_index": index, "item": whole})));
        }
    }
}
