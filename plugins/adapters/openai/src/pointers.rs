//! Settings that are pointers into an answer: where usage stands, and what else is read.

use std::collections::BTreeMap;

use serde::Deserialize;

/// Where usage stands in a chat answer, from its top: for a whole answer and for a stream's event alike.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct UsagePointers {
    /// All input, cached included.
    pub input: Vec<String>,
    /// Input read from a cache.
    pub cached: Vec<String>,
    /// The same, of a field that is not documented: read where the others are absent, and doubted.
    pub cached_unsure: Vec<String>,
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

/// A setting of pointers by name.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(from = "BTreeMap<String, String>")]
pub struct Named(pub Vec<Pointer>);

/// A pointer, and what is read at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pointer {
    /// What it is: a meter, a dimension.
    pub name: String,
    /// The fact's name.
    pub fact: String,
    /// RFC 6901.
    pub pointer: String,
}

/// Where an answer says what it costs.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, from = "CostSetting")]
pub struct CostPointer {
    /// The amount.
    pub amount: Pointer,
    /// It is divided by this power of ten: a provider may count in fractions of the currency.
    pub per: u64,
    /// ISO 4217.
    pub currency: String,
    /// Where this is true, …
    pub when: Option<Pointer>,
    /// … this amount is added.
    pub plus: Option<Pointer>,
}

/// A [`CostPointer`] as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CostSetting {
    pointer: String,
    #[serde(default = "one_unit")]
    per: u64,
    #[serde(default = "dollars")]
    currency: String,
    #[serde(default)]
    when: Option<String>,
    #[serde(default)]
    plus: Option<String>,
}

fn one_unit() -> u64 {
    1
}

fn dollars() -> String {
    "USD".into()
}

/// A list of one pointer.
pub fn one(pointer: &str) -> Vec<String> {
    vec![pointer.into()]
}

impl UsagePointers {
    /// The usage facts by name, as `tokens` reads them.
    pub fn rules(&self) -> [(&'static str, &[String]); 13] {
        [
            ("input", &self.input),
            ("cached", &self.cached),
            ("cached_unsure", &self.cached_unsure),
            ("cache_miss", &self.cache_miss),
            ("cache_write", &self.cache_write),
            ("input_audio", &self.input_audio),
            ("input_image", &self.input_image),
            ("input_video", &self.input_video),
            ("output", &self.output),
            ("reasoning", &self.reasoning),
            ("output_audio", &self.output_audio),
            ("output_image", &self.output_image),
            ("total", &self.total),
        ]
    }
}

impl Default for UsagePointers {
    fn default() -> Self {
        Self {
            input: one("/usage/prompt_tokens"),
            cached: one("/usage/prompt_tokens_details/cached_tokens"),
            cached_unsure: Vec::new(),
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

impl From<BTreeMap<String, String>> for Named {
    fn from(pointers: BTreeMap<String, String>) -> Self {
        Self(pointers.into_iter().map(|(name, pointer)| Pointer { fact: format!("also_{name}"), name, pointer }).collect())
    }
}

impl From<CostSetting> for CostPointer {
    fn from(setting: CostSetting) -> Self {
        // Of several settings each has facts of its own: the pointer tells them apart.
        let named = |name: &str, pointer: String| Pointer { name: name.into(), fact: format!("{name}{}", pointer.replace('/', "_")), pointer };
        Self {
            amount: named("cost", setting.pointer),
            per: setting.per,
            currency: setting.currency,
            when: setting.when.map(|pointer| named("cost_when", pointer)),
            plus: setting.plus.map(|pointer| named("cost_plus", pointer)),
        }
    }
}

impl CostPointer {
    /// All its pointers.
    pub fn pointers(&self) -> impl Iterator<Item = &Pointer> {
        std::iter::once(&self.amount).chain(&self.when).chain(&self.plus)
    }
}
