//! The conversation: the system prompt becomes the first message, tool results become messages of their own.

use std::borrow::Cow;

use serde_json::value::RawValue;
use weighbridge_plugin::PluginError;

use super::content;
use crate::translate::{
    params::{Params, text},
    wire::{Call, Content, Message, Part},
};

/// The messages, the system prompt among them.
pub fn translate<'a>(params: &mut Params<'a>) -> Result<Vec<Message<'a>>, PluginError> {
    let mut messages = Vec::new();
    if params.has("system") {
        let parts = content::texts(params, "system")?;
        messages.extend(Content::of(parts).map(|content| Message::said("system", content)));
    }
    for (index, raw) in params.list("messages")?.into_iter().enumerate() {
        let mut message = Params::read(raw.get(), format!("messages[{index}]"))?;
        let role = message.required("role")?;
        match role.as_ref() {
            "user" => user(&mut message, &mut messages)?,
            "assistant" => messages.push(assistant(&mut message)?),
            "system" => messages.extend(Content::of(content::texts(&mut message, "content")?).map(|content| Message::said("system", content))),
            other => return Err(PluginError::invalid_input(format!("messages[{index}].role is \"{other}\"; it may be user, assistant or system"))),
        }
        message.finish()?;
    }
    Ok(messages)
}

/// A block that is not yet a part: its kind and its members.
fn blocks<'a>(message: &mut Params<'a>) -> Result<Vec<(Cow<'a, str>, Params<'a>)>, PluginError> {
    let place = message.at("content");
    let raw = message.required_raw("content")?;
    let list: Vec<&'a RawValue> =
        serde_json::from_str(raw.get()).map_err(|_| PluginError::invalid_input(format!("{place} must be a text or a list of blocks")))?;
    let block = |(index, raw): (usize, &'a RawValue)| {
        let mut block = Params::read(raw.get(), format!("{place}[{index}]"))?;
        block.ignore(["cache_control"]);
        Ok((block.required("type")?, block))
    };
    list.into_iter().enumerate().map(block).collect()
}

/// A text where the content is nothing but one.
fn plain<'a>(message: &mut Params<'a>) -> Result<Option<Content<'a>>, PluginError> {
    let raw = message.required_raw("content")?;
    Ok(text(raw).map(Content::Text))
}

fn user<'a>(message: &mut Params<'a>, messages: &mut Vec<Message<'a>>) -> Result<(), PluginError> {
    if content::is_text(message, "content") {
        messages.extend(plain(message)?.map(|content| Message::said("user", content)));
        return Ok(());
    }
    let mut parts = Vec::new();
    for (kind, mut block) in blocks(message)? {
        if kind == "tool_result" {
            messages.push(result(&mut block, &mut parts)?);
        } else {
            parts.extend(content::part(&kind, &mut block)?);
        }
        block.finish()?;
    }
    messages.extend(Content::of(parts).map(|content| Message::said("user", content)));
    Ok(())
}

/// A tool says nothing but text here: its pictures and documents go into the user's message that follows.
fn result<'a>(block: &mut Params<'a>, parts: &mut Vec<Part<'a>>) -> Result<Message<'a>, PluginError> {
    let id = block.required("tool_use_id")?;
    let failed = block.take::<bool>("is_error")? == Some(true);
    let (mut said, mut others) = (Vec::new(), Vec::new());
    if block.has("content") {
        for part in content::parts(block, "content")? {
            if matches!(part, Part::Text { .. }) { said.push(part) } else { others.push(part) }
        }
    }
    parts.extend(others);
    let text = match Content::of(said) {
        Some(Content::Text(text)) => text,
        _ => Cow::Borrowed(""),
    };
    // There is no other place to say so.
    let text = if failed { Cow::Owned(format!("Error: {text}")) } else { text };
    Ok(Message { tool_call_id: Some(id), ..Message::said("tool", Content::Text(text)) })
}

fn assistant<'a>(message: &mut Params<'a>) -> Result<Message<'a>, PluginError> {
    if content::is_text(message, "content") {
        return Ok(Message { role: "assistant", content: plain(message)?, ..Message::default() });
    }
    let (mut parts, mut calls) = (Vec::new(), Vec::new());
    for (kind, mut block) in blocks(message)? {
        match kind.as_ref() {
            "tool_use" => {
                let arguments = block.raw("input").map_or("{}", |input| input.get());
                calls.push(Call::new(block.required("id")?, block.required("name")?, Cow::Borrowed(arguments)));
                // Who called: the model itself, as far as anything can be called here.
                block.ignore(["caller"]);
            }
            // Thinking is for the model that thought it, and that drops it itself once its turn is over.
            "thinking" | "redacted_thinking" => continue,
            _ => parts.extend(content::part(&kind, &mut block)?),
        }
        block.finish()?;
    }
    Ok(Message { role: "assistant", content: Content::of(parts), tool_calls: calls, tool_call_id: None })
}
