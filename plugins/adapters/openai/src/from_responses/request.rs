//! A request for a response as a chat completion's.

use std::borrow::Cow;

use weighbridge_plugin::{
    PluginError,
    adapter::{ClientRequest, UpstreamRequest},
};

use super::{
    input,
    state::{Echo, State},
    tools,
};
use crate::{
    config::Config,
    translate::{
        Translated,
        config::RepeatingStreams,
        open::open,
        params::{Params, refuse},
        sent,
        wire::{Format, Request, Schema},
    },
};

/// What goes upstream.
pub fn translate(config: &Config, request: &ClientRequest) -> Result<UpstreamRequest, PluginError> {
    let body = open(config, request)?;
    let mut params = Params::read(body, "")?;
    let echo = Echo::of(&params)?;
    ignore(config, &mut params)?;
    let messages = input::translate(&mut params)?;
    let (tools, tool_choice) = tools::translate(&mut params)?;
    let (response_format, verbosity) = text(&mut params)?;
    let user = params.text("user")?;
    let user = params.text("safety_identifier")?.or(user);
    let parallel_tool_calls = params.take("parallel_tool_calls")?;
    let mut chat = Request {
        model: &request.upstream_model,
        messages,
        tool_choice,
        // Without tools there is nothing to call, and providers say so.
        parallel_tool_calls: if tools.is_empty() { None } else { parallel_tool_calls },
        tools,
        temperature: params.raw("temperature"),
        top_p: params.raw("top_p"),
        reasoning_effort: effort(&mut params)?,
        verbosity,
        response_format,
        user,
        service_tier: params.text("service_tier")?,
        ..Request::default()
    };
    sent::most_tokens(config, &mut chat, params.take("max_output_tokens")?);
    let live = request.streamed && config.translation.repeating_streams == RepeatingStreams::Live;
    sent::stream(config, &mut chat, live);
    params.finish()?;
    let state = State::new(request.streamed, echo);
    sent::send(config, &chat, body.len(), Translated::Responses.state(&state))
}

/// What has no influence on the answer, or asks for nothing but what happens anyway.
fn ignore(config: &Config, params: &mut Params<'_>) -> Result<(), PluginError> {
    params.ignore(["model", "stream", "store", "metadata", "prompt_cache_key", "prompt_cache_retention"]);
    params.ignore(&config.translation.ignore);
    params.ignore_if("background", &["false"]);
    params.ignore_if("truncation", &["\"disabled\""]);
    params.ignore_if("top_logprobs", &["0"]);
    if let Some(options) = params.raw("stream_options") {
        let mut options = Params::read(options.get(), "stream_options")?;
        // Obfuscation pads OpenAI's own events; there is nothing to pad here.
        options.ignore(["include_obfuscation"]);
        options.finish()?;
    }
    // Thinking that comes back is left out, so that it need not be given in a form in which it could come back.
    match params.texts("include")?.into_iter().find(|name| name != "reasoning.encrypted_content") {
        Some(name) => Err(refuse("include", format_args!("names \"{name}\", which OpenAI's chat completions do not give, and this model is served by them"))),
        None => Ok(()),
    }
}

fn effort<'a>(params: &mut Params<'a>) -> Result<Option<Cow<'a, str>>, PluginError> {
    let Some(raw) = params.raw("reasoning") else { return Ok(None) };
    let mut reasoning = Params::read(raw.get(), "reasoning")?;
    let effort = reasoning.text("effort")?;
    // Thinking is given where the provider shows it, summed up or not.
    reasoning.ignore(["summary", "generate_summary"]);
    reasoning.finish()?;
    Ok(effort)
}

/// The shape of the answer and how much it says.
type Text<'a> = (Option<Format<'a>>, Option<Cow<'a, str>>);

fn text<'a>(params: &mut Params<'a>) -> Result<Text<'a>, PluginError> {
    let Some(raw) = params.raw("text") else { return Ok((None, None)) };
    let mut text = Params::read(raw.get(), "text")?;
    text.ignore_if("verbosity", &["\"medium\""]);
    let verbosity = text.text("verbosity")?;
    let format = text.raw("format").map(|raw| format(Params::read(raw.get(), "text.format")?)).transpose()?.flatten();
    text.finish()?;
    Ok((format, verbosity))
}

fn format(mut format: Params<'_>) -> Result<Option<Format<'_>>, PluginError> {
    let translated = match format.required("type")?.as_ref() {
        "text" => None,
        "json_object" => Some(Format::JsonObject),
        "json_schema" => Some(Format::JsonSchema {
            json_schema: Schema {
                name: format.required("name")?,
                description: format.text("description")?,
                schema: Cow::Borrowed(format.required_raw("schema")?),
                strict: format.take("strict")?,
            },
        }),
        other => return Err(refuse("text.format.type", format_args!("is \"{other}\"; it may be \"text\", \"json_object\" or \"json_schema\""))),
    };
    format.finish()?;
    Ok(translated)
}
