//! What providers do for nothing: moderation, and counting a response's input (`openai.moderations`, `openai.input_tokens`).

use weighbridge_plugin::adapter::{Billing, Framing, Plan};

use crate::{
    config::{Config, Dialect},
    plan::passing,
};

/// A plan by which nothing is read and nothing counted.
pub fn plan(config: &Config, dialect: Dialect) -> Plan {
    Plan { billing: Billing::Free, framing: Framing::None, ..passing(config, dialect, &["/model"]) }
}
