//! The client's parameters: each is taken once, and what nobody took is refused.

use std::{borrow::Cow, collections::BTreeMap, fmt::Display};

use serde::Deserialize;
use serde_json::value::RawValue;
use weighbridge_plugin::PluginError;

/// The members of an object that are not null.
#[derive(Debug)]
pub struct Params<'a> {
    members: BTreeMap<String, &'a RawValue>,
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
        let members: BTreeMap<String, &'a RawValue> = serde_json::from_str(json).map_err(|error| {
            let what = if place.is_empty() { "the request" } else { &place };
            PluginError::invalid_input(format!("{what} is not a JSON object: {error}"))
        })?;
        let members = members.into_iter().filter(|(_, value)| value.get() != "null").collect();
        Ok(Self { members, place })
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
        self.text(name)?.ok_or_else(|| PluginError::invalid_input(format!("{} is missing", self.at(name))))
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
}

/// The refusal of something that Gemini has no counterpart for.
pub fn refusal(place: &str) -> PluginError {
    refuse(place, "has no counterpart in Google's generateContent, and this model is served by it: leave it out")
}

/// A refusal with its reason; the host finds the parameter's name in the attributes.
pub fn refuse(place: &str, why: impl Display) -> PluginError {
    let mut error = PluginError::unsupported(format!("\"{place}\" {why}"));
    error.attrs.push(weighbridge_plugin::bindings::types::Attr { key: "param".into(), value: place.into() });
    error
}
