//! The conversation: system and developer messages become the system prompt, tool messages become results in a user's turn.

use serde_json::value::RawValue;
use weighbridge_plugin::PluginError;

use super::{
    content,
    params::{Params, refusal},
    wire::{Block, Turn},
};

/// The system prompt and the turns. System messages in the middle move to the front: there is one system prompt.
pub fn translate(list: Vec<&RawValue>) -> Result<(Vec<Block<'_>>, Vec<Turn<'_>>), PluginError> {
    let (mut system, mut turns) = (Vec::new(), Vec::<Turn<'_>>::new());
    let mut in_results = false;
    for (index, raw) in list.into_iter().enumerate() {
        let mut message = Params::read(raw.get(), format!("messages[{index}]"))?;
        let role = message.required("role")?;
        let is_result = role == "tool";
        let (role, blocks) = match role.as_ref() {
            "system" | "developer" => {
                system.extend(content::texts(&mut message, "content")?);
                message.finish()?;
                continue;
            }
            "user" => ("user", content::blocks(&mut message, "content")?),
            "assistant" => ("assistant", assistant(&mut message)?),
            "tool" => ("user", vec![result(&mut message)?]),
            other => {
                return Err(PluginError::invalid_input(format!("messages[{index}].role is \"{other}\"; it may be system, developer, user, assistant or tool")));
            }
        };
        message.finish()?;
        match turns.last_mut().filter(|_| is_result && in_results) {
            // All results of one turn's calls belong into one message.
            Some(turn) => turn.content.extend(blocks),
            None if blocks.is_empty() => {}
            None => turns.push(Turn { role, content: blocks }),
        }
        in_results = is_result;
    }
    Ok((system, turns))
}

fn assistant<'a>(message: &mut Params<'a>) -> Result<Vec<Block<'a>>, PluginError> {
    let mut blocks = content::blocks(message, "content")?;
    if let Some(refused) = message.text("refusal")?.filter(|text| !text.is_empty()) {
        blocks.push(Block::Text { text: refused, cache_control: None });
    }
    let calls: Vec<&'a RawValue> = message.take("tool_calls")?.unwrap_or_default();
    for (index, raw) in calls.into_iter().enumerate() {
        blocks.push(call(raw.get(), message.at(&format!("tool_calls[{index}]")))?);
    }
    // What an answer carries beside its text is no input: notes on it, and thinking, which counts only with its signature.
    message.ignore(["annotations", "reasoning_content", "reasoning"]);
    Ok(blocks)
}

fn call(json: &str, place: String) -> Result<Block<'_>, PluginError> {
    let mut call = Params::read(json, place)?;
    if call.text("type")?.is_some_and(|kind| kind != "function") {
        return Err(refusal(&call.at("type")));
    }
    let id = call.required("id")?;
    let place = call.at("function");
    let function = call.raw("function").ok_or_else(|| PluginError::invalid_input(format!("{place} is missing")))?;
    call.ignore(["index"]);
    call.finish()?;
    let mut function = Params::read(function.get(), place)?;
    let name = function.required("name")?;
    let arguments = function.text("arguments")?.unwrap_or_default();
    let text = if arguments.trim().is_empty() { "{}".to_owned() } else { arguments.into_owned() };
    let input = RawValue::from_string(text).ok().filter(|input| input.get().starts_with('{'));
    let input = input.ok_or_else(|| PluginError::invalid_input(format!("{} is not the text of a JSON object", function.at("arguments"))))?;
    function.finish()?;
    Ok(Block::ToolUse { id, name, input })
}

fn result<'a>(message: &mut Params<'a>) -> Result<Block<'a>, PluginError> {
    // Older clients repeat the tool's name here; the call's id says it.
    message.ignore(["name"]);
    Ok(Block::ToolResult { tool_use_id: message.required("tool_call_id")?, content: content::blocks(message, "content")? })
}
