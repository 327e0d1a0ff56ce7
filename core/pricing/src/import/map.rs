//! The import map: what a file calls the providers and what the book calls them, and each provider's quirks. It is data, so
//! that no provider is named here.

use std::collections::BTreeMap;

use serde::Deserialize;
use weighbridge_domain::{Meter, Text};

use crate::row::{Comparator, DEFAULT_TIER, Derived};

/// The maps of every format, by the format's name.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct ImportMap {
    formats: BTreeMap<String, FormatMap>,
}

/// The map of one format.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct FormatMap {
    /// What rows name as their source.
    pub(crate) source: Option<Text>,
    /// The file's word for a tier → ours: `batches` = `batch`.
    pub(crate) tiers: BTreeMap<String, Text>,
    /// The file's words that look like a tier and are none.
    pub(crate) ignored_tiers: Vec<String>,
    /// The file's word for a multiplier → the fact and value that switch it on.
    pub(crate) multipliers: BTreeMap<String, Condition>,
    pub(crate) providers: BTreeMap<String, ProviderMap>,
}

/// When a multiplier holds.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Condition {
    pub(crate) when: Text,
    pub(crate) is: Text,
}

/// One provider of a file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProviderMap {
    /// Its name in the book; absent: as in the file.
    pub book: Option<Text>,
    /// Taken off the front of its keys, the first that fits; absent: the file's provider name and a slash.
    pub prefixes: Option<Vec<String>>,
    /// How its thresholds compare.
    pub comparator: Comparator,
    /// A model with a single input rate bills every modality at it.
    pub one_input_rate: bool,
    /// Models without a price are normal here (they run at home, or a subscription pays).
    pub free: bool,
    /// Not a provider of calls that the book prices, and why.
    pub skip: Option<String>,
    /// Which of several search fees is the usual one.
    pub search_context: Option<String>,
    /// See [`crate::PriceRow::tier_names`].
    pub tier_names: BTreeMap<Text, Text>,
    /// See [`crate::PriceRow::derived`].
    pub derived: BTreeMap<Meter, Derived>,
}

/// Why a map was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("import map: {0}")]
pub struct MapError(pub String);

impl ImportMap {
    /// From TOML.
    pub fn parse(text: &str) -> Result<Self, MapError> {
        toml::from_str(text).map_err(|e| MapError(e.to_string().trim_end().to_owned()))
    }
    /// The map of one format; an empty one if there is none.
    pub(crate) fn format(mut self, name: &str) -> FormatMap {
        self.formats.remove(name).unwrap_or_default()
    }
}

impl FormatMap {
    /// Our word for the file's word for a tier; `None` when it is to be ignored.
    pub(crate) fn tier<'a>(&'a self, word: Option<&'a str>) -> Option<&'a str> {
        let Some(word) = word else { return Some(DEFAULT_TIER) };
        let ignored = self.ignored_tiers.iter().any(|ignored| ignored == word);
        (!ignored).then(|| self.tiers.get(word).map_or(word, |tier| &**tier))
    }
}

impl ProviderMap {
    fn prefix<'k>(&self, provider: &str, key: &'k str) -> Option<&'k str> {
        let by_default = [format!("{provider}/")];
        let prefixes = self.prefixes.as_deref().unwrap_or(&by_default);
        prefixes.iter().find_map(|prefix| key.strip_prefix(prefix.as_str())).filter(|rest| !rest.is_empty())
    }
    /// Whether a key names the provider.
    pub(crate) fn is_explicit(&self, provider: &str, key: &str) -> bool {
        self.prefix(provider, key).is_some()
    }
    /// The model's name in the book.
    pub(crate) fn model<'k>(&self, provider: &str, key: &'k str) -> &'k str {
        self.prefix(provider, key).unwrap_or(key)
    }
}
