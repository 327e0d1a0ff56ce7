//! Responses, translated to chat completions and back, for providers that do not have them.
//!
//! Nothing is stored: a request that leans on an earlier one by its id is refused by name.

pub mod answer;
pub mod input;
pub mod items;
pub mod request;
pub mod shape;
pub mod state;
pub mod stream;
pub mod tools;

/// The prompt's text in a request.
pub const PROMPT_TEXT: [&str; 9] = [
    "/input",
    "/input/*/content",
    "/input/*/content/*/text",
    "/input/*/output",
    "/input/*/output/*/text",
    "/input/*/arguments",
    "/instructions",
    "/tools/*/name",
    "/tools/*/description",
];
