//! The Ollama family: what does not say otherwise is streamed.

use super::table::Builtin;

pub(super) const FAMILY: [Builtin; 3] = [
    Builtin { name: "ollama.chat", paths: &["/api/chat"], stream_default: true, errors: "ollama", ..Builtin::JSON },
    Builtin { name: "ollama.generate", paths: &["/api/generate"], stream_default: true, errors: "ollama", ..Builtin::JSON },
    Builtin { name: "ollama.embed", paths: &["/api/embed"], stream: None, errors: "ollama", ..Builtin::JSON },
];
