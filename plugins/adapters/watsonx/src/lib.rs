//! Adapter for IBM watsonx.ai: text generation, chat and embeddings. Everything passes byte for byte.

mod config;
mod plan;
#[cfg(test)]
mod tests;
mod usage;

use config::Config;
use weighbridge_plugin::{
    Adapter, PluginError,
    adapter::{BodyPlan, ClientRequest, Edit, Fact, Plan, UpstreamRequest, UsageReading},
};

/// The adapter.
pub struct Watsonx {
    config: Config,
}

impl Adapter for Watsonx {
    fn configure(config: &str) -> Result<Self, PluginError> {
        Ok(Self { config: Config::parse(config)? })
    }
    fn plans(&self) -> Vec<Plan> {
        vec![plan::text(), plan::chat(), plan::embeddings()]
    }
    fn prepare(&self, request: ClientRequest) -> Result<UpstreamRequest, PluginError> {
        let verb = match (request.dialect.as_str(), request.streamed) {
            (plan::TEXT, false) => "generation",
            (plan::TEXT, true) => "generation_stream",
            (plan::CHAT, false) => "chat",
            (plan::CHAT, true) => "chat_stream",
            (plan::EMBEDDINGS, _) => "embeddings",
            (other, _) => return Err(PluginError::internal(format!("the dialect \"{other}\" is not spoken here"))),
        };
        let renamed = request.model != request.upstream_model;
        let model = || Edit::set("/model_id", serde_json::Value::from(request.upstream_model.as_str()).to_string());
        Ok(UpstreamRequest {
            path_and_query: format!("/ml/v1/text/{verb}?{}", self.config.query(&request.query)),
            body: if renamed { BodyPlan::Edits(vec![model()]) } else { BodyPlan::Unchanged },
            ..UpstreamRequest::default()
        })
    }
    fn read_usage(&self, _dialect: &str, facts: &[Fact]) -> Result<UsageReading, PluginError> {
        Ok(usage::read_usage(facts))
    }
}

weighbridge_plugin::register_adapter!(Watsonx);
