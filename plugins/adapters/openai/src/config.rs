//! What differs between the providers that speak OpenAI's wire, as data. Every setting has OpenAI's own value as its default,
//! so that another provider's manifest names only what is different there.

use std::collections::BTreeMap;

use serde::Deserialize;
use weighbridge_plugin::{PluginError, adapter::Auth};

pub use crate::{
    dialect::{Dialect, Paths},
    pointers::{CostPointer, Named, UsagePointers},
};
use crate::{
    pointers::one,
    translate::{Translated, config::Translation},
};

/// `[config]` of the manifest, overlaid by the operator's.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// What clients may speak to this provider.
    pub dialects: Vec<Dialect>,
    /// Dialects of the provider's own, by name.
    pub declared: BTreeMap<String, Declared>,
    /// How the credential goes onto the wire: `bearer`, `none`, `header:NAME`, `query:NAME`.
    pub auth: String,
    /// The paths, appended to the base URL. `{model}` stands for the upstream model.
    pub paths: Paths,
    /// Appended to every path: `api-version=…`.
    pub query: String,
    /// Headers set on every upstream request.
    pub headers: BTreeMap<String, String>,
    /// Whether a stream is asked for its usage (`stream_options.include_usage`) when the client did not ask.
    pub ask_for_usage: bool,
    /// How the data of a stream's last event begins. None at all: a stream ends with its body, when a choice has said why it ends.
    pub done: Vec<String>,
    /// The same for responses, where their events have no names.
    pub response_done: Vec<String>,
    /// Where reasoning tokens stand to `completion_tokens`.
    pub reasoning: Standing,
    /// Where audio tokens stand to `prompt_tokens`.
    pub audio: Standing,
    /// Where cached and written tokens stand to `prompt_tokens`.
    pub cache: Standing,
    /// The members of a message that hold reasoning in clear text, to be counted where usage is not reported. Name one only:
    /// some providers send the same text twice.
    pub reasoning_text: Vec<String>,
    /// More pointers to generated text in a whole chat answer.
    pub text: Vec<String>,
    /// Where an answer says what it used. Of several pointers the first that is there counts.
    pub usage: UsagePointers,
    /// Cache writes by their time to live, parts of `usage.cache_write`: a meter and its pointer.
    pub cache_writes: Named,
    /// Where an answer names its service tier.
    pub service_tier: Vec<String>,
    /// Where an answer names its model.
    pub model: Vec<String>,
    /// Other quantities that the answer reports, beside the tokens: a meter and its pointer.
    pub meters: Named,
    /// What prices depend on beside model and tier: a name and its pointer.
    pub dimensions: Named,
    /// Where an answer says what it costs. Of several the first that is there counts.
    pub costs: Vec<CostPointer>,
    /// Which other dialects are translated to chat completions.
    pub translation: Translation,
}

/// A dialect of the provider's own, which its manifest declares to the host.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Declared {
    /// The dialect whose answers its answers are like.
    pub like: Dialect,
    /// Appended to the base URL.
    pub path: String,
    /// Where the prompt's text is, where that is elsewhere.
    #[serde(default)]
    pub prompt_text: Vec<String>,
    /// Quantities that only its answers report.
    #[serde(default)]
    pub meters: Named,
}

/// Where a part stands to the whole that it seems to belong to (metering rule 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// Part of it.
    Inside,
    /// Not part of it.
    Beside,
    /// Beside it where the total is larger than input and output by just this part, else inside.
    Auto,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            dialects: Dialect::USUAL.into(),
            declared: BTreeMap::new(),
            auth: "bearer".into(),
            paths: Paths::default(),
            query: String::new(),
            headers: BTreeMap::new(),
            ask_for_usage: true,
            done: one("[DONE]"),
            response_done: Vec::new(),
            reasoning: Standing::Auto,
            audio: Standing::Auto,
            cache: Standing::Auto,
            reasoning_text: one("reasoning_content"),
            text: Vec::new(),
            usage: UsagePointers::default(),
            cache_writes: Named::default(),
            service_tier: one("/service_tier"),
            model: one("/model"),
            meters: Named::default(),
            dimensions: Named::default(),
            costs: Vec::new(),
            translation: Translation::default(),
        }
    }
}

impl Config {
    /// Reads and checks the JSON object that the host hands over.
    pub fn parse(json: &str) -> Result<Self, PluginError> {
        let config: Self =
            serde_json::from_str(json).map_err(|error| PluginError::invalid_config(format!("the settings of an OpenAI-speaking provider: {error}")))?;
        config.auth()?;
        if let Some(bad) = config.pointers().find(|pointer| !pointer.starts_with('/')) {
            return Err(PluginError::invalid_config(format!("\"{bad}\" is not a JSON pointer: it must begin with \"/\", as \"/usage/prompt_tokens\" does")));
        }
        if let Some(cost) = config.costs.iter().find(|cost| cost.per.checked_ilog10().is_none_or(|zeros| 10u64.pow(zeros) != cost.per)) {
            return Err(PluginError::invalid_config(format!(
                "costs: {} is divided by {}; per must be a power of ten, as 10000000000 is",
                cost.amount.pointer, cost.per
            )));
        }
        Ok(config)
    }
    fn pointers(&self) -> impl Iterator<Item = &String> {
        let lists = self.usage.rules().into_iter().flat_map(|(_, pointers)| pointers);
        let names = self.service_tier.iter().chain(&self.model).chain(&self.text);
        let declared = self.declared.values().flat_map(|declared| declared.prompt_text.iter().chain(declared.meters.0.iter().map(|named| &named.pointer)));
        let named = [&self.cache_writes, &self.meters, &self.dimensions].into_iter().flat_map(|named| &named.0);
        let costs = self.costs.iter().flat_map(CostPointer::pointers);
        lists.chain(names).chain(declared).chain(named.chain(costs).map(|named| &named.pointer))
    }
    /// The dialects that are translated: there must be a chat to translate them to, and what is spoken needs no translation.
    pub fn translated(&self) -> impl Iterator<Item = Translated> {
        let has_chat = self.dialects.contains(&Dialect::Chat);
        let is_spoken = |name: &str| self.dialects.iter().any(|own| own.as_str() == name) || self.declared.contains_key(name);
        self.translation.dialects.iter().copied().filter(move |dialect| has_chat && !is_spoken(dialect.as_str()))
    }
    /// The credential's place.
    pub fn auth(&self) -> Result<Auth, PluginError> {
        match self.auth.split_once(':') {
            None if self.auth == "bearer" => Ok(Auth::Bearer),
            None if self.auth == "none" => Ok(Auth::None),
            Some(("header", name)) if !name.is_empty() => Ok(Auth::Header(name.into())),
            Some(("query", name)) if !name.is_empty() => Ok(Auth::Query(name.into())),
            _ => Err(PluginError::invalid_config(format!("auth is \"{}\"; it may be \"bearer\", \"none\", \"header:NAME\" or \"query:NAME\"", self.auth))),
        }
    }
}
