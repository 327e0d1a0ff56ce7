//! State: what an object says of itself.

use bytes::Bytes;
use weighbridge_plugin_api::adapter::Edit;

use super::storage::{self, Stored};
use crate::{
    dialect::{
        ResourceFacts,
        resource::{Results, is_id},
    },
    json::{self, PointerSet},
};

/// What an object says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) id: Option<String>,
    pub(crate) state: Option<String>,
    /// The files with its results.
    pub(crate) results: Vec<String>,
    /// What is stored, where that is what is billed.
    pub(crate) stored: Option<Stored>,
}

/// Reads an object; `None`: it is none.
pub(crate) fn read(facts: &ResourceFacts, object: &[u8]) -> Option<Said> {
    let results: &[&str] = match facts.items().map(|items| items.results) {
        Some(Results::Files { pointers, .. }) => pointers,
        _ => &[],
    };
    let state = facts.state.as_ref().map_or("/", |state| state.pointer);
    let pointers = PointerSet::new([facts.id, state].into_iter().chain(results.iter().copied())).ok()?;
    let mut said = Said::default();
    let text = |json: &str| serde_json::from_str::<String>(json).ok();
    let scanned = pointers.scan(object, |index, json| match index {
        0 => said.id = text(json).and_then(|id| Some(id.strip_prefix(facts.prefixes.id)?.to_owned())).filter(|id| is_id(id)),
        1 => said.state = text(json),
        _ => said.results.extend(text(json).filter(|id| is_id(id))),
    });
    scanned.ok()?;
    said.stored = facts.storage().and_then(|storage| storage::read(storage, object));
    Some(said)
}

/// The object with the path that leads back to the provider replaced by the one here, where it has such a path and says it.
/// An encoded object is left as it is.
pub(crate) fn with_own_path(facts: &ResourceFacts, id: &str, object: &[u8]) -> Option<Bytes> {
    let (pointer, path) = facts.own_path?;
    string_at(object, pointer)?;
    let path = serde_json::Value::from(path.replace("{id}", id)).to_string();
    json::apply(object, &[Edit { pointer: pointer.into(), set: Some(path) }]).ok().map(Bytes::from)
}

/// The string at a pointer of a request.
pub(crate) fn string_at(body: &[u8], pointer: &str) -> Option<String> {
    serde_json::from_str(json::value_at(body, pointer)?).ok()
}

/// Whether there is `true` at a pointer of a request; in a form, the text "true".
pub(crate) fn is_true_at(body: &[u8], pointer: &str) -> bool {
    matches!(json::value_at(body, pointer), Some("true" | "\"true\""))
}
