//! The conversation: contents with parts become messages; function calls and responses become calls and tools' messages.

use std::borrow::Cow;

use serde_json::value::RawValue;
use weighbridge_plugin::PluginError;

use super::parts;
use crate::translate::{
    params::{Params, refuse, text},
    wire::{Call, Content, Message, Part},
};

/// The messages so far, and the calls that nobody has answered yet: Gemini's clients need not name them by an id.
#[derive(Default)]
struct Conversation<'a> {
    messages: Vec<Message<'a>>,
    open: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    calls: usize,
}

/// The messages, the system's instruction among them.
pub fn translate<'a>(params: &mut Params<'a>) -> Result<Vec<Message<'a>>, PluginError> {
    let mut conversation = Conversation::default();
    if let Some(raw) = params.raw("systemInstruction") {
        let parts = instruction(raw)?;
        conversation.messages.extend(Content::of(parts).map(|content| Message::said("system", content)));
    }
    let raw = params.required_raw("contents")?;
    // One content need not be a list.
    let list: Vec<&'a RawValue> = if raw.get().starts_with('[') {
        serde_json::from_str(raw.get()).map_err(|error| PluginError::invalid_input(format!("contents: {error}")))?
    } else {
        vec![raw]
    };
    for (index, raw) in list.into_iter().enumerate() {
        let mut content = Params::read_camel(raw.get(), format!("contents[{index}]"))?;
        let role = content.text("role")?.unwrap_or(Cow::Borrowed("user"));
        let parts = content.list("parts")?;
        let place = content.at("parts");
        content.finish()?;
        match role.as_ref() {
            "user" | "function" => user(&mut conversation, parts, &place)?,
            "model" => model(&mut conversation, parts, &place)?,
            other => return Err(PluginError::invalid_input(format!("contents[{index}].role is \"{other}\"; it may be user or model"))),
        }
    }
    Ok(conversation.messages)
}

fn instruction(raw: &RawValue) -> Result<Vec<Part<'_>>, PluginError> {
    if let Some(text) = text(raw) {
        return Ok(vec![Part::Text { text }]);
    }
    let mut content = Params::read_camel(raw.get(), "systemInstruction")?;
    content.ignore(["role"]);
    let list = content.list("parts")?;
    content.finish()?;
    let mut said = Vec::new();
    for (index, raw) in list.into_iter().enumerate() {
        let mut part = Params::read_camel(raw.get(), format!("systemInstruction.parts[{index}]"))?;
        match parts::part(&mut part)? {
            Some(text @ Part::Text { .. }) => said.push(text),
            Some(_) => return Err(refuse("systemInstruction", "may hold nothing but text")),
            None => {}
        }
        part.finish()?;
    }
    Ok(said)
}

fn user<'a>(conversation: &mut Conversation<'a>, list: Vec<&'a RawValue>, place: &str) -> Result<(), PluginError> {
    let mut said = Vec::new();
    for (index, raw) in list.into_iter().enumerate() {
        let mut part = Params::read_camel(raw.get(), format!("{place}[{index}]"))?;
        match part.raw("functionResponse") {
            Some(response) => {
                let response = Params::read_camel(response.get(), part.at("functionResponse"))?;
                let message = conversation.response(response)?;
                conversation.messages.push(message);
            }
            None => said.extend(parts::part(&mut part)?),
        }
        parts::finish(part)?;
    }
    conversation.messages.extend(Content::of(said).map(|content| Message::said("user", content)));
    Ok(())
}

fn model<'a>(conversation: &mut Conversation<'a>, list: Vec<&'a RawValue>, place: &str) -> Result<(), PluginError> {
    let (mut said, mut calls) = (Vec::new(), Vec::new());
    for (index, raw) in list.into_iter().enumerate() {
        let mut part = Params::read_camel(raw.get(), format!("{place}[{index}]"))?;
        match part.raw("functionCall") {
            Some(call) => calls.push(conversation.call(Params::read_camel(call.get(), part.at("functionCall"))?)?),
            None => said.extend(parts::part(&mut part)?),
        }
        parts::finish(part)?;
    }
    let content = Content::of(said);
    if content.is_some() || !calls.is_empty() {
        conversation.messages.push(Message { role: "assistant", content, tool_calls: calls, tool_call_id: None });
    }
    Ok(())
}

impl<'a> Conversation<'a> {
    fn call(&mut self, mut call: Params<'a>) -> Result<Call<'a>, PluginError> {
        let name = call.required("name")?;
        let id = call.text("id")?.unwrap_or_else(|| Cow::Owned(format!("call_{}", self.calls)));
        let arguments = call.raw("args").map_or("{}", |args| args.get());
        call.finish()?;
        self.calls += 1;
        self.open.push((id.clone(), name.clone()));
        Ok(Call::new(id, name, Cow::Borrowed(arguments)))
    }

    /// A response without an id answers the first open call of its name.
    fn response(&mut self, mut response: Params<'a>) -> Result<Message<'a>, PluginError> {
        let place = response.at("name");
        let name = response.required("name")?;
        let id = response.text("id")?;
        let said = response.raw("response").map_or("{}", |said| said.get());
        response.finish()?;
        let answers = |(open_id, open_name): &(Cow<'_, str>, Cow<'_, str>)| id.as_ref().map_or(*open_name == name, |id| id == open_id);
        let found = self.open.iter().position(answers).map(|at| self.open.remove(at).0);
        let id = id.or(found).ok_or_else(|| PluginError::invalid_input(format!("{place} is \"{name}\", but no functionCall before it has that name")))?;
        Ok(Message { tool_call_id: Some(id), ..Message::said("tool", Content::Text(Cow::Borrowed(said))) })
    }
}
