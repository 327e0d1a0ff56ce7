//! What differs between the providers that speak OpenAI's wire, as data. Every setting has OpenAI's own value as its default,
//! so that another provider's manifest names only what is different there.

use std::collections::BTreeMap;

use serde::Deserialize;
use weighbridge_plugin::{PluginError, adapter::Auth};

use crate::translate::{Translated, config::Translation};

/// `[config]` of the manifest, overlaid by the operator's.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// What clients may speak to this provider.
    pub dialects: Vec<Dialect>,
    /// How the credential goes onto the wire: `bearer`, `none`, `header:NAME`, `query:NAME`.
    pub auth: String,
    /// The paths, appended to the base URL. `{model}` stands for the upstream model.
    pub paths: Paths,
    /// Headers set on every upstream request.
    pub headers: BTreeMap<String, String>,
    /// Whether a stream is asked for its usage (`stream_options.include_usage`) when the client did not ask.
    pub ask_for_usage: bool,
    /// Where reasoning tokens stand.
    pub reasoning: Reasoning,
    /// The members of a message that hold reasoning in clear text, to be counted where usage is not reported. Name one only:
    /// some providers send the same text twice.
    pub reasoning_text: Vec<String>,
    /// Where an answer says what it used. Of several pointers the first that is there counts.
    pub usage: UsagePointers,
    /// Where an answer names its service tier.
    pub service_tier: Vec<String>,
    /// Where an answer names its model.
    pub model: Vec<String>,
    /// Other quantities that the answer reports, beside the tokens: a meter and its pointer.
    pub meters: BTreeMap<String, String>,
    /// Which other dialects are translated to chat completions.
    pub translation: Translation,
}

/// An API shape that clients may speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Dialect {
    /// Chat completions.
    #[serde(rename = "openai.chat")]
    Chat,
    /// Responses.
    #[serde(rename = "openai.responses")]
    Responses,
    /// Embeddings.
    #[serde(rename = "openai.embeddings")]
    Embeddings,
    /// The older completions of a text.
    #[serde(rename = "openai.completions")]
    Completions,
}

/// Where the paths are.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Paths {
    /// Chat completions.
    pub chat: String,
    /// Responses.
    pub responses: String,
    /// Embeddings.
    pub embeddings: String,
    /// Completions of a text.
    pub completions: String,
}

/// Where reasoning tokens stand to `completion_tokens` (metering rule 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reasoning {
    /// Part of it.
    Inside,
    /// Not part of it.
    Beside,
    /// Beside it where prompt + completion + reasoning is the total, else inside.
    Auto,
}

/// Where usage stands in a chat answer, from its top: for a whole answer and for a stream's event alike.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct UsagePointers {
    /// All input, cached included.
    pub input: Vec<String>,
    /// Input read from a cache.
    pub cached: Vec<String>,
    /// Input not read from a cache, where a provider says that too.
    pub cache_miss: Vec<String>,
    /// Input written to a cache.
    pub cache_write: Vec<String>,
    /// Input that is audio.
    pub input_audio: Vec<String>,
    /// Input that is images.
    pub input_image: Vec<String>,
    /// Input that is video.
    pub input_video: Vec<String>,
    /// All output.
    pub output: Vec<String>,
    /// Reasoning.
    pub reasoning: Vec<String>,
    /// Output that is audio.
    pub output_audio: Vec<String>,
    /// Output that is images.
    pub output_image: Vec<String>,
    /// Input and output.
    pub total: Vec<String>,
}

fn one(pointer: &str) -> Vec<String> {
    vec![pointer.into()]
}

impl Default for Config {
    fn default() -> Self {
        Self {
            dialects: vec![Dialect::Chat, Dialect::Responses, Dialect::Embeddings, Dialect::Completions],
            auth: "bearer".into(),
            paths: Paths::default(),
            headers: BTreeMap::new(),
            ask_for_usage: true,
            reasoning: Reasoning::Auto,
            reasoning_text: one("reasoning_content"),
            usage: UsagePointers::default(),
            service_tier: one("/service_tier"),
            model: one("/model"),
            meters: BTreeMap::new(),
            translation: Translation::default(),
        }
    }
}

impl Default for Paths {
    fn default() -> Self {
        Self { chat: "/chat/completions".into(), responses: "/responses".into(), embeddings: "/embeddings".into(), completions: "/completions".into() }
    }
}

impl Default for UsagePointers {
    fn default() -> Self {
        Self {
            input: one("/usage/prompt_tokens"),
            cached: one("/usage/prompt_tokens_details/cached_tokens"),
            cache_miss: Vec::new(),
            cache_write: one("/usage/prompt_tokens_details/cache_write_tokens"),
            input_audio: one("/usage/prompt_tokens_details/audio_tokens"),
            input_image: one("/usage/prompt_tokens_details/image_tokens"),
            input_video: one("/usage/prompt_tokens_details/video_tokens"),
            output: one("/usage/completion_tokens"),
            reasoning: one("/usage/completion_tokens_details/reasoning_tokens"),
            output_audio: one("/usage/completion_tokens_details/audio_tokens"),
            output_image: one("/usage/completion_tokens_details/image_tokens"),
            total: one("/usage/total_tokens"),
        }
    }
}

impl Dialect {
    /// By its name in a plan.
    pub fn parse(name: &str) -> Result<Self, PluginError> {
        [Self::Chat, Self::Responses, Self::Embeddings, Self::Completions]
            .into_iter()
            .find(|dialect| dialect.as_str() == name)
            .ok_or_else(|| PluginError::internal(format!("the dialect \"{name}\" is not spoken here")))
    }
    /// Its name in a plan.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "openai.chat",
            Self::Responses => "openai.responses",
            Self::Embeddings => "openai.embeddings",
            Self::Completions => "openai.completions",
        }
    }
}

impl Config {
    /// Reads and checks the JSON object that the host hands over.
    pub fn parse(json: &str) -> Result<Self, PluginError> {
        let config: Self =
            serde_json::from_str(json).map_err(|error| PluginError::invalid_config(format!("the settings of an OpenAI-speaking provider: {error}")))?;
        config.auth()?;
        let usage = &config.usage;
        let lists = [
            &usage.input,
            &usage.cached,
            &usage.cache_miss,
            &usage.cache_write,
            &usage.input_audio,
            &usage.input_image,
            &usage.input_video,
            &usage.output,
            &usage.reasoning,
            &usage.output_audio,
            &usage.output_image,
            &usage.total,
            &config.service_tier,
            &config.model,
        ];
        let bad = lists.into_iter().flatten().chain(config.meters.values()).find(|pointer| !pointer.starts_with('/'));
        let refusal =
            bad.map(|bad| PluginError::invalid_config(format!("\"{bad}\" is not a JSON pointer: it must begin with \"/\", as \"/usage/prompt_tokens\" does")));
        refusal.map_or(Ok(config), Err)
    }
    /// The dialects that are translated: there must be a chat to translate them to, and what is spoken needs no translation.
    pub fn translated(&self) -> impl Iterator<Item = Translated> {
        let has_chat = self.dialects.contains(&Dialect::Chat);
        self.translation.dialects.iter().copied().filter(move |dialect| has_chat && self.dialects.iter().all(|own| own.as_str() != dialect.as_str()))
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
