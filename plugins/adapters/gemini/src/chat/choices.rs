//! The parts of an answer in OpenAI's members; the same for a whole answer and for a chunk of one.

use super::{
    params::Str,
    shape::{Delta, Extra, Function, Image, ToolCall},
    upstream::{Call, Part},
};

/// What names the calls that the model did not name.
pub struct Naming<'a> {
    /// The answer's id.
    pub answer: &'a str,
    /// Which of the answers.
    pub candidate: u32,
    /// How many calls came before.
    pub before: u32,
}

/// The parts, with texts of a kind put together.
pub fn delta(parts: Vec<Part<'_>>, naming: &Naming<'_>) -> Delta {
    let mut delta = Delta::default();
    for part in parts {
        let is_thought = part.thought == Some(true);
        if let Some(Str(text)) = part.text.filter(|text| !text.0.is_empty()) {
            let place = if is_thought { &mut delta.reasoning_content } else { &mut delta.content };
            place.get_or_insert_default().push_str(&text);
        }
        if let Some(file) = part.inline_data.filter(|_| !is_thought) {
            delta.images.push(Image::new(&file.mime_type.0, &file.data.0));
        }
        if let Some(called) = part.function_call {
            let index = naming.before + delta.tool_calls.len() as u32;
            delta.tool_calls.push(call(called, part.thought_signature, index, naming));
        }
    }
    delta
}

fn call(call: Call<'_>, signature: Option<Str<'_>>, index: u32, naming: &Naming<'_>) -> ToolCall {
    // There is no randomness here: the answer's own id makes it unique.
    let own = || format!("call_{}_{}_{index}", naming.answer, naming.candidate);
    ToolCall {
        index: Some(index),
        id: call.id.map_or_else(own, |id| id.0.into_owned()),
        kind: "function",
        function: Function { name: call.name.0.into_owned(), arguments: call.args.map_or("{}", |args| args.get()).to_owned() },
        extra_content: signature.map(|signature| Extra::signed(signature.0.into_owned())),
    }
}
