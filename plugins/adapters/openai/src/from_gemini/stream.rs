//! A stream of chunks as a row of Gemini's answers.

use weighbridge_plugin::adapter::Event;

use super::{
    error::envelope,
    shape::{Answer, Call, Candidate, Part, Usage},
    state::{Begun, State},
};
use crate::{
    config::Config,
    translate::{
        Translated,
        answer::{self, Choice, Finish},
        calls::{Place, arguments_of},
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
    fn has_begun(&self) -> bool {
        self.0.id.is_some()
    }
    fn has_finished(&self) -> bool {
        !self.0.candidates.is_empty() && self.0.candidates.values().all(|candidate| candidate.finish.is_some())
    }
    /// Usage comes after the reasons to stop: they are told together, with the calls, which are whole now.
    fn complete(&mut self, config: &Config) -> Vec<Event> {
        self.0.over = true;
        let ends = self.ends();
        vec![self.tell(ends, self.0.tally.totals(config).map(Usage::of))]
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
    pub fn ends(&mut self) -> Vec<Candidate> {
        std::mem::take(&mut self.0.candidates).into_iter().map(|(index, candidate)| end(index, candidate)).collect()
    }
}

/// A call whose arguments are not JSON is not told: it was cut off, or it is what Gemini itself calls malformed.
fn end(index: u32, begun: Begun) -> Candidate {
    let finish = begun.finish.unwrap_or(Finish::Stop);
    let all = begun.open.len();
    let call = |(id, name, arguments)| Some(Part::Call { call: Call { id, name, args: arguments_of(arguments)? } });
    let calls: Vec<Part> = begun.open.into_iter().filter_map(call).collect();
    let is_malformed = calls.len() < all && finish != Finish::Length;
    let mut candidate = Candidate::new(index, calls, Some(finish));
    if is_malformed {
        candidate.finish_reason = Some("MALFORMED_FUNCTION_CALL");
    }
    candidate
}
