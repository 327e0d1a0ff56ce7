//! OpenAI's chat completions, translated to generateContent and back.
//!
//! What has no counterpart is refused by name, never dropped in silence.

pub mod answer;
pub mod choices;
pub mod content;
pub mod error;
pub mod messages;
pub mod params;
pub mod reasoning;
pub mod request;
pub mod shape;
pub mod state;
pub mod stream;
pub mod tools;
pub mod upstream;
pub mod usage;
pub mod wire;
