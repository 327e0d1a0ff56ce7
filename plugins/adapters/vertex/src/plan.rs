//! The plans: those of the two wires with this cloud's credential, under their own names and under the cloud's.

use anthropic_wire::plan as anthropic;
use gemini_wire::plan as gemini;
use gemini_wire::prepare::FIELD_MASK;
use weighbridge_plugin::adapter::{Auth, Combine, EventFilter, FactRule, Plan, View};

/// The cloud's own names of Google's dialects, and what they are.
pub const GOOGLE: [(&str, &str); 3] =
    [("vertex.generate_content", gemini::GENERATE), ("vertex.count_tokens", gemini::COUNT), ("vertex.embed_content", gemini::EMBED)];
/// Embeddings and pictures of the older kind.
pub const PREDICT: &str = "vertex.predict";
/// Anthropic's messages at the cloud's own path.
pub const RAW_PREDICT: &str = "vertex.raw_predict";
/// Anthropic's own dialect.
pub const MESSAGES: &str = anthropic::MESSAGES;
/// Anthropic's count of a request's tokens.
pub const COUNT_MESSAGES: &str = "anthropic.count_tokens";
/// OpenAI's chat completions, translated to the wire of the model's maker.
pub const CHAT: &str = "openai.chat";

/// Where a body names the version of Anthropic's wire.
pub const VERSION: &str = "/anthropic_version";

/// Every plan.
pub fn plans(auth: &Auth) -> Vec<Plan> {
    let google = [gemini::generate(), gemini::count(), gemini::embed()];
    let own = GOOGLE.iter().zip(&google).map(|((name, _), plan)| Plan { dialect: (*name).into(), ..plan.clone() });
    let version = || View::Fields(vec![VERSION.into()]);
    let messages = Plan { request_view: version(), ..anthropic::messages() };
    let raw = Plan { dialect: RAW_PREDICT.into(), ..messages.clone() };
    let count = Plan { request_view: version(), ..anthropic::count_tokens() };
    let mut plans: Vec<Plan> = own.collect();
    plans.extend(google);
    plans.extend([predict(), messages, raw, count, chat()]);
    for plan in &mut plans {
        plan.auth = auth.clone();
        // This cloud takes parts of an answer away for a header, whosever model it is.
        plan.request_headers = vec![FIELD_MASK.into()];
    }
    plans
}

fn predict() -> Plan {
    let tokens = FactRule { combine: Combine::Sum, ..FactRule::body("tokens", "/predictions/*/embeddings/statistics/token_count") };
    let types = FactRule { combine: Combine::All, ..FactRule::body("types", "/predictions/*/mimeType") };
    Plan {
        dialect: PREDICT.into(),
        body_facts: vec![tokens, types],
        prompt_text: ["/instances/*/content", "/instances/*/prompt", "/instances/*/text"].map(String::from).into(),
        ..Plan::default()
    }
}

/// Which maker's model answers is not known before the call: the facts of both are asked for, and their names differ.
fn chat() -> Plan {
    let (google, other) = (gemini::chat(), anthropic::chat());
    let errors = [r#"{"type":"error""#, r#"{"type": "error""#].map(String::from);
    let failures = google.failure.iter().flat_map(|filter| filter.contains.clone()).chain(errors);
    Plan {
        body_facts: [other.body_facts, google.body_facts].concat(),
        event_facts: [other.event_facts, google.event_facts].concat(),
        body_text: [other.body_text, google.body_text].concat(),
        event_text: [other.event_text, google.event_text].concat(),
        terminal: other.terminal,
        failure: Some(EventFilter::containing(failures)),
        ..google
    }
}
