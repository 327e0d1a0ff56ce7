//! Token counter for OpenAI's o200k_base vocabulary.
//!
//! The tables are laid out by the build script and read in place, so an instance has nothing to prepare: `configure` only reads
//! its settings. A text is cut into pieces (`split`), each piece is merged (`merge`) with the tables of `vocabulary`.

mod config;
mod layout;
mod merge;
mod prompt;
mod split;
#[cfg(test)]
mod tests;
mod vocabulary;

use config::Config;
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
        Ok(texts.iter().map(|text| count(text)).map(|count| Count { exact: count.exact && own, ..count }).collect())
    }
    fn count_prompt(&self, _model: &str, messages: &[Message]) -> Result<Count, PluginError> {
        Ok(prompt::count(&self.config, messages))
    }
}

weighbridge_plugin::register_counter!(O200k);

/// The tokens of a text. Special tokens such as `<|endoftext|>` are counted as the ordinary text that they are in a message.
pub(crate) fn count(text: &str) -> Count {
    split::pieces(text)
        .map(|piece| merge::count(piece.as_bytes()))
        .fold(Count { tokens: 0, exact: true }, |sum, (tokens, exact)| Count { tokens: sum.tokens + tokens, exact: sum.exact && exact })
}
