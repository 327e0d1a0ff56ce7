//! The environment's variables, read once and passed on, so that tests need not change the process's own.

use std::collections::BTreeMap;

use figment::{
    Error, Metadata, Profile, Provider,
    value::{Dict, Map, Value},
};
use weighbridge_domain::Secret;

/// A snapshot of the environment.
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<String, String>);

const PREFIX: &str = "WEIGHBRIDGE_";
/// What a layer's errors call it; see [`super::error`].
pub(super) const LAYER: &str = "environment";

impl Environment {
    /// The process's, without variables that are not UTF-8.
    pub fn of_process() -> Self {
        Self(std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))).collect())
    }
    /// These variables.
    pub fn of<const N: usize>(variables: [(&str, &str); N]) -> Self {
        Self(variables.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }
    /// A variable that is set and not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
    /// A credential.
    pub fn secret(&self, name: &str) -> Option<Secret> {
        self.get(name).map(|value| Secret::new(value.trim()))
    }
}

// A credential may stand in any variable.
impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Environment({} variables)", self.0.len())
    }
}

/// `WEIGHBRIDGE_SECTION__KEY` as a layer of the configuration; `WEIGHBRIDGE_URL` and the like, without `__`, are not part of it.
impl Provider for Environment {
    fn metadata(&self) -> Metadata {
        Metadata::named(LAYER)
    }
    fn data(&self) -> Result<Map<Profile, Dict>, Error> {
        let mut root = Dict::new();
        for (name, value) in &self.0 {
            let Some(path) = name.strip_prefix(PREFIX).filter(|path| path.contains("__")) else { continue };
            let path = path.to_ascii_lowercase();
            let keys: Vec<&str> = path.split("__").collect();
            // Figment reads numbers, booleans, lists and tables out of the text; anything else is text.
            let value: Value = value.parse().unwrap_or_else(|_| Value::from(value.as_str()));
            insert(&mut root, &keys, value);
        }
        Ok(Map::from([(Profile::Default, root)]))
    }
}

fn insert(dict: &mut Dict, keys: &[&str], value: Value) {
    match keys {
        [] => {}
        [last] => {
            dict.insert((*last).to_owned(), value);
        }
        [first, rest @ ..] => {
            let inner = dict.entry((*first).to_owned()).or_insert_with(|| Value::from(Dict::new()));
            if let Value::Dict(_, inner) = inner {
                insert(inner, rest, value);
            }
        }
    }
}
