//! The upstream request: the client's own bytes at the model's path.

use weighbridge_plugin::{
    PluginError,
    adapter::{Attr, ClientRequest, UpstreamRequest},
};

use crate::plan;

/// What goes upstream. The model is in the path alone, so renaming it changes no byte of the body.
pub fn prepare(request: &ClientRequest) -> Result<UpstreamRequest, PluginError> {
    let verb = match (request.dialect.as_str(), request.streamed) {
        (plan::CONVERSE, false) => "converse",
        (plan::CONVERSE, true) => "converse-stream",
        (plan::INVOKE, false) => "invoke",
        (plan::INVOKE, true) => "invoke-with-response-stream",
        (plan::COUNT_TOKENS, _) => "count-tokens",
        (other, _) => return Err(PluginError::internal(format!("the dialect \"{other}\" is not spoken here"))),
    };
    let model = request.upstream_model.as_str();
    let geography = geography(model).map(|value| Attr { key: "geography".into(), value: value.into() });
    Ok(UpstreamRequest {
        path_and_query: format!("/model/{}/{verb}", percent_encoded(model)),
        attrs: geography.into_iter().collect(),
        ..UpstreamRequest::default()
    })
}

/// Where inference may take place: what an inference profile's id begins with, `us.` or `global.`, be it alone or at the end of
/// an ARN. Prices may depend on it (metering rule 19); no answer repeats it.
fn geography(model: &str) -> Option<&str> {
    const KNOWN: [&str; 9] = ["us", "us-gov", "eu", "apac", "jp", "au", "ca", "sa", "global"];
    let id = model.rsplit('/').next()?;
    let (prefix, _) = id.split_once('.')?;
    KNOWN.contains(&prefix).then_some(prefix)
}

/// A model's id, which may be an ARN, as one segment of a path: as Amazon's own clients write it, `:` and `/` included.
fn percent_encoded(id: &str) -> String {
    let mut encoded = String::with_capacity(id.len());
    for byte in id.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(byte.into()),
            other => encoded.push_str(&format!("%{other:02X}")),
        }
    }
    encoded
}
