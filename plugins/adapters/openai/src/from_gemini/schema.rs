//! Gemini's schemas as JSON schemas: types are in lower case there, and null is a type. The order of members is kept: a model
//! writes its answer in that order.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::{Value, value::RawValue};
use weighbridge_plugin::PluginError;

use crate::translate::params::text;

/// Schemas in schemas beyond this depth are not read.
const DEEPEST: usize = 64;

/// Counts, which the API's clients may write as texts.
const COUNTS: [&str; 6] = ["minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties"];

/// An object's members in their order.
struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Members<'de>;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some((name, value)) = map.next_entry::<crate::translate::params::Str<'de>, &'de RawValue>()? {
                    members.push((name.0, value));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Read)
    }
}

/// A schema as a JSON schema.
pub fn json(schema: &RawValue, place: &str) -> Result<Box<RawValue>, PluginError> {
    let mut written = String::with_capacity(schema.get().len());
    let wrong = |error: serde_json::Error| PluginError::invalid_input(format!("{place} is not a schema: {error}"));
    write(schema.get(), &mut written, 0).map_err(wrong)?;
    RawValue::from_string(written).map_err(wrong)
}

fn write(schema: &str, out: &mut String, depth: usize) -> Result<(), serde_json::Error> {
    // Not an object: `true`, or something that the provider will complain about.
    if depth > DEEPEST || !schema.starts_with('{') {
        out.push_str(schema);
        return Ok(());
    }
    let Members(members) = serde_json::from_str(schema)?;
    let find = |wanted: &str| members.iter().find(|(name, _)| name == wanted).map(|(_, value)| *value);
    let nullable = find("nullable").is_some_and(|value| value.get() == "true");
    let order: Vec<String> = find("propertyOrdering").or(find("property_ordering")).and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default();
    out.push('{');
    for (name, value) in &members {
        let name = match name.as_ref() {
            "nullable" | "propertyOrdering" | "property_ordering" => continue,
            "any_of" => "anyOf",
            name => name,
        };
        member(name, out);
        match name {
            "type" => out.push_str(&kind(value, nullable)),
            "properties" => properties(value.get(), &order, out, depth)?,
            "items" => write(value.get(), out, depth + 1)?,
            "anyOf" => list(value.get(), out, depth)?,
            name if COUNTS.contains(&name) => out.push_str(text(value).as_deref().unwrap_or(value.get())),
            _ => out.push_str(value.get()),
        }
    }
    out.push('}');
    Ok(())
}

/// A member's name, with a comma before it where another stands there.
fn member(name: &str, out: &mut String) {
    if !out.ends_with('{') {
        out.push(',');
    }
    out.push_str(&Value::from(name).to_string());
    out.push(':');
}

fn kind(value: &RawValue, nullable: bool) -> String {
    match text(value) {
        Some(kind) if nullable => format!("[{},\"null\"]", Value::from(kind.to_ascii_lowercase())),
        Some(kind) => Value::from(kind.to_ascii_lowercase()).to_string(),
        None => value.get().to_owned(),
    }
}

fn properties(json: &str, order: &[String], out: &mut String, depth: usize) -> Result<(), serde_json::Error> {
    let Members(mut members) = serde_json::from_str(json)?;
    members.sort_by_key(|(name, _)| order.iter().position(|ordered| ordered == name).unwrap_or(order.len()));
    out.push('{');
    for (name, value) in &members {
        member(name, out);
        write(value.get(), out, depth + 1)?;
    }
    out.push('}');
    Ok(())
}

fn list(json: &str, out: &mut String, depth: usize) -> Result<(), serde_json::Error> {
    let schemas: Vec<&RawValue> = serde_json::from_str(json)?;
    out.push('[');
    for (index, schema) in schemas.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write(schema.get(), out, depth + 1)?;
    }
    out.push(']');
    Ok(())
}
