//! Adapter for Voyage, and the component of every provider of embeddings and rankings whose answers report nothing but a total.
//!
//! Everything passes byte for byte. All that was used is input.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::Deserialize;
use weighbridge_plugin::{
    Adapter, PluginError,
    adapter::{Auth, BodyPlan, ClientRequest, Edit, Fact, FactRule, Plan, Quantity, UpstreamRequest, UsageReading},
    facts::Facts,
};

/// The adapter: `[config]` of the manifest, overlaid by the operator's.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Voyage {
    /// What clients may speak, and where it goes, appended to the base URL.
    paths: BTreeMap<String, String>,
}

impl Adapter for Voyage {
    fn configure(config: &str) -> Result<Self, PluginError> {
        serde_json::from_str(config).map_err(|error| PluginError::invalid_config(format!("the settings of voyage: {error}")))
    }
    fn plans(&self) -> Vec<Plan> {
        self.paths.keys().map(|dialect| plan(dialect)).collect()
    }
    fn prepare(&self, request: ClientRequest) -> Result<UpstreamRequest, PluginError> {
        let unknown = || PluginError::internal(format!("the dialect \"{}\" is not spoken here", request.dialect));
        let renamed = request.model != request.upstream_model;
        let model = || Edit::set("/model", serde_json::Value::from(request.upstream_model.as_str()).to_string());
        Ok(UpstreamRequest {
            path_and_query: self.paths.get(&request.dialect).ok_or_else(unknown)?.clone(),
            body: if renamed { BodyPlan::Edits(vec![model()]) } else { BodyPlan::Unchanged },
            ..UpstreamRequest::default()
        })
    }
    fn read_usage(&self, _dialect: &str, facts: &[Fact]) -> Result<UsageReading, PluginError> {
        Ok(read_usage(facts))
    }
}

/// The same for all dialects: which of the texts is there, the request says.
fn plan(dialect: &str) -> Plan {
    let facts = [("total", "/usage/total_tokens"), ("prompt", "/usage/prompt_tokens"), ("text", "/usage/text_tokens"), ("model", "/model")];
    let texts = ["/input", "/input/*", "/inputs/*/*", "/inputs/*/content/*/text", "/query", "/documents/*", "/documents/*/text"];
    Plan {
        dialect: dialect.into(),
        auth: Auth::Bearer,
        body_facts: facts.map(|(name, pointer)| FactRule::body(name, pointer)).into(),
        prompt_text: texts.map(Into::into).into(),
        ..Plan::default()
    }
}

/// Facts to quantities. Where the text is told apart, the rest of the total is images: pixels counted as tokens.
fn read_usage(facts: &[Fact]) -> UsageReading {
    let mut facts = Facts::new(facts);
    let total = facts.count("total").or_else(|| facts.count("prompt"));
    let text = facts.count("text").zip(total).map(|(text, total)| facts.at_most(text, total, "text_exceeds_total"));
    let image = text.zip(total).map(|(text, total)| total - text).filter(|image| *image > 0);
    let leaves = [("input", text.or(total)), ("input_image", image)];
    UsageReading {
        quantities: leaves.into_iter().filter_map(|(meter, tokens)| Some(Quantity::new(meter, tokens?))).collect(),
        served_model: facts.text("model"),
        doubts: facts.doubts,
        ..UsageReading::default()
    }
}

weighbridge_plugin::register_adapter!(Voyage);
