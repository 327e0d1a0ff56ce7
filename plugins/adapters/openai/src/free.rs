//! What costs nothing by itself: moderation, counting a response's input, files, and a batch, whose items are what is billed
//! (`openai.moderations`, `openai.input_tokens`, `openai.files`, `openai.batches`).

use weighbridge_plugin::adapter::{Billing, FactRule, Framing, Plan};

use crate::{
    config::{Config, Dialect},
    plan::passing,
};

/// Output, which such an answer cannot have: the host flags a report of it.
const OUTPUT: [&str; 2] = ["/usage/output_tokens", "/usage/completion_tokens"];

/// A plan by which nothing is counted.
pub fn plan(config: &Config, dialect: Dialect) -> Plan {
    let output: Vec<FactRule> = OUTPUT.map(|pointer| FactRule::body("output", pointer)).into();
    Plan { billing: Billing::Free, framing: Framing::None, body_facts: output.clone(), event_facts: output, ..passing(config, dialect, &["/model"]) }
}
