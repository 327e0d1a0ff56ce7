//! A Messages request as a chat completion's.

use std::borrow::Cow;

use weighbridge_plugin::{
    PluginError,
    adapter::{ClientRequest, UpstreamRequest},
};

use super::{effort, messages, stream::State, tools};
use crate::{
    config::Config,
    translate::{
        Translated,
        open::open,
        params::{Params, refuse},
        sent,
        wire::Request,
    },
};

/// What goes upstream.
pub fn translate(config: &Config, request: &ClientRequest) -> Result<UpstreamRequest, PluginError> {
    let body = open(config, request)?;
    let mut params = Params::read(body, "")?;
    // What may be cached has no counterpart: these providers decide it by themselves. It changes the price, not the answer.
    params.ignore(["model", "stream", "cache_control"]);
    params.ignore(&config.translation.ignore);
    let messages = messages::translate(&mut params)?;
    let (tools, tool_choice, parallel_tool_calls) = tools::translate(&mut params)?;
    let (reasoning_effort, response_format) = effort::translate(&mut params)?;
    let mut chat = Request {
        model: &request.upstream_model,
        messages,
        tools,
        tool_choice,
        parallel_tool_calls,
        reasoning_effort,
        response_format,
        stop: params.texts("stop_sequences")?,
        temperature: params.raw("temperature"),
        top_p: params.raw("top_p"),
        user: user(&mut params)?,
        service_tier: service_tier(&mut params)?,
        ..Request::default()
    };
    sent::most_tokens(config, &mut chat, params.take("max_tokens")?);
    sent::stream(config, &mut chat, request.streamed);
    params.finish()?;
    sent::send(config, &chat, body.len(), Translated::Messages.state(&State::default()))
}

/// The longest name of a user that OpenAI takes.
const LONGEST_USER: usize = 64;

fn user<'a>(params: &mut Params<'a>) -> Result<Option<Cow<'a, str>>, PluginError> {
    let Some(raw) = params.raw("metadata") else { return Ok(None) };
    let mut metadata = Params::read(raw.get(), "metadata")?;
    let user = metadata.text("user_id")?;
    metadata.finish()?;
    Ok(user.map(|user| if user.len() > LONGEST_USER { Cow::Owned(digest(&user)) } else { user }))
}

/// The same short name for the same long one: what the provider wants it for is to tell users apart. FNV-1a in 64 bits.
fn digest(name: &str) -> String {
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("user-{hash:016x}")
}

fn service_tier<'a>(params: &mut Params<'a>) -> Result<Option<Cow<'a, str>>, PluginError> {
    match params.text("service_tier")?.as_deref() {
        None => Ok(None),
        Some("auto") => Ok(Some("auto".into())),
        Some("standard_only") => Ok(Some("default".into())),
        Some(other) => Err(refuse("service_tier", format_args!("is \"{other}\"; it may be \"auto\" or \"standard_only\""))),
    }
}
