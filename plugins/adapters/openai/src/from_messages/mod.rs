//! Anthropic's messages, translated to chat completions and back.

pub mod answer;
pub mod content;
pub mod effort;
pub mod error;
pub mod messages;
pub mod request;
pub mod shape;
pub mod stream;
pub mod tools;

/// The prompt's text in a request.
pub const PROMPT_TEXT: [&str; 10] = [
    "/system",
    "/system/*/text",
    "/messages/*/content",
    "/messages/*/content/*/text",
    "/messages/*/content/*/content",
    "/messages/*/content/*/content/*/text",
    "/messages/*/content/*/input/*",
    "/tools/*/name",
    "/tools/*/description",
    "/tools/*/input_schema/properties/*/description",
];
