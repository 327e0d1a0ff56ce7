//! The table of dialects: from a path to what is spoken there. Exact paths first, then patterns, the more literal one first;
//! nothing is allocated. What is in no row is refused, never forwarded (metering rule 40).

use std::collections::HashMap;

use http::Method;
use weighbridge_plugin_api::{BodyKind, DialectFacts};

use super::{
    BadPattern, Dialect, ErrorStyle, Spec, anthropic, bedrock, gemini, ollama, openai,
    pattern::{Match, Pattern},
    reads::Reads,
    resource::{Does, LaterCall, ResourceFacts, id_in},
};
use crate::{json::BadPointer, refusal::Refusal};

/// A row that is built in.
#[derive(Clone, Copy)]
pub(super) struct Builtin {
    pub(super) name: &'static str,
    pub(super) paths: &'static [&'static str],
    pub(super) stream_paths: &'static [&'static str],
    pub(super) model: Option<&'static str>,
    pub(super) stream: Option<&'static str>,
    pub(super) stream_default: bool,
    pub(super) body: BodyKind,
    pub(super) default_model: Option<&'static str>,
    pub(super) errors: &'static str,
    /// What its calls leave behind.
    pub(super) resource: Option<&'static ResourceFacts>,
}

impl Builtin {
    /// What most have: a JSON body with `model` and `stream`.
    pub(super) const JSON: Self = Self {
        name: "",
        paths: &[],
        stream_paths: &[],
        model: Some("/model"),
        stream: Some("/stream"),
        stream_default: false,
        body: BodyKind::Json,
        default_model: None,
        errors: "openai",
        resource: None,
    };
    /// The same as a form.
    pub(super) const FORM: Self = Self { body: BodyKind::Form, ..Self::JSON };

    fn facts(&self) -> DialectFacts {
        let owned = |paths: &[&str]| paths.iter().map(|path| (*path).to_owned()).collect();
        DialectFacts {
            name: self.name.into(),
            paths: owned(self.paths),
            stream_paths: owned(self.stream_paths),
            model: self.model.map(Into::into),
            stream: self.stream.map(Into::into),
            stream_default: self.stream_default,
            body: self.body,
            errors: Some(self.errors.into()),
        }
    }
}

/// Why a dialect cannot be taken up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadDialect {
    /// A name that could not stand on a record.
    #[error("{0:?} is not a dialect's name: letters a-z, digits, \"_\" and \".\", at most 64")]
    Name(String),
    /// There is one of this name, and this is another.
    #[error("there is a dialect \"{0}\" already; further paths for it are given by name, paths, stream_paths and errors alone")]
    Known(String),
    /// It cannot be called.
    #[error("\"{0}\" has none")]
    NoPath(String),
    /// A path that is none.
    #[error("{path:?}: {why}")]
    Path {
        /// As written.
        path: String,
        /// What is wrong with it.
        why: BadPattern,
    },
    /// A path that is taken.
    #[error("{path:?} is a path of \"{by}\" already")]
    Taken {
        /// As written.
        path: String,
        /// Whose it is.
        by: String,
    },
    /// A call would have no model.
    #[error("{path:?} has no {{model}} in it, so that \"model\" must say where the body names it")]
    NoModel {
        /// As written.
        path: String,
    },
    /// A pointer that is none.
    #[error("{0}")]
    Pointer(#[from] BadPointer),
    /// A shape that is none.
    #[error(
        "{0:?} is neither a style (openai, anthropic, gemini, bedrock, ollama) nor a JSON template with {{message}} in it, and perhaps {{code}}, {{type}} and {{status}}"
    )]
    Errors(String),
}

impl BadDialect {
    /// The manifest's key that is wrong.
    pub fn key(&self) -> &'static str {
        match self {
            Self::Name(_) | Self::Known(_) => "name",
            Self::NoPath(_) | Self::Path { .. } | Self::Taken { .. } => "paths",
            Self::NoModel { .. } | Self::Pointer(_) => "model",
            Self::Errors(_) => "errors",
        }
    }
}

/// What is spoken at a path.
#[derive(Debug, Clone)]
struct Row {
    dialect: Dialect,
    /// By the path; `None`: the body says.
    streamed: Option<bool>,
}

/// What a request's path says.
#[derive(Debug, Clone)]
pub(crate) struct Found<'t, 'p> {
    pub(crate) dialect: &'t Dialect,
    /// Whether the call is streamed, where the path says so.
    pub(crate) streamed: Option<bool>,
    /// The model, where the path names it; percent-encoded.
    pub(crate) model: Option<&'p str>,
}

/// What a request is that names something which an earlier call left behind.
#[derive(Debug, Clone)]
pub(crate) struct FoundLater<'t, 'p> {
    pub(crate) dialect: &'t Dialect,
    pub(crate) does: Does,
    /// Empty for a list.
    pub(crate) id: &'p str,
}

/// Every dialect that clients may speak.
#[derive(Debug, Clone)]
pub struct Dialects {
    by_name: HashMap<Box<str>, Dialect>,
    exact: HashMap<Box<str>, Row>,
    patterns: Vec<(Pattern, Row)>,
    later: Vec<(&'static LaterCall, Dialect)>,
}

impl Default for Dialects {
    fn default() -> Self {
        Self::built_in()
    }
}

impl Dialects {
    /// The built-in ones.
    pub fn built_in() -> Self {
        let mut table = Self { by_name: HashMap::new(), exact: HashMap::new(), patterns: Vec::new(), later: Vec::new() };
        for row in openai::FAMILY.iter().chain(&anthropic::FAMILY).chain(&gemini::FAMILY).chain(&bedrock::FAMILY).chain(&ollama::FAMILY) {
            table.insert(&row.facts(), row).unwrap_or_else(|bad| unreachable!("{}: {bad}", row.name));
        }
        table
    }

    /// Takes up what a manifest declares: a dialect, or further paths of one.
    pub fn add(&mut self, facts: &DialectFacts) -> Result<(), BadDialect> {
        self.insert(facts, &Builtin::JSON)
    }

    /// Whether there is a dialect of this name.
    pub fn knows(&self, name: &str) -> bool {
        self.by_name.contains_key(name)
    }

    /// What the calls of a dialect leave behind.
    pub(crate) fn resource(&self, name: &str) -> Option<&'static ResourceFacts> {
        self.by_name.get(name)?.resource()
    }

    fn insert(&mut self, facts: &DialectFacts, built_in: &Builtin) -> Result<(), BadDialect> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '.';
        if facts.name.is_empty() || facts.name.len() > 64 || !facts.name.chars().all(plain) {
            return Err(BadDialect::Name(facts.name.clone()));
        }
        if facts.paths.is_empty() && facts.stream_paths.is_empty() {
            return Err(BadDialect::NoPath(facts.name.clone()));
        }
        let dialect = match self.by_name.get(&*facts.name) {
            Some(known) if facts.only_paths() => known.with_errors(facts.errors.as_deref())?,
            Some(_) => return Err(BadDialect::Known(facts.name.clone())),
            None => Dialect::of(facts, built_in)?,
        };
        for call in built_in.resource.iter().flat_map(|resource| resource.calls) {
            self.later.push((call, dialect.clone()));
        }
        // Where a dialect has paths of both kinds, a path says whether its calls are streamed; else the body may.
        let has_flag = dialect.reads().has_stream();
        for path in &facts.paths {
            self.insert_path(path, Row { dialect: dialect.clone(), streamed: (!has_flag).then_some(dialect.stream_default()) })?;
        }
        for path in &facts.stream_paths {
            self.insert_path(path, Row { dialect: dialect.clone(), streamed: Some(true) })?;
        }
        self.by_name.entry(facts.name.as_str().into()).or_insert(dialect);
        Ok(())
    }

    fn insert_path(&mut self, path: &str, row: Row) -> Result<(), BadDialect> {
        let taken = |by: &Row| BadDialect::Taken { path: path.into(), by: by.dialect.as_str().into() };
        let no_model = |row: &Row| !row.dialect.reads().has_model() && row.dialect.default_model().is_none();
        match Pattern::parse(path).map_err(|why| BadDialect::Path { path: path.into(), why })? {
            Some(pattern) => {
                if !pattern.has_model() && no_model(&row) {
                    return Err(BadDialect::NoModel { path: path.into() });
                }
                if let Some((_, other)) = self.patterns.iter().find(|(known, _)| *known == pattern) {
                    return Err(taken(other));
                }
                let place = self.patterns.partition_point(|(known, _)| known.literal_len() >= pattern.literal_len());
                self.patterns.insert(place, (pattern, row));
            }
            None if no_model(&row) => return Err(BadDialect::NoModel { path: path.into() }),
            None => {
                if let Some(other) = self.exact.get(path) {
                    return Err(taken(other));
                }
                self.exact.insert(path.into(), row);
            }
        }
        Ok(())
    }

    /// The dialect that a request is in, by its method and path.
    pub(crate) fn find<'t, 'p>(&'t self, method: &Method, path: &'p str) -> Result<Found<'t, 'p>, Refusal> {
        let found = self.at(path).ok_or_else(|| Refusal::no_such_route(method, path))?;
        if *method == Method::POST { Ok(found) } else { Err(Refusal::method_not_allowed(method, path)) }
    }

    /// What a request is, by its method and path, that names what an earlier call left behind.
    pub(crate) fn find_later<'t, 'p>(&'t self, method: &Method, path: &'p str) -> Option<FoundLater<'t, 'p>> {
        let at = |call: &LaterCall| {
            call.paths.iter().find_map(|pattern| if call.does == Does::List { (*pattern == path).then_some("") } else { id_in(pattern, path) })
        };
        let mine = |(call, dialect): &'t (&'static LaterCall, Dialect)| {
            (call.method == *method).then(|| at(call)).flatten().map(|id| FoundLater { dialect, does: call.does, id })
        };
        self.later.iter().find_map(mine)
    }

    /// Whether something is spoken at a path.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.at(path).is_some()
    }

    fn at<'t, 'p>(&'t self, path: &'p str) -> Option<Found<'t, 'p>> {
        let found = |row: &'t Row, model| Found { dialect: &row.dialect, streamed: row.streamed, model };
        if let Some(row) = self.exact.get(path) {
            return Some(found(row, None));
        }
        self.patterns.iter().find_map(|(pattern, row)| pattern.matches(path).map(|Match { model }| found(row, model)))
    }

    /// The name and error shape that suit a path, whether there is something at it or not.
    pub(crate) fn for_errors<'t>(&'t self, path: &str) -> (&'t str, ErrorStyle) {
        if let Some(found) = self.at(path) {
            return (found.dialect.as_str(), found.dialect.errors().clone());
        }
        let later = |(call, _): &&(&LaterCall, Dialect)| call.paths.iter().any(|pattern| id_in(pattern, path).is_some());
        if let Some((_, dialect)) = self.later.iter().find(later) {
            return (dialect.as_str(), dialect.errors().clone());
        }
        let like = [
            ("/v1/messages", "anthropic.messages"),
            ("/v1beta/", "gemini.generate_content"),
            ("/v1alpha/", "gemini.generate_content"),
            ("/model/", "bedrock.converse"),
            ("/api/", "ollama.chat"),
        ];
        let named = like.into_iter().find(|(beginning, _)| path.starts_with(beginning)).and_then(|(_, name)| self.by_name.get(name));
        match named.or_else(|| self.misplaced(path)).or_else(|| self.neighbour(path)) {
            Some(dialect) => (dialect.as_str(), dialect.errors().clone()),
            None => ("openai.chat", ErrorStyle::Openai),
        }
    }

    /// The dialect whose path this would be without its first segments: the client's base URL is wrong.
    fn misplaced(&self, path: &str) -> Option<&Dialect> {
        path.match_indices('/').skip(1).find_map(|(at, _)| self.exact.get(&path[at..])).map(|row| &row.dialect)
    }

    /// A dialect with a path under the same first segment, where all there have the same shape of errors.
    fn neighbour(&self, path: &str) -> Option<&Dialect> {
        let below = path.strip_prefix('/')?.split_once('/')?.0;
        let mut found: Option<&Dialect> = None;
        for (_, row) in self.exact.iter().filter(|(known, _)| known.strip_prefix('/').and_then(|known| known.strip_prefix(below)?.strip_prefix('/')).is_some())
        {
            match found {
                Some(other) if other.errors() != row.dialect.errors() => return None,
                Some(other) if other.as_str() <= row.dialect.as_str() => {}
                _ => found = Some(&row.dialect),
            }
        }
        found
    }
}

impl Dialect {
    fn of(facts: &DialectFacts, built_in: &Builtin) -> Result<Self, BadDialect> {
        Ok(Self(std::sync::Arc::new(Spec {
            name: facts.name.as_str().into(),
            reads: Reads::new(facts.model.as_deref(), facts.stream.as_deref())?,
            stream_default: facts.stream_default,
            body: facts.body,
            default_model: built_in.default_model,
            resource: built_in.resource,
            errors: style(facts.errors.as_deref().unwrap_or("openai"))?,
        })))
    }

    /// The same dialect for clients that read its errors in another shape.
    fn with_errors(&self, errors: Option<&str>) -> Result<Self, BadDialect> {
        let Some(errors) = errors else { return Ok(self.clone()) };
        let errors = style(errors)?;
        let Spec { name, reads, stream_default, body, default_model, resource, errors: _ } = &*self.0;
        Ok(Self(std::sync::Arc::new(Spec {
            name: name.clone(),
            reads: reads.clone(),
            stream_default: *stream_default,
            body: *body,
            default_model: *default_model,
            resource: *resource,
            errors,
        })))
    }
}

fn style(text: &str) -> Result<ErrorStyle, BadDialect> {
    ErrorStyle::parse(text).ok_or_else(|| BadDialect::Errors(text.into()))
}
