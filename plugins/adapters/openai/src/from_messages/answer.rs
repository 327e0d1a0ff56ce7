//! A whole answer, or an error, as Anthropic would give it.

use serde::Serialize;
use weighbridge_plugin::adapter::{BodyPlan, ClientResponse, Header};

use super::{
    error::envelope,
    shape::{Block, Message, Usage, stop_reason},
};
use crate::{
    config::Config,
    translate::{
        answer::{Answer, Choice, Finish},
        calls::arguments_of,
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
    let mut answer = Answer::read(body).map_err(Said::untranslatable)?;
    let choices = answer.take_choices();
    let choice = choices.first().ok_or_else(|| Said::of_body(body, "the provider's answer holds no choice"))?;
    let (content, stop_reason) = content(config, choice)?;
    let usage = Usage::of(Tally::of(config, body).totals(config), answer.service_tier().as_deref());
    let mut written = Vec::with_capacity(body.len() + 512);
    serde_json::to_writer(&mut written, &Message::new(&answer.id(), &answer.model(), content, Some(stop_reason), usage)).map_err(Said::untranslatable)?;
    Ok(written)
}

fn content(config: &Config, choice: &Choice<'_>) -> Result<(Vec<Block>, &'static str), Said> {
    let said = choice.message().map(|message| pieces(config, message)).transpose().map_err(Said::untranslatable)?.unwrap_or_default();
    let finish = choice.finish().unwrap_or(Finish::Stop);
    let has = |wanted: fn(&Piece<'_>) -> bool| said.iter().any(wanted);
    let (calls, refused) = (has(|piece| matches!(piece, Piece::Call(_))), has(|piece| matches!(piece, Piece::Refusal(_))));
    let mut blocks = Vec::with_capacity(said.len());
    for piece in said {
        blocks.push(match piece {
            Piece::Reasoning(text) => Block::Thinking { thinking: text.into_owned(), signature: "" },
            Piece::Text(text) | Piece::Refusal(text) => Block::Text { text: text.into_owned() },
            Piece::Call(call) => match arguments_of(call.arguments.into_owned()) {
                Some(input) => Block::ToolUse { id: call.id.unwrap_or_default().into_owned(), name: call.name.unwrap_or_default().into_owned(), input },
                // It was cut off, as the reason to stop says.
                None if finish == Finish::Length => continue,
                None => return Err(Said::unreadable(format!("the model called \"{}\" with arguments that are not JSON", call.name.unwrap_or_default()))),
            },
        });
    }
    Ok((blocks, stop_reason(finish, calls, refused)))
}
