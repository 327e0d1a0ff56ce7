//! The conversation: system and developer messages become the system instruction, tool messages become responses in a user's turn.

use std::{borrow::Cow, collections::BTreeMap};

use serde_json::value::RawValue;
use weighbridge_plugin::PluginError;

use super::{
    content,
    params::{Params, refusal},
    wire::{Content, Data, Part},
};

/// What the conversation is made from.
struct Talk<'a> {
    turns: Vec<Content<'a>>,
    /// The tool of each call, by the call's id: results name the call only, and the provider wants the tool's name.
    tools: BTreeMap<Cow<'a, str>, Cow<'a, str>>,
    /// Sent where a call has no signature.
    missing_signature: Option<&'a str>,
}

/// The system instruction and the turns. System messages in the middle move to the front: there is one system instruction.
pub fn translate<'a>(list: Vec<&'a RawValue>, missing_signature: Option<&'a str>) -> Result<(Option<Content<'a>>, Vec<Content<'a>>), PluginError> {
    let mut system = Vec::new();
    let mut talk = Talk { turns: Vec::new(), tools: BTreeMap::new(), missing_signature };
    for (index, raw) in list.into_iter().enumerate() {
        let mut message = Params::read(raw.get(), format!("messages[{index}]"))?;
        let role = message.required("role")?;
        let (role, parts) = match role.as_ref() {
            "system" | "developer" => {
                system.extend(content::texts(&mut message, "content", "a system or developer message")?);
                message.finish()?;
                continue;
            }
            "user" => ("user", content::parts(&mut message, "content")?),
            "assistant" => ("model", talk.assistant(&mut message)?),
            "tool" => ("user", vec![talk.result(&mut message)?]),
            other => {
                return Err(PluginError::invalid_input(format!("messages[{index}].role is \"{other}\"; it may be system, developer, user, assistant or tool")));
            }
        };
        message.finish()?;
        talk.push(role, parts);
    }
    let system = (!system.is_empty()).then_some(Content { role: None, parts: system });
    Ok((system, talk.turns))
}

impl<'a> Talk<'a> {
    /// All results of one turn's calls belong into one turn.
    fn push(&mut self, role: &'static str, parts: Vec<Part<'a>>) {
        let is_result = |parts: &[Part<'_>]| matches!(parts.last(), Some(Part { data: Data::FunctionResponse { .. }, .. }));
        let results = is_result(&parts);
        match self.turns.last_mut().filter(|turn| results && is_result(&turn.parts)) {
            Some(turn) => turn.parts.extend(parts),
            None if parts.is_empty() => {}
            None => self.turns.push(Content { role: Some(role), parts }),
        }
    }

    fn assistant(&mut self, message: &mut Params<'a>) -> Result<Vec<Part<'a>>, PluginError> {
        let mut parts = content::parts(message, "content")?;
        parts.extend(message.text("refusal")?.and_then(content::said));
        let calls: Vec<&'a RawValue> = message.take("tool_calls")?.unwrap_or_default();
        for (index, raw) in calls.into_iter().enumerate() {
            let mut call = self.call(raw.get(), message.at(&format!("tool_calls[{index}]")))?;
            // Of several calls at once, the first one is signed.
            if index == 0 && call.thought_signature.is_none() {
                call.thought_signature = self.missing_signature.map(Cow::Borrowed);
            }
            parts.push(call);
        }
        // What an answer carries beside its text is no input: notes on it, and thinking, which counts only with its signature.
        message.ignore(["annotations", "reasoning_content", "reasoning"]);
        Ok(parts)
    }

    fn call(&mut self, json: &'a str, place: String) -> Result<Part<'a>, PluginError> {
        let mut call = Params::read(json, place)?;
        if call.text("type")?.is_some_and(|kind| kind != "function") {
            return Err(refusal(&call.at("type")));
        }
        let id = call.required("id")?;
        let place = call.at("function");
        let function = call.raw("function").ok_or_else(|| PluginError::invalid_input(format!("{place} is missing")))?;
        let thought_signature = signature(&mut call)?;
        call.ignore(["index"]);
        call.finish()?;
        let mut function = Params::read(function.get(), place)?;
        let name = function.required("name")?;
        let arguments = function.text("arguments")?.unwrap_or_default();
        let text = if arguments.trim().is_empty() { "{}".to_owned() } else { arguments.into_owned() };
        let args = RawValue::from_string(text).ok().filter(|args| args.get().starts_with('{'));
        let args = args.ok_or_else(|| PluginError::invalid_input(format!("{} is not the text of a JSON object", function.at("arguments"))))?;
        function.finish()?;
        self.tools.insert(id, name.clone());
        Ok(Part { data: Data::FunctionCall { name, args }, thought_signature })
    }

    fn result(&self, message: &mut Params<'a>) -> Result<Part<'a>, PluginError> {
        let id = message.required("tool_call_id")?;
        let named = message.text("name")?;
        let name = self.tools.get(&id).cloned().or(named);
        let name = name.ok_or_else(|| PluginError::invalid_input(format!("{} is \"{id}\", which no earlier message calls", message.at("tool_call_id"))))?;
        let parts = content::texts(message, "content", "a tool message")?;
        let texts: Vec<&str> = parts.iter().filter_map(|part| if let Data::Text(text) = &part.data { Some(text.as_ref()) } else { None }).collect();
        let response = response(&texts.concat()).map_err(|error| PluginError::internal(format!("a tool's result cannot be written: {error}")))?;
        Ok(Part { data: Data::FunctionResponse { name, response }, thought_signature: None })
    }
}

/// Google's own place for a call's signature in OpenAI's shape, where its answers have put it.
fn signature<'a>(call: &mut Params<'a>) -> Result<Option<Cow<'a, str>>, PluginError> {
    let place = call.at("extra_content");
    let Some(extra) = call.raw("extra_content") else { return Ok(None) };
    let mut extra = Params::read(extra.get(), place)?;
    let place = extra.at("google");
    let google = extra.raw("google");
    extra.finish()?;
    let Some(google) = google else { return Ok(None) };
    let mut google = Params::read(google.get(), place)?;
    let signature = google.text("thought_signature")?;
    google.finish()?;
    Ok(signature)
}

/// A tool's result must be an object: a text that is one stands as it is, anything else is the object's `result`.
fn response(text: &str) -> Result<Box<RawValue>, serde_json::Error> {
    let object = RawValue::from_string(text.trim().to_owned()).ok().filter(|json| json.get().starts_with('{'));
    match object {
        Some(object) => Ok(object),
        None => RawValue::from_string(format!("{{\"result\":{}}}", serde_json::to_string(text)?)),
    }
}
