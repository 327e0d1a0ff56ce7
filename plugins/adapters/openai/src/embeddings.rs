//! Embeddings: `openai.embeddings`. Input only, never streamed.

use weighbridge_plugin::adapter::{Framing, Plan};

use crate::{
    config::{Config, Dialect},
    plan::{Rules, passing, strings},
};

/// The plan for embeddings. A provider that reports nothing but a total reports its input.
pub fn plan(config: &Config) -> Plan {
    let mut rules = Rules::body();
    for pointer in config.usage.input.iter().chain(&config.usage.total) {
        rules.add("input", pointer);
    }
    rules.names(config);
    rules.also(config);
    Plan { body_facts: rules.list, prompt_text: strings(&["/input", "/input/*"]), framing: Framing::None, ..passing(config, Dialect::Embeddings, &["/model"]) }
}
