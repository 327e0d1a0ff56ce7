//! Byte-pair token counting, shared by the counters that are a vocabulary each.
//!
//! A counter is a folder with a manifest, a build script that calls [`tables::write`], and a `lib.rs` that names its
//! [`Vocabulary`]. The tables are laid out by the build script and read in place, so an instance has nothing to prepare:
//! `configure` only reads its settings. A text is cut into pieces (`split`), each piece is merged (`merge`) with the tables of
//! `vocabulary`, within the work that a call may do (`effort`). Special tokens such as `<|endoftext|>` are counted as the ordinary
//! text that they are in a message.

mod config;
mod effort;
mod layout;
mod merge;
mod prompt;
#[cfg(feature = "samples")]
pub mod samples;
mod split;
#[cfg(feature = "tables")]
pub mod tables;
mod vocabulary;

use weighbridge_plugin::{
    PluginError,
    counter::{self, Count, CounterInfo, Message},
};

pub use config::Config;
pub use effort::Effort;
pub use split::Cut;
pub use vocabulary::Vocabulary;

/// A counter of one vocabulary.
pub struct Bpe {
    vocabulary: &'static Vocabulary,
    config: Config,
}

impl Bpe {
    /// Reads the settings.
    pub fn configure(vocabulary: &'static Vocabulary, config: &str) -> Result<Self, PluginError> {
        Ok(Self { vocabulary, config: Config::parse(vocabulary.name, config)? })
    }
    /// What it counts.
    pub fn info(&self) -> CounterInfo {
        CounterInfo { tokenizer: self.vocabulary.name.into(), models: self.config.models.clone(), ..CounterInfo::default() }
    }
    /// One count for each text; exact for the models whose own tokenizer this is.
    pub fn count_texts(&self, model: &str, texts: &[String]) -> Vec<Count> {
        let own = counter::is_own(&self.config.models, model);
        let mut effort = Effort::new(self.vocabulary, self.config.work_limit);
        texts.iter().map(|text| effort.count(text)).map(|count| Count { exact: count.exact && own, ..count }).collect()
    }
    /// A whole prompt with its chat framing.
    pub fn count_prompt(&self, messages: &[Message]) -> Count {
        prompt::count(self.vocabulary, &self.config, messages)
    }
}
