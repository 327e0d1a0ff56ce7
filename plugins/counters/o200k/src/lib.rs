//! Token counter for OpenAI's o200k_base vocabulary.
//!
//! The tables are laid out by the build script and read in place, so an instance has nothing to prepare: `configure` only reads
//! its settings. A text is cut into pieces (`split`), each piece is merged (`merge`) with the tables of `vocabulary`, within the
//! work that a call may do (`effort`). Special tokens such as `<|endoftext|>` are counted as the ordinary text that they are in a message.

mod config;
mod effort;
mod layout;
mod merge;
mod prompt;
mod split;
#[cfg(test)]
mod tests;
mod vocabulary;

use config::Config;
use effort::Effort;
use weighbridge_plugin::{
    Counter, PluginError,
    counter::{Count, CounterInfo, Message},
};

/// The counter.
pub struct O200k {
    config: Config,
}

impl Counter for O200k {
    fn configure(config: &str) -> Result<Self, PluginError> {
        Ok(Self { config: Config::parse(config)? })
    }
    fn info(&self) -> CounterInfo {
        CounterInfo { tokenizer: "o200k".into(), models: self.config.models.clone(), ..CounterInfo::default() }
    }
    fn count_texts(&self, model: &str, texts: &[String]) -> Result<Vec<Count>, PluginError> {
        let own = self.config.is_own(model);
        let mut effort = Effort::new(self.config.work_limit);
        Ok(texts.iter().map(|text| effort.count(text)).map(|count| Count { exact: count.exact && own, ..count }).collect())
    }
    fn count_prompt(&self, _model: &str, messages: &[Message]) -> Result<Count, PluginError> {
        Ok(prompt::count(&self.config, messages))
    }
}

weighbridge_plugin::register_counter!(O200k);
