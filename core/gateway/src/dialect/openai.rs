//! The OpenAI family. Clients whose base URL lacks `/v1` are understood too, and those that name a deployment in the path.

use http::Method;

use super::{
    resource::{Does, ItemDialect, ItemFacts, LaterCall, Place, Prefixes, ResourceFacts, Results, StateFacts, Work},
    table::Builtin,
};

pub(super) const FAMILY: [Builtin; 15] = [
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
    Builtin {
        name: "openai.responses",
        paths: &["/v1/responses", "/responses", "/openai/v1/responses", "/openai/responses"],
        resource: Some(&RESPONSES),
        ..Builtin::JSON
    },
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
    Builtin { name: "openai.videos", paths: &["/v1/videos", "/videos"], stream: None, resource: Some(&VIDEOS), ..Builtin::FORM },
    Builtin {
        name: "openai.files",
        paths: &["/v1/files", "/files"],
        model: None,
        stream: None,
        default_model: Some("file"),
        resource: Some(&FILES),
        ..Builtin::FORM
    },
    Builtin {
        name: "openai.batches",
        paths: &["/v1/batches", "/batches"],
        model: None,
        stream: None,
        default_model: Some("batch"),
        resource: Some(&BATCHES),
        ..Builtin::JSON
    },
];

/// Responses that go on in the background; all others leave nothing that can be asked for here.
static RESPONSES: ResourceFacts = ResourceFacts {
    noun: "background response",
    when: Some("/background"),
    streamed: Some("/response"),
    id: "/id",
    prefixes: Prefixes::NONE,
    list: "data",
    state: Some(StateFacts { pointer: "/status", done: &["completed", "incomplete"], failed: &["failed", "cancelled", "expired"] }),
    place: Place::Model,
    work: Work::Whole,
    own_path: None,
    calls: &[
        LaterCall {
            method: Method::GET,
            paths: &["/v1/responses/{id}", "/responses/{id}", "/openai/v1/responses/{id}", "/openai/responses/{id}"],
            does: Does::Read,
        },
        LaterCall {
            method: Method::POST,
            paths: &["/v1/responses/{id}/cancel", "/responses/{id}/cancel", "/openai/v1/responses/{id}/cancel", "/openai/responses/{id}/cancel"],
            does: Does::Cancel,
        },
        LaterCall { method: Method::GET, paths: &["/v1/responses/{id}/input_items", "/responses/{id}/input_items"], does: Does::Look("input_items") },
        LaterCall {
            method: Method::DELETE,
            paths: &["/v1/responses/{id}", "/responses/{id}", "/openai/v1/responses/{id}", "/openai/responses/{id}"],
            does: Does::Delete,
        },
    ],
};

static VIDEOS: ResourceFacts = ResourceFacts {
    noun: "video",
    when: None,
    streamed: None,
    id: "/id",
    prefixes: Prefixes::NONE,
    list: "data",
    state: Some(StateFacts { pointer: "/status", done: &["completed"], failed: &["failed", "cancelled", "expired"] }),
    place: Place::Model,
    work: Work::Whole,
    own_path: None,
    calls: &[
        LaterCall { method: Method::GET, paths: &["/v1/videos", "/videos"], does: Does::List },
        LaterCall { method: Method::GET, paths: &["/v1/videos/{id}", "/videos/{id}"], does: Does::Read },
        LaterCall { method: Method::GET, paths: &["/v1/videos/{id}/content", "/videos/{id}/content"], does: Does::Content },
        LaterCall { method: Method::DELETE, paths: &["/v1/videos/{id}", "/videos/{id}"], does: Does::Delete },
    ],
};

static FILES: ResourceFacts = ResourceFacts {
    noun: "file",
    when: None,
    streamed: None,
    id: "/id",
    prefixes: Prefixes::NONE,
    list: "data",
    state: None,
    place: Place::Lines("file"),
    work: Work::None,
    own_path: None,
    calls: &[
        LaterCall { method: Method::GET, paths: &["/v1/files", "/files"], does: Does::List },
        LaterCall { method: Method::GET, paths: &["/v1/files/{id}", "/files/{id}"], does: Does::Read },
        LaterCall { method: Method::GET, paths: &["/v1/files/{id}/content", "/files/{id}/content"], does: Does::Content },
        LaterCall { method: Method::DELETE, paths: &["/v1/files/{id}", "/files/{id}"], does: Does::Delete },
    ],
};

static BATCHES: ResourceFacts = ResourceFacts {
    noun: "batch",
    when: None,
    streamed: None,
    id: "/id",
    prefixes: Prefixes::NONE,
    list: "data",
    state: Some(StateFacts { pointer: "/status", done: &["completed", "expired", "cancelled"], failed: &["failed"] }),
    place: Place::Beside { dialect: "openai.files", pointer: "/input_file_id" },
    work: Work::Items(ItemFacts {
        dialect: ItemDialect::ByPath("/endpoint"),
        results: Results::Files { dialect: "openai.files", pointers: &["/output_file_id", "/error_file_id"] },
        custom_id: "/custom_id",
        answer: "/response/body",
        status: Some("/response/status_code"),
        tier: "batch",
    }),
    own_path: None,
    calls: &[
        LaterCall { method: Method::GET, paths: &["/v1/batches", "/batches"], does: Does::List },
        LaterCall { method: Method::GET, paths: &["/v1/batches/{id}", "/batches/{id}"], does: Does::Read },
        LaterCall { method: Method::POST, paths: &["/v1/batches/{id}/cancel", "/batches/{id}/cancel"], does: Does::Cancel },
    ],
};
