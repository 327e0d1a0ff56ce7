//! A request's prompt as messages, so that a counter can put the chat framing around it. By the shape of the request, not by its
//! provider: `messages`, `contents` or `input`, the instructions beside them, the tools.

use serde_json::Value;
use weighbridge_plugin_api::counter::{Message, Part};

use super::{length, parts};

/// A prompt that was read.
#[derive(Debug, Default)]
pub(super) struct Prompt {
    pub(super) messages: Vec<Message>,
    /// There are images whose size is not known, or that no counter counts.
    pub(super) images_unread: bool,
    /// There is something else than text and images.
    pub(super) others_unread: bool,
    /// The tokens, by length, of the text beyond what counters are shown.
    pub(super) beyond: u64,
    /// How many bytes may still be shown.
    pub(super) room: usize,
}

impl Prompt {
    /// Reads a request; `None` when it is no chat.
    pub(super) fn read(dialect: &str, request: &[u8], room: usize) -> Option<Self> {
        let request: Value = serde_json::from_slice(request).ok()?;
        let turns = ["messages", "contents"].iter().find_map(|key| request.get(key)).or_else(|| request.get("input").filter(|_| is_responses(dialect)))?;
        let mut prompt = Self { room, ..Self::default() };
        for key in ["system", "instructions", "systemInstruction", "system_instruction"] {
            if let Some(value) = request.get(key) {
                prompt.message("system", None, value);
            }
        }
        match turns {
            Value::Array(turns) => turns.iter().for_each(|turn| prompt.turn(turn)),
            text => prompt.message("user", None, text),
        }
        for key in ["tools", "functions", "toolConfig"] {
            if let Some(tools) = request.get(key).filter(|tools| !tools.is_null()) {
                let mut message = Message { role: "system".into(), ..Message::default() };
                self::parts::json(&mut prompt, &mut message, tools);
                prompt.messages.push(message);
            }
        }
        Some(prompt)
    }

    /// One of the turns: what is said stands in its `content` or `parts`, else the turn is a part itself.
    fn turn(&mut self, turn: &Value) {
        let text = |key: &str| turn.get(key).and_then(Value::as_str);
        let mut message = Message { role: text("role").unwrap_or("user").into(), name: text("name").map(str::to_owned), parts: Vec::new() };
        match turn.get("content").or_else(|| turn.get("parts")) {
            Some(content) => {
                parts::content(self, &mut message, content);
                parts::beside(self, &mut message, turn);
            }
            None if turn.get("role").is_some() => parts::beside(self, &mut message, turn),
            None => {
                message.name = None;
                parts::content(self, &mut message, turn);
            }
        }
        self.messages.push(message);
    }

    fn message(&mut self, role: &str, name: Option<String>, content: &Value) {
        let mut message = Message { role: role.into(), name, parts: Vec::new() };
        parts::content(self, &mut message, content);
        self.messages.push(message);
    }

    /// As much of a text as may be shown; the rest by its length.
    pub(super) fn shown(&mut self, text: &str) -> String {
        let shown = &text[..text.floor_char_boundary(self.room)];
        self.room -= shown.len();
        self.beyond += length::tokens(&text[shown.len()..]);
        shown.to_owned()
    }

    /// Takes the images out; says whether there were any.
    pub(super) fn drop_images(&mut self) -> bool {
        let mut any = false;
        for message in &mut self.messages {
            message.parts.retain(|part| {
                let image = matches!(part, Part::Image(_));
                any |= image;
                !image
            });
        }
        self.images_unread |= any;
        any
    }

    /// The texts alone.
    pub(super) fn texts(&self) -> Vec<&str> {
        let text = |part| match part {
            &Part::Text(ref text) | &Part::Json(ref text) => Some(text.as_str()),
            Part::Image(_) => None,
        };
        self.messages.iter().flat_map(|message| &message.parts).filter_map(text).collect()
    }

    /// By length, with four for the frame of each message.
    pub(super) fn length(&self) -> u64 {
        self.texts().into_iter().map(length::tokens).sum::<u64>() + 4 * self.messages.len() as u64
    }
}

/// Elsewhere `input` is a text to be embedded, spoken or judged.
fn is_responses(dialect: &str) -> bool {
    dialect == "openai.responses"
}
