//! The Gemini family: the model and what to do with it are in the path.

use super::table::Builtin;

const METHOD: Builtin = Builtin { model: None, stream: None, errors: "gemini", ..Builtin::JSON };

pub(super) const FAMILY: [Builtin; 4] = [
    Builtin {
        name: "gemini.generate_content",
        paths: &["/v1beta/models/{model}:generateContent", "/v1/models/{model}:generateContent", "/v1alpha/models/{model}:generateContent"],
        stream_paths: &[
            "/v1beta/models/{model}:streamGenerateContent",
            "/v1/models/{model}:streamGenerateContent",
            "/v1alpha/models/{model}:streamGenerateContent",
        ],
        ..METHOD
    },
    Builtin {
        name: "gemini.count_tokens",
        paths: &["/v1beta/models/{model}:countTokens", "/v1/models/{model}:countTokens", "/v1alpha/models/{model}:countTokens"],
        ..METHOD
    },
    Builtin {
        name: "gemini.embed_content",
        paths: &["/v1beta/models/{model}:embedContent", "/v1/models/{model}:embedContent", "/v1alpha/models/{model}:embedContent"],
        ..METHOD
    },
    Builtin {
        name: "gemini.batch_embed_contents",
        paths: &["/v1beta/models/{model}:batchEmbedContents", "/v1/models/{model}:batchEmbedContents", "/v1alpha/models/{model}:batchEmbedContents"],
        ..METHOD
    },
];
