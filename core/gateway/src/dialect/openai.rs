//! The OpenAI family. Clients whose base URL lacks `/v1` are understood too, and those that name a deployment in the path.

use super::table::Builtin;

pub(super) const FAMILY: [Builtin; 12] = [
    Builtin {
        name: "openai.chat",
        paths: &["/v1/chat/completions", "/chat/completions", "/openai/v1/chat/completions", "/openai/deployments/{model}/chat/completions"],
        ..Builtin::JSON
    },
    Builtin {
        name: "openai.completions",
        paths: &["/v1/completions", "/completions", "/openai/v1/completions", "/openai/deployments/{model}/completions"],
        ..Builtin::JSON
    },
    Builtin { name: "openai.responses", paths: &["/v1/responses", "/responses", "/openai/v1/responses", "/openai/responses"], ..Builtin::JSON },
    Builtin { name: "openai.input_tokens", paths: &["/v1/responses/input_tokens", "/responses/input_tokens"], stream: None, ..Builtin::JSON },
    Builtin {
        name: "openai.embeddings",
        paths: &["/v1/embeddings", "/embeddings", "/openai/v1/embeddings", "/openai/deployments/{model}/embeddings"],
        stream: None,
        ..Builtin::JSON
    },
    Builtin {
        name: "openai.images",
        paths: &["/v1/images/generations", "/images/generations", "/openai/v1/images/generations", "/openai/deployments/{model}/images/generations"],
        ..Builtin::JSON
    },
    Builtin {
        name: "openai.image_edits",
        paths: &["/v1/images/edits", "/images/edits", "/openai/v1/images/edits", "/openai/deployments/{model}/images/edits"],
        ..Builtin::FORM
    },
    Builtin {
        name: "openai.transcriptions",
        paths: &["/v1/audio/transcriptions", "/audio/transcriptions", "/openai/deployments/{model}/audio/transcriptions"],
        ..Builtin::FORM
    },
    Builtin {
        name: "openai.translations",
        paths: &["/v1/audio/translations", "/audio/translations", "/openai/deployments/{model}/audio/translations"],
        stream: None,
        ..Builtin::FORM
    },
    // Speech is asked for as events by `stream_format`; the sound itself comes as a body.
    Builtin { name: "openai.speech", paths: &["/v1/audio/speech", "/audio/speech", "/openai/deployments/{model}/audio/speech"], stream: None, ..Builtin::JSON },
    Builtin { name: "openai.moderations", paths: &["/v1/moderations", "/moderations"], stream: None, default_model: Some("default"), ..Builtin::JSON },
    Builtin { name: "rerank", paths: &["/v1/rerank", "/rerank"], stream: None, ..Builtin::JSON },
];
