//! The conversation: a text, or a list of items.

use std::borrow::Cow;

use serde_json::value::RawValue;
use weighbridge_plugin::PluginError;

use crate::translate::{
    params::{Params, refusal, refuse, text},
    wire::{Audio, Call, Content, File, ImageUrl, Message, Part, Url},
};

/// The messages so far, and what tools said that a tool cannot say in a chat: it goes into a user's message after them.
#[derive(Default)]
struct Conversation<'a> {
    messages: Vec<Message<'a>>,
    left_over: Vec<Part<'a>>,
}

/// The messages, the instructions among them.
pub fn translate<'a>(params: &mut Params<'a>) -> Result<Vec<Message<'a>>, PluginError> {
    let mut conversation = Conversation::default();
    if let Some(instructions) = params.text("instructions")?.filter(|text| !text.is_empty()) {
        conversation.messages.push(Message::said("system", Content::Text(instructions)));
    }
    if params.begins_with("input", '"') {
        let said = params.required("input")?;
        conversation.messages.push(Message::said("user", Content::Text(said)));
        return Ok(conversation.messages);
    }
    let list: Vec<&'a RawValue> =
        serde_json::from_str(params.required_raw("input")?.get()).map_err(|_| PluginError::invalid_input("input must be a text or a list of items"))?;
    for (index, raw) in list.into_iter().enumerate() {
        item(&mut conversation, Params::read(raw.get(), format!("input[{index}]"))?)?;
    }
    conversation.flush();
    Ok(conversation.messages)
}

impl<'a> Conversation<'a> {
    fn flush(&mut self) {
        let left_over = std::mem::take(&mut self.left_over);
        self.messages.extend(Content::of(left_over).map(|content| Message::said("user", content)));
    }
    /// Calls belong into one message with what was said before them.
    fn call(&mut self, call: Call<'a>) {
        match self.messages.last_mut().filter(|last| last.role == "assistant") {
            Some(last) => last.tool_calls.push(call),
            None => self.messages.push(Message { role: "assistant", tool_calls: vec![call], ..Message::default() }),
        }
    }
}

fn item<'a>(conversation: &mut Conversation<'a>, mut item: Params<'a>) -> Result<(), PluginError> {
    // An item that comes back from an answer has these; they say nothing to the model.
    item.ignore(["id", "status", "phase"]);
    let kind = item.text("type")?.unwrap_or(Cow::Borrowed("message"));
    if kind != "function_call_output" {
        conversation.flush();
    }
    match kind.as_ref() {
        "message" => {
            let role = match item.required("role")?.as_ref() {
                "user" => "user",
                "assistant" => "assistant",
                "system" | "developer" => "system",
                other => {
                    let place = item.at("role");
                    return Err(PluginError::invalid_input(format!("{place} is \"{other}\"; it may be user, assistant, system or developer")));
                }
            };
            let content = Content::of(parts(&mut item, "content")?);
            conversation.messages.extend(content.map(|content| Message::said(role, content)));
        }
        "function_call" => conversation.call(Call::new(item.required("call_id")?, item.required("name")?, item.required("arguments")?)),
        "function_call_output" => {
            let id = item.required("call_id")?;
            let (said, others): (Vec<_>, Vec<_>) = parts(&mut item, "output")?.into_iter().partition(|part| matches!(part, Part::Text { .. }));
            conversation.left_over.extend(others);
            let content = Content::of(said).unwrap_or(Content::Text(Cow::Borrowed("")));
            conversation.messages.push(Message { tool_call_id: Some(id), ..Message::said("tool", content) });
        }
        // Thinking is for the model that thought it; without it the conversation says the same.
        "reasoning" => return Ok(()),
        other => {
            return Err(refuse(&item.at("type"), format_args!("is \"{other}\", which has no counterpart in OpenAI's chat completions")));
        }
    }
    item.finish()
}

fn parts<'a>(item: &mut Params<'a>, name: &str) -> Result<Vec<Part<'a>>, PluginError> {
    let place = item.at(name);
    let raw = item.required_raw(name)?;
    if let Some(text) = text(raw) {
        return Ok(vec![Part::Text { text }]);
    }
    let list: Vec<&'a RawValue> =
        serde_json::from_str(raw.get()).map_err(|_| PluginError::invalid_input(format!("{place} must be a text or a list of parts")))?;
    list.into_iter().enumerate().map(|(index, raw)| part(Params::read(raw.get(), format!("{place}[{index}]"))?)).collect()
}

fn part(mut part: Params<'_>) -> Result<Part<'_>, PluginError> {
    let kind = part.required("type")?;
    let translated = match kind.as_ref() {
        "input_text" | "output_text" | "text" => {
            // Notes on an answer are no input.
            part.ignore(["annotations", "logprobs"]);
            Part::Text { text: part.required("text")? }
        }
        "refusal" => Part::Text { text: part.required("refusal")? },
        "input_image" => Part::ImageUrl { image_url: ImageUrl { url: Url::Plain(part.required("image_url")?), detail: part.text("detail")? } },
        "input_file" => {
            let filename = part.text("filename")?.unwrap_or(Cow::Borrowed("document.pdf"));
            // What is elsewhere has no place in a chat.
            if let Some(elsewhere) = ["file_id", "file_url"].into_iter().find(|name| part.has(name)) {
                return Err(refusal(&part.at(elsewhere)));
            }
            Part::File { file: File { filename, file_data: Url::Plain(part.required("file_data")?) } }
        }
        "input_audio" => Part::InputAudio { input_audio: audio(&mut part)? },
        other => return Err(refuse(&part.at("type"), format_args!("is \"{other}\", which has no counterpart in OpenAI's chat completions"))),
    };
    part.finish()?;
    Ok(translated)
}

fn audio<'a>(part: &mut Params<'a>) -> Result<Audio<'a>, PluginError> {
    let place = part.at("input_audio");
    let mut audio = Params::read(part.required_raw("input_audio")?.get(), place)?;
    let format = match audio.required("format")?.as_ref() {
        "wav" => "wav",
        "mp3" => "mp3",
        other => return Err(refuse(&audio.at("format"), format_args!("is \"{other}\"; it may be \"wav\" or \"mp3\""))),
    };
    let data = audio.required("data")?;
    audio.finish()?;
    Ok(Audio { data, format })
}
