//! The client's request, opened: its text within the limit, its parameters without those that the operator has said to ignore.

use weighbridge_plugin::{PluginError, adapter::ClientRequest};

use crate::config::Config;

/// The request's text.
pub fn open<'a>(config: &Config, request: &'a ClientRequest) -> Result<&'a str, PluginError> {
    let body = request.body.as_deref().unwrap_or_default();
    if body.len() > config.translation.max_request_bytes {
        let (size, most) = (body.len(), config.translation.max_request_bytes);
        return Err(PluginError::invalid_input(format!(
            "the request has {size} bytes; up to {most} can be translated to OpenAI's chat completions: send large images as https: URLs"
        )));
    }
    std::str::from_utf8(body).map_err(|error| PluginError::invalid_input(format!("the request is not UTF-8: {error}")))
}
