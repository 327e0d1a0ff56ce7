//! The items of a response's output.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// A message of text.
    #[serde(rename = "x")]
    Text,
    /// A message that says why there is no answer.
    #[serde(rename = "r")]
    Refusal,
    /// Thinking.
    #[serde(rename = "t")]
    Reasoning,
    /// A call.
    #[serde(rename = "c")]
    Call,
}

/// An item.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// What it is.
    #[serde(rename = "k")]
    pub kind: Kind,
    /// Its text, or its arguments.
    #[serde(rename = "x")]
    pub text: String,
    /// Of a call, else empty.
    #[serde(rename = "c", default)]
    pub call_id: String,
    /// Of a call, else empty.
    #[serde(rename = "n", default)]
    pub name: String,
    /// The client has been told that it is whole.
    #[serde(rename = "d", default)]
    pub done: bool,
}

impl Item {
    /// Nothing said yet.
    pub fn new(kind: Kind) -> Self {
        Self { kind, text: String::new(), call_id: String::new(), name: String::new(), done: false }
    }
    /// Its id.
    pub fn id(&self, response: &str, index: usize) -> String {
        let prefix = match self.kind {
            Kind::Text | Kind::Refusal => "msg",
            Kind::Reasoning => "rs",
            Kind::Call => "fc",
        };
        format!("{prefix}_{response}_{index}")
    }
    /// The item as the client reads it: at its beginning it has no content.
    pub fn json(&self, id: &str, begins: bool, status: &str) -> Value {
        let content = if begins { json!([]) } else { json!([self.part(&self.text)]) };
        match self.kind {
            Kind::Text | Kind::Refusal => json!({"id": id, "type": "message", "status": status, "role": "assistant", "content": content}),
            Kind::Reasoning => json!({"id": id, "type": "reasoning", "status": status, "summary": [], "content": content}),
            Kind::Call => {
                let arguments = if begins { "" } else { &self.text };
                json!({"id": id, "type": "function_call", "status": status, "call_id": self.call_id, "name": self.name, "arguments": arguments})
            }
        }
    }
    /// Its only part, with this text.
    pub fn part(&self, text: &str) -> Value {
        match self.kind {
            Kind::Refusal => json!({"type": "refusal", "refusal": text}),
            Kind::Reasoning => json!({"type": "reasoning_text", "text": text}),
            Kind::Text | Kind::Call => json!({"type": "output_text", "text": text, "annotations": [], "logprobs": []}),
        }
    }
    /// The name of its events, before `.delta` and `.done`.
    pub fn event(&self) -> &'static str {
        match self.kind {
            Kind::Text => "response.output_text",
            Kind::Refusal => "response.refusal",
            Kind::Reasoning => "response.reasoning_text",
            Kind::Call => "response.function_call_arguments",
        }
    }
    /// The member that holds the whole text when it is done.
    pub fn member(&self) -> &'static str {
        match self.kind {
            Kind::Text | Kind::Reasoning => "text",
            Kind::Refusal => "refusal",
            Kind::Call => "arguments",
        }
    }
}
