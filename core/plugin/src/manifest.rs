//! `plugin.toml`: what a plugin is, what it asks for, and what it is configured with.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::counter::Scope;
use crate::dialect::DialectFacts;

/// Which socket a plugin fills.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A provider's wire.
    Adapter,
    /// Tokens of a text.
    Counter,
    /// A pricing rule.
    Pricing,
    /// Out to another system.
    Exporter,
}

impl Kind {
    /// The word in a manifest.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Adapter => "adapter",
            Kind::Counter => "counter",
            Kind::Pricing => "pricing",
            Kind::Exporter => "exporter",
        }
    }
}

/// A plugin's manifest. Unknown keys are refused.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The name that configuration uses.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Which socket.
    pub kind: Kind,
    /// The contract it was built for, `0.1.0`.
    pub contract: String,
    /// One line for people.
    pub description: String,
    /// The name of another plugin of the same kind whose component this one uses (a provider as data).
    #[serde(default)]
    pub component: Option<String>,
    /// The part of the host that does the work, for what has no component: `tokenizer.json` (counters).
    #[serde(default)]
    pub native: Option<String>,
    /// Adapters: how a provider of this kind is found and priced.
    #[serde(default)]
    pub provider: Option<ProviderFacts>,
    /// Adapters: API shapes that clients may speak, beside the built-in ones.
    #[serde(default)]
    pub dialects: Vec<DialectFacts>,
    /// Handed to `configure` (adapters, counters, exporters), overlaid by the operator's.
    #[serde(default)]
    pub config: BTreeMap<String, toml::Value>,
}

/// What the gateway needs to know of a provider to switch it on by its key alone.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderFacts {
    /// The usual base URL.
    #[serde(default)]
    pub base_url: Option<String>,
    /// The usual environment variable of the key: when it is set, the provider is on.
    #[serde(default)]
    pub api_key_env: Option<String>,
    /// Further variables that belong to the key, in order. The last one may be missing (the token of a temporary key).
    #[serde(default)]
    pub api_key_more_env: Vec<String>,
    /// The usual environment variable of the region: for signatures, and for `{region}` in the base URL.
    #[serde(default)]
    pub region_env: Option<String>,
    /// The name that its rows have in the price book; absent: the plugin's name.
    #[serde(default)]
    pub price_book: Option<String>,
}

/// Why a manifest was not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// Not TOML, or not these keys.
    #[error("plugin.toml: {0}")]
    Syntax(String),
    /// Built for another contract.
    #[error("plugin.toml: contract is \"{0}\"; this host speaks \"0.1.0\"")]
    Contract(String),
}

impl Manifest {
    /// Reads and checks a manifest.
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        let manifest: Self = toml::from_str(text).map_err(|error| ManifestError::Syntax(error.to_string()))?;
        if manifest.contract != "0.1.0" {
            return Err(ManifestError::Contract(manifest.contract));
        }
        Ok(manifest)
    }
    /// For which models a counter is asked: `models` and `other_models` of its configuration, with the operator's values over the
    /// manifest's. `None`: it does not say, and has to be asked itself.
    pub fn scope(&self, operator: &BTreeMap<String, toml::Value>) -> Option<Scope> {
        let value = |key: &str| operator.get(key).or_else(|| self.config.get(key));
        let models = value("models")?.as_array()?.iter().map(|model| model.as_str().map(str::to_owned)).collect::<Option<_>>()?;
        Some(Scope { models, other_models: value("other_models").and_then(toml::Value::as_bool).unwrap_or(false) })
    }
    /// The configuration as the JSON object that `configure` takes, with the operator's values over the manifest's.
    pub fn config_json(&self, operator: &BTreeMap<String, toml::Value>) -> String {
        let mut merged = self.config.clone();
        merged.extend(operator.iter().map(|(key, value)| (key.clone(), value.clone())));
        serde_json::to_string(&merged).unwrap_or_else(|_| "{}".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_for_another_contract_is_refused() {
        let text = "name = \"x\"\nversion = \"1\"\nkind = \"pricing\"\ncontract = \"9.0.0\"\ndescription = \"\"\n";
        assert_eq!(Manifest::parse(text).unwrap_err().to_string(), "plugin.toml: contract is \"9.0.0\"; this host speaks \"0.1.0\"");
    }
}
