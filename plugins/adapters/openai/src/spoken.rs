//! What a provider speaks, worked out once when it is configured: each dialect's name, shape and path.

use weighbridge_plugin::{PluginError, adapter::Plan};

use crate::{
    chat, completions,
    config::{Config, Dialect},
    embeddings, free, images, plain,
    pointers::Pointer,
    realtime, rerank, responses, speech, transcriptions, videos,
};

/// A dialect of this provider.
pub struct Spoken {
    /// Its name.
    pub name: String,
    /// Which answers its answers are like.
    pub shape: Dialect,
    /// The path with its query; `{model}` stands for the upstream model.
    pub path: String,
    /// Of a declared dialect.
    pub meters: Vec<Pointer>,
    prompt_text: Vec<String>,
}

/// All that the settings name.
pub fn all(config: &Config) -> Vec<Spoken> {
    let known = config.dialects.iter().map(|&shape| Spoken {
        name: shape.as_str().into(),
        shape,
        path: whole(config, config.paths.of(shape)),
        meters: Vec::new(),
        prompt_text: Vec::new(),
    });
    let declared = config.declared.iter().map(|(name, declared)| Spoken {
        name: name.clone(),
        shape: declared.like,
        path: whole(config, &declared.path),
        meters: declared.meters.0.clone(),
        prompt_text: declared.prompt_text.clone(),
    });
    known.chain(declared).collect()
}

/// A path with the query of the settings.
pub fn whole(config: &Config, path: &str) -> String {
    if config.query.is_empty() { path.to_owned() } else { format!("{path}?{}", config.query) }
}

/// The dialect of a call.
pub fn find<'a>(spoken: &'a [Spoken], name: &str) -> Result<&'a Spoken, PluginError> {
    spoken.iter().find(|spoken| spoken.name == name).ok_or_else(|| PluginError::internal(format!("the dialect \"{name}\" is not spoken here")))
}

impl Spoken {
    /// Its plan.
    pub fn plan(&self, config: &Config) -> Plan {
        let mut plan = match self.shape {
            Dialect::Chat => chat::plan(config),
            Dialect::Responses => responses::plan(config),
            Dialect::Embeddings => embeddings::plan(config),
            Dialect::Completions => completions::plan(config),
            Dialect::Images | Dialect::ImageEdits => images::plan(config, self.shape),
            Dialect::Transcriptions | Dialect::Translations => transcriptions::plan(config, self.shape),
            Dialect::Speech => speech::plan(config),
            Dialect::Moderations | Dialect::InputTokens | Dialect::Files | Dialect::Batches => free::plan(config, self.shape),
            Dialect::Realtime => realtime::plan(config),
            Dialect::Rerank => rerank::plan(config),
            Dialect::Videos => videos::plan(config),
            Dialect::Plain => plain::plan(config, &self.meters),
        };
        plan.dialect.clone_from(&self.name);
        if !self.prompt_text.is_empty() {
            plan.prompt_text.clone_from(&self.prompt_text);
        }
        plan
    }
}
