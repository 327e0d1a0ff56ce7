//! A stream of chunks as a row of Gemini's answers.

use serde_json::value::RawValue;
use weighbridge_plugin::adapter::Event;

use super::{
    error::envelope,
    shape::{Answer, Call, Candidate, Part, Usage},
    state::State,
};
use crate::{
    config::Config,
    translate::{
        Translated,
        answer::{self, Choice},
        calls::Place,
        events::{Translation, short, unnamed},
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
    fn begin(&mut self, answer: &answer::Answer<'_>) -> Vec<Event> {
        if self.0.id.is_none() {
            self.0.id = Some(short(&answer.id()));
            self.0.model = short(&answer.model());
        }
        Vec::new()
    }
    fn choice(&mut self, config: &Config, choice: &Choice<'_>) -> Result<Vec<Event>, serde_json::Error> {
        let index = choice.index.unwrap_or(0);
        let parts = self.parts(config, choice)?;
        Ok(if parts.is_empty() { Vec::new() } else { vec![self.tell(vec![Candidate::new(index, parts, None)], None)] })
    }
    fn has_finished(&self) -> bool {
        !self.0.candidates.is_empty() && self.0.candidates.values().all(|candidate| candidate.finish.is_some())
    }
    /// Usage comes after the reasons to stop: they are told together, with the calls, which are whole now.
    fn complete(&mut self, config: &Config) -> Vec<Event> {
        let totals = self.0.tally.totals(config);
        match self.ends() {
            Ok(ends) => {
                self.0.over = true;
                vec![self.tell(ends, totals.map(Usage::of))]
            }
            Err(problem) => self.fail(&Said::unreadable(format!("the arguments of a call are not JSON: {problem}"))),
        }
    }
    fn fail(&mut self, said: &Said) -> Vec<Event> {
        self.0 = State { over: true, ..State::default() };
        vec![unnamed(&envelope(500, said))]
    }
    fn state(&self) -> Vec<u8> {
        Translated::Gemini.state(&self.0)
    }
}

impl Stream {
    fn tell(&self, candidates: Vec<Candidate>, usage_metadata: Option<Usage>) -> Event {
        unnamed(&self.answer(candidates, usage_metadata))
    }

    /// An answer, or a piece of one.
    pub fn answer(&self, candidates: Vec<Candidate>, usage_metadata: Option<Usage>) -> Answer<'_> {
        Answer { candidates, usage_metadata, model_version: &self.0.model, response_id: self.0.id.as_deref().unwrap_or_default() }
    }

    /// What a choice says that can be told at once; what it calls is remembered.
    pub fn parts(&mut self, config: &Config, choice: &Choice<'_>) -> Result<Vec<Part>, serde_json::Error> {
        let thoughts = self.0.thoughts;
        let candidate = self.0.candidates.entry(choice.index.unwrap_or(0)).or_default();
        candidate.finish = choice.finish().or(candidate.finish);
        let mut parts = Vec::new();
        for piece in choice.delta().map(|delta| pieces(config, delta)).transpose()?.unwrap_or_default() {
            match piece {
                Piece::Reasoning(text) if thoughts => parts.push(Part::Thought { text: text.into_owned(), thought: true }),
                Piece::Reasoning(_) => {}
                Piece::Text(text) | Piece::Refusal(text) => parts.push(Part::Text { text: text.into_owned() }),
                Piece::Call(piece) => {
                    let CallPiece { id, name, arguments, .. } = &piece;
                    match candidate.calls.place(&piece) {
                        Place::New(_) => {
                            let text = |text: &Option<std::borrow::Cow<'_, str>>| text.as_deref().unwrap_or_default().to_owned();
                            candidate.open.push((text(id), text(name), arguments.clone().into_owned()));
                        }
                        Place::Known(call) => {
                            if let Some((_, _, so_far)) = candidate.open.get_mut(call) {
                                so_far.push_str(arguments);
                            }
                        }
                    }
                }
            }
        }
        Ok(parts)
    }

    /// Each candidate's calls and its reason to stop.
    pub fn ends(&mut self) -> Result<Vec<Candidate>, serde_json::Error> {
        let end = |(index, candidate): (u32, super::state::Begun)| {
            let calls = candidate.open.into_iter().map(|(id, name, arguments)| Ok(Part::Call { call: Call { id, name, args: object(arguments)? } }));
            Ok(Candidate::new(index, calls.collect::<Result<_, serde_json::Error>>()?, candidate.finish))
        };
        std::mem::take(&mut self.0.candidates).into_iter().map(end).collect()
    }
}

/// The arguments as they are; a call without any has an empty object.
fn object(text: String) -> Result<Box<RawValue>, serde_json::Error> {
    RawValue::from_string(if text.trim().is_empty() { "{}".into() } else { text })
}
