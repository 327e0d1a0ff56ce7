//! The chat request on its way upstream.

use weighbridge_plugin::{
    PluginError,
    adapter::{BodyPlan, Header, UpstreamRequest},
};

use super::{
    config::MaxTokens,
    wire::{Request, StreamOptions},
};
use crate::{config::Config, prepare, spoken};

/// Asks for a stream, with its usage where the provider is to be asked for it (metering rule 23).
pub fn stream(config: &Config, request: &mut Request<'_>, streamed: bool) {
    request.stream = streamed;
    request.stream_options = (streamed && config.ask_for_usage).then_some(StreamOptions { include_usage: true });
}

/// The most tokens of the answer, by the provider's name for it.
pub fn most_tokens(config: &Config, request: &mut Request<'_>, most: Option<u64>) {
    match config.translation.max_tokens {
        MaxTokens::Newer => request.max_completion_tokens = most,
        MaxTokens::Older => request.max_tokens = most,
    }
}

/// The request as the host sends it.
pub fn send(config: &Config, request: &Request<'_>, size: usize, state: Vec<u8>) -> Result<UpstreamRequest, PluginError> {
    // Written into one allocation: a request may be megabytes of images, and a guest's memory is small.
    let mut body = Vec::with_capacity(size + 512);
    serde_json::to_writer(&mut body, request).map_err(|error| PluginError::internal(format!("the translated request cannot be written: {error}")))?;
    let mut headers = prepare::headers(config);
    headers.push(Header::new("content-type", "application/json"));
    Ok(UpstreamRequest {
        path_and_query: prepare::path(&spoken::whole(config, &config.paths.chat), request.model),
        headers,
        body: BodyPlan::Replace(body),
        state,
        ..UpstreamRequest::default()
    })
}
