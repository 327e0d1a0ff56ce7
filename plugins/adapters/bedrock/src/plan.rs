//! Parts that the plans have in common, and the plan that has nothing else.

use weighbridge_plugin::adapter::{Billing, EventFilter, FactRule, Framing, Plan};

/// One shape for all models.
pub const CONVERSE: &str = "bedrock.converse";
/// Each family's own shape.
pub const INVOKE: &str = "bedrock.invoke";
/// How many tokens a request would have.
pub const COUNT_TOKENS: &str = "bedrock.count_tokens";

/// Counting tokens costs nothing.
pub fn count_tokens() -> Plan {
    // Output, which such an answer cannot have: the host flags a report of it.
    let output = rules(&[("output", "/usage/outputTokens"), ("output", "/usage/output_tokens")], "", None);
    Plan { dialect: COUNT_TOKENS.into(), billing: Billing::Free, body_facts: output.clone(), event_facts: output, ..Plan::default() }
}

/// A plan with what both metered dialects share: everything passes untouched, streams may break off with an exception.
pub fn passing(dialect: &str) -> Plan {
    Plan {
        dialect: dialect.into(),
        framing: Framing::AwsEventstream,
        failure: Some(EventFilter::named([
            "internalServerException",
            "modelStreamErrorException",
            "modelTimeoutException",
            "serviceUnavailableException",
            "throttlingException",
            "validationException",
        ])),
        ..Plan::default()
    }
}

/// Fact rules below one pointer, for whole answers or for the events that pass.
pub fn rules(facts: &[(&str, &str)], below: &str, events: Option<&EventFilter>) -> Vec<FactRule> {
    facts.iter().map(|(name, pointer)| FactRule::event(*name, format!("{below}{pointer}"), events.cloned())).collect()
}

/// Pointers as strings.
pub fn strings(pointers: &[&str]) -> Vec<String> {
    pointers.iter().map(|pointer| (*pointer).into()).collect()
}
