//! What is wrong with a configuration: where it stands, which key, what was found and what was expected.

use std::fmt;

use figment::{
    Metadata,
    error::{Actual, Kind},
};

use super::{environment, load};

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file, the environment variable or the command line; empty when nothing was given (a default cannot be wrong, a missing key can).
    pub origin: String,
    /// The key, as `section.key` or `models[0].targets[1].provider`; empty for the file as a whole.
    pub key: String,
    /// What is wrong and what was expected.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in [&self.origin, &self.key] {
            if !part.is_empty() {
                write!(f, "{part}: ")?;
            }
        }
        f.write_str(&self.message)
    }
}

/// Why a configuration was not taken: every problem, a line each.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct ConfigError(pub Vec<Problem>);

impl ConfigError {
    /// A single problem.
    pub fn one(origin: impl Into<String>, key: impl Into<String>, message: impl Into<String>) -> Self {
        Self(vec![Problem { origin: origin.into(), key: key.into(), message: message.into() }])
    }
}

impl From<figment::Error> for ConfigError {
    fn from(error: figment::Error) -> Self {
        Self(error.into_iter().map(Problem::from).collect())
    }
}

impl From<figment::Error> for Problem {
    fn from(error: figment::Error) -> Self {
        let mut path = error.path.clone();
        if let Kind::UnknownField(field, _) = &error.kind
            && path.last() != Some(field)
        {
            path.push(field.clone());
        }
        if let Kind::MissingField(field) = &error.kind
            && path.last().map(String::as_str) != Some(field)
        {
            path.push(field.to_string());
        }
        let key = key_of(&path);
        Problem { origin: origin_of(error.metadata.as_ref(), &path), key, message: message_of(&error.kind) }
    }
}

/// `["models", "0", "name"]` as people write it: `models[0].name`.
fn key_of(path: &[String]) -> String {
    let mut key = String::new();
    for part in path {
        if part.bytes().all(|b| b.is_ascii_digit()) && !key.is_empty() {
            key.push_str(&format!("[{part}]"));
        } else {
            if !key.is_empty() {
                key.push('.');
            }
            key.push_str(part);
        }
    }
    key
}

/// Where a layer's value came from, in the operator's words.
pub(super) fn origin_of(metadata: Option<&Metadata>, path: &[String]) -> String {
    let Some(metadata) = metadata else { return String::new() };
    match (&*metadata.name, &metadata.source) {
        (environment::LAYER, _) => format!("WEIGHBRIDGE_{} (environment)", path.join("__").to_ascii_uppercase()),
        (load::FLAGS_LAYER, _) => "command line".into(),
        (_, Some(figment::Source::File(path))) => path.display().to_string(),
        _ => String::new(),
    }
}

fn message_of(kind: &Kind) -> String {
    match kind {
        Kind::InvalidType(found, expected) | Kind::InvalidValue(found, expected) => {
            format!("found {}, expected {}", found_in_words(found), expected_in_words(expected))
        }
        Kind::UnknownField(_, []) => "unknown key".into(),
        Kind::UnknownField(_, expected) => format!("unknown key; expected one of: {}", expected.join(", ")),
        Kind::UnknownVariant(found, expected) => format!("found \"{found}\", expected one of: {}", quoted(expected)),
        Kind::MissingField(_) => "missing; it has to be given".into(),
        Kind::DuplicateField(_) => "given twice".into(),
        Kind::InvalidLength(length, expected) => format!("found {length} items, expected {}", expected_in_words(expected)),
        Kind::ISizeOutOfRange(number) => format!("{number} is out of range"),
        Kind::USizeOutOfRange(number) => format!("{number} is out of range"),
        Kind::Unsupported(found) => format!("{} is not possible here", found_in_words(found)),
        Kind::UnsupportedKey(found, _) => format!("{} is not possible as a key", found_in_words(found)),
        Kind::Message(message) if message.contains("untagged enum SheetValue") => {
            "a value in a rule is not possible there; write decimals as text such as \"12.5\", so that no digit is lost".into()
        }
        Kind::Message(message) => message.trim_end().to_owned(),
    }
}

fn found_in_words(found: &Actual) -> String {
    match found {
        Actual::Bool(value) => value.to_string(),
        Actual::Unsigned(value) => value.to_string(),
        Actual::Signed(value) => value.to_string(),
        Actual::Float(value) => value.to_string(),
        Actual::Char(value) => format!("{value:?}"),
        Actual::Str(value) => format!("{value:?}"),
        Actual::Seq => "a list".into(),
        Actual::Map => "a table".into(),
        other => other.to_string(),
    }
}

fn expected_in_words(expected: &str) -> String {
    match expected {
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number, zero or more".into(),
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number".into(),
        "a string" => "text in quotes".into(),
        "a boolean" => "true or false".into(),
        "a sequence" => "a list".into(),
        "a map" => "a table".into(),
        other if other.starts_with("struct ") => "a table".into(),
        other => other.into(),
    }
}

fn quoted(words: &[&str]) -> String {
    words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(", ")
}
