//! A whole answer, or an error, as Anthropic would give it.

use serde::Serialize;
use serde_json::value::RawValue;
use weighbridge_plugin::adapter::{BodyPlan, ClientResponse, Header};

use super::{
    error::envelope,
    shape::{Block, Message, Usage, stop_reason},
};
use crate::{
    config::Config,
    translate::{
        answer::{Answer, Choice, Finish},
        pieces::{Piece, pieces},
        said::Said,
        tally::Tally,
    },
};

/// What the client gets.
pub fn translate(config: &Config, status: u16, body: &[u8]) -> ClientResponse {
    if status >= 400 {
        return answer(status, &envelope(status, &Said::read(body)));
    }
    match message(config, body) {
        Ok(body) => ClientResponse { status, headers: json(), body: BodyPlan::Replace(body) },
        Err(said) => answer(502, &envelope(502, &said)),
    }
}

fn json() -> Vec<Header> {
    vec![Header::new("content-type", "application/json")]
}

fn answer(status: u16, body: &impl Serialize) -> ClientResponse {
    ClientResponse { status, headers: json(), body: BodyPlan::Replace(serde_json::to_vec(body).unwrap_or_default()) }
}

fn message(config: &Config, body: &[u8]) -> Result<Vec<u8>, Said> {
    let unreadable = |problem: serde_json::Error| Said::unreadable(format!("the provider's answer is not one that can be translated: {problem}"));
    let mut answer = Answer::read(body).map_err(unreadable)?;
    let choices = answer.take_choices();
    let choice = choices.first().ok_or_else(|| Said::of_body(body, "the provider's answer holds no choice"))?;
    let (content, stop_reason) = content(config, choice).map_err(unreadable)?;
    let usage = Usage::of(Tally::of(config, body).totals(config), answer.service_tier().as_deref());
    let mut written = Vec::with_capacity(body.len() + 512);
    serde_json::to_writer(&mut written, &Message::new(&answer.id(), &answer.model(), content, Some(stop_reason), usage)).map_err(unreadable)?;
    Ok(written)
}

fn content(config: &Config, choice: &Choice<'_>) -> Result<(Vec<Block>, &'static str), serde_json::Error> {
    let said = choice.message().map(|message| pieces(config, message)).transpose()?.unwrap_or_default();
    let has = |wanted: fn(&Piece<'_>) -> bool| said.iter().any(wanted);
    let reason =
        stop_reason(choice.finish().unwrap_or(Finish::Stop), has(|piece| matches!(piece, Piece::Call(_))), has(|piece| matches!(piece, Piece::Refusal(_))));
    let block = |piece| {
        Ok(match piece {
            Piece::Reasoning(text) => Block::Thinking { thinking: text.into_owned(), signature: "" },
            Piece::Text(text) | Piece::Refusal(text) => Block::Text { text: text.into_owned() },
            Piece::Call(call) => Block::ToolUse {
                id: call.id.unwrap_or_default().into_owned(),
                name: call.name.unwrap_or_default().into_owned(),
                input: arguments(&call.arguments)?,
            },
        })
    };
    Ok((said.into_iter().map(block).collect::<Result<_, serde_json::Error>>()?, reason))
}

/// The arguments as they are; a call without any has an empty object.
fn arguments(text: &str) -> Result<Box<RawValue>, serde_json::Error> {
    if text.trim().is_empty() { Ok(no_arguments()) } else { RawValue::from_string(text.into()) }
}

/// An empty object.
pub fn no_arguments() -> Box<RawValue> {
    serde_json::value::to_raw_value(&serde_json::Map::new()).unwrap_or_default()
}
