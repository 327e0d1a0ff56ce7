//! What a message consists of: texts, images, calls of tools and their results, in the shapes that clients write them.

use serde_json::Value;
use weighbridge_plugin_api::counter::{Image, Message, Part};

use super::{image, prompt::Prompt};

/// How deep results may lie in results.
const DEEPEST: u32 = 8;

/// A message's content: a text, a part, or a list of them.
pub(super) fn content(prompt: &mut Prompt, message: &mut Message, value: &Value) {
    read(prompt, message, value, 0);
}

/// What stands beside the content: calls of tools, refusals, pictures.
pub(super) fn beside(prompt: &mut Prompt, message: &mut Message, turn: &Value) {
    for call in turn.get("tool_calls").and_then(Value::as_array).into_iter().flatten() {
        if let Some(function) = call.get("function") {
            json(prompt, message, function);
        }
    }
    if let Some(call) = turn.get("function_call").filter(|call| call.is_object()) {
        json(prompt, message, call);
    }
    for picture in turn.get("images").and_then(Value::as_array).into_iter().flatten() {
        push_image(prompt, message, picture.as_str(), "");
    }
}

/// Structure, as the JSON that it is; a string in it is text.
pub(super) fn json(prompt: &mut Prompt, message: &mut Message, value: &Value) {
    let text = prompt.shown(&value.to_string());
    message.parts.push(Part::Json(text));
}

fn read(prompt: &mut Prompt, message: &mut Message, value: &Value, depth: u32) {
    match value {
        Value::String(text) => push_text(prompt, message, text),
        Value::Array(parts) if depth < DEEPEST => parts.iter().for_each(|part| read(prompt, message, part, depth + 1)),
        Value::Object(_) if depth < DEEPEST => part(prompt, message, value, depth),
        Value::Array(_) | Value::Object(_) => prompt.others_unread = true,
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn push_text(prompt: &mut Prompt, message: &mut Message, text: &str) {
    let text = prompt.shown(text);
    message.parts.push(Part::Text(text));
}

/// One part: by the member that it has.
fn part(prompt: &mut Prompt, message: &mut Message, value: &Value, depth: u32) {
    let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str);
    if let Some(text) = text("/text").or_else(|| text("/refusal")) {
        return push_text(prompt, message, text);
    }
    if let Some(nested) = ["parts", "toolResult", "tool_result"].iter().find_map(|key| value.get(key)) {
        return read(prompt, message, nested, depth + 1);
    }
    if let Some(call) = ["functionCall", "function_call", "functionResponse", "function_response", "toolUse"].iter().find_map(|key| value.get(key)) {
        return json(prompt, message, call);
    }
    if is_image(value) {
        let data = ["/image_url/url", "/image_url", "/source/data", "/image/source/bytes", "/inlineData/data", "/inline_data/data"];
        let detail = text("/image_url/detail").or_else(|| text("/detail")).unwrap_or_default();
        return push_image(prompt, message, data.iter().find_map(|pointer| text(pointer)), detail);
    }
    match text("/type") {
        // A call: its name and what it is given.
        Some("tool_use" | "function_call") => {
            for key in ["name", "input", "arguments"] {
                match value.get(key) {
                    Some(Value::String(text)) => push_text(prompt, message, text),
                    Some(structure) => json(prompt, message, structure),
                    None => {}
                }
            }
        }
        // What a tool gave back.
        Some("tool_result") => read(prompt, message, value.get("content").unwrap_or(&Value::Null), depth + 1),
        Some("function_call_output") => read(prompt, message, value.get("output").unwrap_or(&Value::Null), depth + 1),
        // Earlier thoughts are not shown to the model again, or only their name is known.
        Some("thinking" | "redacted_thinking" | "reasoning" | "item_reference") => {}
        _ => match (value.get("content"), value.get("json")) {
            (Some(nested), _) => read(prompt, message, nested, depth + 1),
            (None, Some(structure)) => json(prompt, message, structure),
            (None, None) => prompt.others_unread |= value.get("cachePoint").is_none(),
        },
    }
}

fn is_image(value: &Value) -> bool {
    let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str);
    let inline = text("/inlineData/mimeType").or_else(|| text("/inline_data/mime_type"));
    matches!(text("/type"), Some("image_url" | "input_image" | "image"))
        || value.get("image").is_some()
        || inline.is_some_and(|kind| kind.starts_with("image/"))
}

fn push_image(prompt: &mut Prompt, message: &mut Message, data: Option<&str>, detail: &str) {
    match data.and_then(image::size) {
        Some((width, height)) => message.parts.push(Part::Image(Image { width, height, detail: detail.into() })),
        // Low detail costs the same whatever the size.
        None if detail == "low" => message.parts.push(Part::Image(Image { width: 1, height: 1, detail: detail.into() })),
        None => prompt.images_unread = true,
    }
}
