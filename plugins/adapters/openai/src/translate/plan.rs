//! The plan of a translated dialect: what is metered is the provider's own chat object (metering rule 3); the guest sees all
//! that passes.

use weighbridge_plugin::adapter::{EventFilter, Plan, View};

use super::Translated;
use crate::{chat, config::Config, plan::strings};

/// As chat's, but for what the guest sees and where the client's request keeps its text.
pub fn translated(config: &Config, dialect: Translated, prompt_text: &[&str]) -> Plan {
    Plan {
        dialect: dialect.as_str().into(),
        request_view: View::Full,
        response_view: View::Full,
        error_view: View::Full,
        stream_events: Some(EventFilter { names: Vec::new(), contains: Vec::new() }),
        prompt_text: strings(prompt_text),
        hide: None,
        ..chat::plan(config)
    }
}
