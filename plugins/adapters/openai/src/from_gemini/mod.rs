//! Gemini's generateContent and streamGenerateContent, translated to chat completions and back.

pub mod answer;
pub mod contents;
pub mod error;
pub mod generation;
pub mod parts;
pub mod request;
pub mod schema;
pub mod shape;
pub mod state;
pub mod stream;
pub mod tools;

/// The prompt's text in a request.
pub const PROMPT_TEXT: [&str; 9] = [
    "/systemInstruction/parts/*/text",
    "/system_instruction/parts/*/text",
    "/contents/*/parts/*/text",
    "/contents/parts/*/text",
    "/contents/*/parts/*/functionCall/name",
    "/contents/*/parts/*/functionCall/args/*",
    "/contents/*/parts/*/functionResponse/response/*",
    "/tools/*/functionDeclarations/*/name",
    "/tools/*/functionDeclarations/*/description",
];
