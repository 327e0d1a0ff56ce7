//! The Gemini family: the model and what to do with it are in the path.

use http::Method;

use super::{
    resource::{Does, LaterCall, Place, Prefixes, ResourceFacts, StorageFacts, Work},
    table::Builtin,
};

const METHOD: Builtin = Builtin { model: None, stream: None, errors: "gemini", ..Builtin::JSON };

pub(super) const FAMILY: [Builtin; 5] = [
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
    Builtin {
        name: "gemini.cached_contents",
        paths: &["/v1beta/cachedContents", "/v1alpha/cachedContents"],
        stream: None,
        errors: "gemini",
        resource: Some(&CACHES),
        ..Builtin::JSON
    },
];

static CACHES: ResourceFacts = ResourceFacts {
    noun: "cached content",
    when: None,
    streamed: None,
    id: "/name",
    prefixes: Prefixes { id: "cachedContents/", model: "models/" },
    list: "cachedContents",
    state: None,
    place: Place::Model,
    work: Work::Storage(StorageFacts { tokens: "/usageMetadata/totalTokenCount", until: "/expireTime" }),
    own_path: None,
    calls: &[
        LaterCall { method: Method::GET, paths: &["/v1beta/cachedContents", "/v1alpha/cachedContents"], does: Does::List },
        LaterCall { method: Method::GET, paths: &["/v1beta/cachedContents/{id}", "/v1alpha/cachedContents/{id}"], does: Does::Read },
        LaterCall { method: Method::PATCH, paths: &["/v1beta/cachedContents/{id}", "/v1alpha/cachedContents/{id}"], does: Does::Change },
        LaterCall { method: Method::DELETE, paths: &["/v1beta/cachedContents/{id}", "/v1alpha/cachedContents/{id}"], does: Does::Delete },
    ],
};
