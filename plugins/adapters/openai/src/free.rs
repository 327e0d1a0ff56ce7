//! What costs nothing by itself: moderation, counting a response's input, files, and a batch, whose items are what is billed
//! (`openai.moderations`, `openai.input_tokens`, `openai.files`, `openai.batches`).

use weighbridge_plugin::adapter::{Billing, Framing, Plan};

use crate::{
    config::{Config, Dialect},
    plan::passing,
};

/// A plan by which nothing is read and nothing counted.
pub fn plan(config: &Config, dialect: Dialect) -> Plan {
    Plan { billing: Billing::Free, framing: Framing::None, ..passing(config, dialect, &["/model"]) }
}
