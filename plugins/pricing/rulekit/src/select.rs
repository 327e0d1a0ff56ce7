//! Which calls and which meters a rule is about: `models`, `providers`, `tags`, `meters`, each absent for all.

use weighbridge_plugin::adapter::Quantity;
use weighbridge_plugin::meter;
use weighbridge_plugin::pricing::Usage;

use crate::names::Pattern;
use crate::sheet::Table;

/// The keys of calls.
pub const CALLS: [&str; 3] = ["models", "providers", "tags"];

/// A selection; every part of it must fit.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Select {
    models: Vec<Pattern>,
    providers: Vec<Pattern>,
    /// Each a dimension, `tag.team`, and its value.
    tags: Vec<(String, Pattern)>,
    meters: Vec<Meters>,
}

/// Meters by a word.
#[derive(Debug, Clone, PartialEq)]
enum Meters {
    /// `tokens`: all that are counted in tokens.
    Tokens,
    /// `input_total`: input, cache reads and cache writes.
    InputTotal,
    /// `output_total`: output and reasoning.
    OutputTotal,
    Named(Pattern),
}

impl Select {
    /// The keys of [`CALLS`] and `meters`.
    pub fn read(table: &Table<'_>) -> Self {
        Self { meters: meters(table), ..Self::calls(table) }
    }
    /// The keys of [`CALLS`].
    pub fn calls(table: &Table<'_>) -> Self {
        let patterns = |key, example| table.texts(key, example).into_iter().map(Pattern::new).collect();
        Self {
            models: patterns("models", "[ \"acme/large\", \"small-*\" ]"),
            providers: patterns("providers", "[ \"acme\" ]"),
            tags: tags(table),
            meters: Vec::new(),
        }
    }
    /// Whether it is about this call.
    pub fn call(&self, usage: &Usage) -> bool {
        let of = |list: &[Pattern], fits: &dyn Fn(&Pattern) -> bool| list.is_empty() || list.iter().any(fits);
        of(&self.providers, &|pattern| pattern.fits(&usage.provider))
            && of(&self.models, &|pattern| pattern.fits_model(&usage.provider, &usage.model))
            && self.tags.iter().all(|(dimension, pattern)| dimension_of(usage, dimension).is_some_and(|value| pattern.fits(value)))
    }
    /// Whether it is about this meter; a line that is about none is selected where no meters are named.
    pub fn meter(&self, name: &str) -> bool {
        self.meters.is_empty() || self.meters.iter().any(|meters| meters.have(name))
    }
    /// The unit of the selected quantities: that of the meters, `units` where they are of several.
    pub fn unit(&self) -> &'static str {
        self.one_unit().unwrap_or("units")
    }
    fn one_unit(&self) -> Option<&'static str> {
        let mut units = self.meters.iter().map(|meters| match meters {
            Meters::Named(pattern) if pattern.as_str().contains('*') => None,
            Meters::Named(pattern) => Some(meter::unit(pattern.as_str())),
            _ => Some("tokens"),
        });
        let first = units.next()??;
        units.all(|unit| unit == Some(first)).then_some(first)
    }
    /// The quantities of a call that it is about; none of a call that it is not about.
    pub fn quantities<'a>(&'a self, usage: &'a Usage) -> impl Iterator<Item = &'a Quantity> {
        let call = self.call(usage);
        let billed = |name: &str| is_billed(name) || !self.meters.is_empty();
        usage.quantities.iter().filter(move |quantity| call && billed(&quantity.meter) && self.meter(&quantity.meter))
    }
    /// What an aggregate of the selected quantities is of: a meter, or `*`.
    pub fn counted(&self) -> String {
        match &self.meters[..] {
            [Meters::Named(pattern)] if !pattern.as_str().contains('*') => pattern.as_str().into(),
            _ => "*".into(),
        }
    }
    /// The facts of a call that it looks at.
    pub fn dimensions(&self) -> Vec<String> {
        self.tags.iter().map(|(dimension, _)| dimension.clone()).collect()
    }
}

impl Meters {
    fn have(&self, name: &str) -> bool {
        let tokens = || meter::unit(name) == "tokens" && is_billed(name);
        let input = || name.starts_with("input") || name.starts_with("cache_");
        match self {
            Self::Tokens => tokens(),
            Self::InputTotal => tokens() && input(),
            Self::OutputTotal => tokens() && !input(),
            Self::Named(pattern) => pattern.as_str() == name || (pattern.fits(name) && is_billed(name)),
        }
    }
}

/// Whether anybody bills it: what a search puts into the prompt is reported and costs nothing (metering rule 31). A sheet that
/// means it has to name it.
pub fn is_billed(meter: &str) -> bool {
    meter != "input_grounding"
}

/// A dimension's value, if the call has it.
pub fn dimension_of<'a>(usage: &'a Usage, name: &str) -> Option<&'a str> {
    usage.dimensions.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

fn tags(table: &Table<'_>) -> Vec<(String, Pattern)> {
    let example = "{ team = \"research\" }";
    let Some(tags) = table.table("tags", example) else { return Vec::new() };
    let mut read = Vec::new();
    for (name, value) in tags.entries() {
        match value.as_str() {
            Some(value) => read.push((["tag.", name].concat(), Pattern::new(value))),
            None => table.problem_at(tags.path_of_name(name), format!("expected the tag's value, such as {example}")),
        }
    }
    read
}

fn meters(table: &Table<'_>) -> Vec<Meters> {
    let named = table.texts("meters", "[ \"input\", \"cache_*\" ]");
    if let Some(bad) = named.iter().find(|name| !is_meter(name)) {
        table.problem("meters", format!("{bad:?} is not a meter's name such as \"input\", \"cache_*\" or \"tokens\""));
    }
    let word = |name: &str| match name {
        "tokens" => Meters::Tokens,
        "input_total" => Meters::InputTotal,
        "output_total" => Meters::OutputTotal,
        _ => Meters::Named(Pattern::new(name)),
    };
    named.into_iter().map(word).collect()
}

/// Snake case, or a pattern of it.
pub fn is_meter(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase() || c == '*') && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_*".contains(&b))
}
