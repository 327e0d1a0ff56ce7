//! Embeddings: `openai.embeddings`. Input only, never streamed.

use weighbridge_plugin::adapter::{Combine, FactRule, Framing, Plan};

use crate::{
    config::{Config, Dialect},
    plan::{names, passing, strings},
};

/// The plan for embeddings. A provider that reports nothing but a total reports its input.
pub fn plan(config: &Config) -> Plan {
    let pointers = config.usage.input.iter().chain(&config.usage.total);
    let mut body_facts: Vec<FactRule> =
        pointers.map(|pointer| FactRule { name: "input".into(), pointer: pointer.clone(), events: None, combine: Combine::Last }).collect();
    body_facts.extend(names(config, None, Combine::Last));
    Plan { body_facts, prompt_text: strings(&["/input", "/input/*"]), framing: Framing::None, ..passing(config, Dialect::Embeddings, &["/model"]) }
}
