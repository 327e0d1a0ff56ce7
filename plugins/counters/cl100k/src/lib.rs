//! Token counter for OpenAI's cl100k_base vocabulary. How it counts is in the crate `byte-pair`; here is the vocabulary.

#[cfg(test)]
mod tests;

use byte_pair::{Bpe, Cut, Vocabulary};
use weighbridge_plugin::{
    Counter, PluginError,
    counter::{Count, CounterInfo, Message},
};

static VOCABULARY: Vocabulary = byte_pair::vocabulary!("cl100k", Cut::Cl100k);

/// The counter.
pub struct Cl100k(Bpe);

impl Counter for Cl100k {
    fn configure(config: &str) -> Result<Self, PluginError> {
        Bpe::configure(&VOCABULARY, config).map(Self)
    }
    fn info(&self) -> CounterInfo {
        self.0.info()
    }
    fn count_texts(&self, model: &str, texts: &[String]) -> Result<Vec<Count>, PluginError> {
        Ok(self.0.count_texts(model, texts))
    }
    fn count_prompt(&self, _model: &str, messages: &[Message]) -> Result<Count, PluginError> {
        Ok(self.0.count_prompt(messages))
    }
}

weighbridge_plugin::register_counter!(Cl100k);
