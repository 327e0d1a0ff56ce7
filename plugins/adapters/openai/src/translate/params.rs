//! The client's parameters: each is taken once, and what nobody took is refused.

use std::{borrow::Cow, collections::BTreeMap, fmt::Display};

use serde::Deserialize;
use serde_json::value::RawValue;
use weighbridge_plugin::{PluginError, bindings::types::Attr};

/// The members of an object that are not null.
#[derive(Debug)]
pub struct Params<'a> {
    members: BTreeMap<Cow<'a, str>, &'a RawValue>,
    /// Where the object is: empty for the request itself, else `messages[2]`.
    place: String,
}

/// A string, borrowed from the body where it has no escapes.
#[derive(Debug, Deserialize)]
pub struct Str<'a>(#[serde(borrow)] pub Cow<'a, str>);

impl<'a> Params<'a> {
    /// Reads an object.
    pub fn read(json: &'a str, place: impl Into<String>) -> Result<Self, PluginError> {
        let place = place.into();
        let members: BTreeMap<Key<'a>, &'a RawValue> = serde_json::from_str(json).map_err(|error| {
            let what = if place.is_empty() { "the request" } else { &place };
            PluginError::invalid_input(format!("{what} is not a JSON object: {error}"))
        })?;
        let members = members.into_iter().filter(|(_, value)| value.get() != "null").map(|(key, value)| (key.0, value)).collect();
        Ok(Self { members, place })
    }
    /// The same, where `snake_case` names mean the same as `camelCase` ones.
    pub fn read_camel(json: &'a str, place: impl Into<String>) -> Result<Self, PluginError> {
        let mut params = Self::read(json, place)?;
        for (name, value) in std::mem::take(&mut params.members) {
            let name = camel(name);
            if params.members.insert(name.clone(), value).is_some() {
                return Err(PluginError::invalid_input(format!("{} is given twice, in two spellings", params.at(&name))));
            }
        }
        Ok(params)
    }
    /// Looks at a parameter without taking it.
    pub fn get(&self, name: &str) -> Option<&'a RawValue> {
        self.members.get(name).copied()
    }
    /// Takes a parameter as it stands.
    pub fn raw(&mut self, name: &str) -> Option<&'a RawValue> {
        self.members.remove(name)
    }
    /// Takes a parameter of a type.
    pub fn take<T: Deserialize<'a>>(&mut self, name: &str) -> Result<Option<T>, PluginError> {
        let Some(raw) = self.raw(name) else { return Ok(None) };
        serde_json::from_str(raw.get()).map(Some).map_err(|error| PluginError::invalid_input(format!("{}: {error}", self.at(name))))
    }
    /// Takes a text.
    pub fn text(&mut self, name: &str) -> Result<Option<Cow<'a, str>>, PluginError> {
        Ok(self.take::<Str<'a>>(name)?.map(|text| text.0))
    }
    /// Takes a text that must be there.
    pub fn required(&mut self, name: &str) -> Result<Cow<'a, str>, PluginError> {
        self.text(name)?.ok_or_else(|| self.missing(name))
    }
    /// Takes a value that must be there, as it stands.
    pub fn required_raw(&mut self, name: &str) -> Result<&'a RawValue, PluginError> {
        self.raw(name).ok_or_else(|| self.missing(name))
    }
    /// Takes a list, as its elements stand; none where it is not there.
    pub fn list(&mut self, name: &str) -> Result<Vec<&'a RawValue>, PluginError> {
        Ok(self.take(name)?.unwrap_or_default())
    }
    /// Takes a list of texts.
    pub fn texts(&mut self, name: &str) -> Result<Vec<Cow<'a, str>>, PluginError> {
        Ok(self.take::<Vec<Str<'a>>>(name)?.unwrap_or_default().into_iter().map(|text| text.0).collect())
    }
    /// Whether a parameter is there.
    pub fn has(&self, name: &str) -> bool {
        self.members.contains_key(name)
    }
    /// Whether a parameter's value begins so: a quotation mark begins a text.
    pub fn begins_with(&self, name: &str, first: char) -> bool {
        self.members.get(name).is_some_and(|value| value.get().starts_with(first))
    }
    /// Drops parameters that have no influence on the answer.
    pub fn ignore(&mut self, names: impl IntoIterator<Item = impl AsRef<str>>) {
        for name in names {
            self.members.remove(name.as_ref());
        }
    }
    /// Drops a parameter that says no more than what happens anyway.
    pub fn ignore_if(&mut self, name: &str, values: &[&str]) {
        if self.members.get(name).is_some_and(|value| values.contains(&value.get())) {
            self.members.remove(name);
        }
    }
    /// Refuses what nobody took.
    pub fn finish(self) -> Result<(), PluginError> {
        match self.members.keys().next() {
            Some(name) => Err(refusal(&self.at(name))),
            None => Ok(()),
        }
    }
    /// A parameter's place, for messages to people.
    pub fn at(&self, name: &str) -> String {
        if self.place.is_empty() { name.into() } else { format!("{}.{name}", self.place) }
    }
    fn missing(&self, name: &str) -> PluginError {
        PluginError::invalid_input(format!("{} is missing", self.at(name)))
    }
}

/// A member's name, borrowed where it has no escapes.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

/// `max_output_tokens` as `maxOutputTokens`.
fn camel(name: Cow<'_, str>) -> Cow<'_, str> {
    if !name.contains('_') || name.starts_with('_') {
        return name;
    }
    let mut camel = String::with_capacity(name.len());
    let mut upper = false;
    for c in name.chars() {
        match c {
            '_' => upper = true,
            c if upper => {
                camel.push(c.to_ascii_uppercase());
                upper = false;
            }
            c => camel.push(c),
        }
    }
    Cow::Owned(camel)
}

/// A text, where the value is one.
pub fn text(raw: &RawValue) -> Option<Cow<'_, str>> {
    serde_json::from_str::<Str<'_>>(raw.get()).ok().map(|text| text.0)
}

/// The refusal of something that chat completions have no counterpart for.
pub fn refusal(place: &str) -> PluginError {
    refuse(place, "has no counterpart in OpenAI's chat completions, and this model is served by them: leave it out")
}

/// A refusal with its reason; the host finds the parameter's name in the attributes.
pub fn refuse(place: &str, why: impl Display) -> PluginError {
    let mut error = PluginError::unsupported(format!("\"{place}\" {why}"));
    error.attrs.push(Attr { key: "param".into(), value: place.into() });
    error
}
