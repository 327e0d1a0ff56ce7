//! The family of Anthropic messages.

use http::Method;

use super::{
    resource::{Does, ItemDialect, ItemFacts, LaterCall, Place, Prefixes, ResourceFacts, Results, StateFacts, Work},
    table::Builtin,
};

pub(super) const FAMILY: [Builtin; 3] = [
    Builtin { name: "anthropic.messages", paths: &["/v1/messages"], errors: "anthropic", ..Builtin::JSON },
    Builtin { name: "anthropic.count_tokens", paths: &["/v1/messages/count_tokens"], stream: None, errors: "anthropic", ..Builtin::JSON },
    Builtin {
        name: "anthropic.batches",
        paths: &["/v1/messages/batches"],
        model: None,
        stream: None,
        default_model: Some("batch"),
        errors: "anthropic",
        resource: Some(&BATCHES),
        ..Builtin::JSON
    },
];

static BATCHES: ResourceFacts = ResourceFacts {
    noun: "message batch",
    when: None,
    streamed: None,
    id: "/id",
    prefixes: Prefixes::NONE,
    list: "data",
    state: Some(StateFacts { pointer: "/processing_status", done: &["ended"], failed: &[] }),
    place: Place::Models("/requests/*/params/model"),
    work: Work::Items(ItemFacts {
        dialect: ItemDialect::Named("anthropic.messages"),
        results: Results::Own,
        custom_id: "/custom_id",
        answer: "/result/message",
        status: None,
        tier: "batch",
    }),
    // The official clients follow it, with the key that is this gateway's.
    own_path: Some(("/results_url", "/v1/messages/batches/{id}/results")),
    calls: &[
        LaterCall { method: Method::GET, paths: &["/v1/messages/batches"], does: Does::List },
        LaterCall { method: Method::GET, paths: &["/v1/messages/batches/{id}"], does: Does::Read },
        LaterCall { method: Method::GET, paths: &["/v1/messages/batches/{id}/results"], does: Does::Content },
        LaterCall { method: Method::POST, paths: &["/v1/messages/batches/{id}/cancel"], does: Does::Cancel },
        LaterCall { method: Method::DELETE, paths: &["/v1/messages/batches/{id}"], does: Does::Delete },
    ],
};
