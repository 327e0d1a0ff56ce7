//! A whole answer, or an error, as OpenAI would give it.

use serde::Deserialize;
use serde_json::value::RawValue;
use weighbridge_plugin::adapter::{BodyPlan, ClientResponse, Header};

use super::{
    error::{self, Said},
    params::Str,
    shape::{Completion, Function, Message, ToolCall, finish_reason},
    usage::Usage,
};

/// A message, as far as it is read here.
#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    id: Str<'a>,
    #[serde(borrow)]
    model: Str<'a>,
    #[serde(borrow, default)]
    content: Vec<Block<'a>>,
    #[serde(borrow, default)]
    stop_reason: Option<Str<'a>>,
    #[serde(borrow, default)]
    usage: Option<&'a RawValue>,
}

/// A block of content. Other kinds than these come from tools that an OpenAI-speaking client cannot ask for.
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

/// What the client gets.
pub fn translate(status: u16, body: &[u8]) -> ClientResponse {
    let (status, body) = if status >= 400 {
        (error::status(status), error::translate(body))
    } else {
        match completion(body) {
            Ok(body) => (status, body),
            Err(problem) => (502, Said::unreadable(&format!("the provider's answer is not a message that can be translated: {problem}")).openai()),
        }
    };
    ClientResponse { status, headers: vec![Header::new("content-type", "application/json")], body: BodyPlan::Replace(body) }
}

fn completion(body: &[u8]) -> Result<Vec<u8>, serde_json::Error> {
    let answer: Answer<'_> = serde_json::from_slice(body)?;
    let usage: Usage = answer.usage.map_or(Ok(Usage::default()), |raw| serde_json::from_str(raw.get()))?;
    let tier = answer.usage.and_then(|raw| serde_json::from_str::<Tier>(raw.get()).ok()?.service_tier);
    let finish = finish_reason(answer.stop_reason.as_ref().map_or("", |reason| &reason.0));
    let message = message(&answer.content);
    let mut translated = Vec::with_capacity(body.len() + 512);
    serde_json::to_writer(&mut translated, &Completion::new(&answer.id.0, &answer.model.0, message, finish, usage.openai(), tier.as_deref()))?;
    Ok(translated)
}

#[derive(Deserialize)]
struct Tier {
    #[serde(default)]
    service_tier: Option<String>,
}

fn message(blocks: &[Block<'_>]) -> Message {
    let mut message = Message { role: "assistant", ..Message::default() };
    let append = |place: &mut Option<String>, text: &Option<Str<'_>>| {
        if let Some(Str(text)) = text {
            place.get_or_insert_default().push_str(text);
        }
    };
    for block in blocks {
        match block.kind.0.as_ref() {
            "text" => append(&mut message.content, &block.text),
            "thinking" => append(&mut message.reasoning_content, &block.thinking),
            "tool_use" => message.tool_calls.push(call(block)),
            _ => {}
        }
    }
    if message.tool_calls.is_empty() {
        message.content.get_or_insert_default();
    }
    message
}

fn call(block: &Block<'_>) -> ToolCall {
    let text = |text: &Option<Str<'_>>| text.as_ref().map(|text| text.0.to_string());
    ToolCall {
        index: None,
        id: text(&block.id),
        kind: Some("function"),
        function: Function { name: text(&block.name), arguments: block.input.map_or("{}", |input| input.get()).to_owned() },
    }
}
