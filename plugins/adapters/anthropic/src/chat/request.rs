//! A chat completion's request as a Messages request.

use std::borrow::Cow;

use weighbridge_plugin::{
    PluginError,
    adapter::{BodyPlan, ClientRequest, Header, UpstreamRequest},
};

use super::{
    messages,
    params::{Params, Str, refusal, refuse},
    reasoning,
    state::State,
    tools,
    wire::{Format, Metadata, OutputConfig, Request, Thinking},
};
use crate::{config::Config, prepare::VERSION};

/// What goes upstream.
pub fn translate(config: &Config, request: &ClientRequest) -> Result<UpstreamRequest, PluginError> {
    let body = request.body.as_deref().unwrap_or_default();
    if body.len() > config.max_request_bytes {
        let (size, most) = (body.len(), config.max_request_bytes);
        return Err(PluginError::invalid_input(format!(
            "the request has {size} bytes; up to {most} can be translated to Anthropic's Messages API: send large images as https: URLs"
        )));
    }
    let text = std::str::from_utf8(body).map_err(|error| PluginError::invalid_input(format!("the request is not UTF-8: {error}")))?;
    let mut params = Params::read(text, "")?;
    let include_usage = include_usage(&mut params)?;
    let message = messages_request(config, request, params)?;
    // Written into one allocation: a request may be megabytes of images, and a guest's memory is small.
    let mut translated = Vec::with_capacity(body.len() + 512);
    serde_json::to_writer(&mut translated, &message).map_err(|error| PluginError::internal(format!("the translated request cannot be written: {error}")))?;
    Ok(UpstreamRequest {
        path_and_query: config.path.clone(),
        headers: vec![Header::new(VERSION, config.version.as_str()), Header::new("content-type", "application/json")],
        body: BodyPlan::Replace(translated),
        state: State { include_usage, ..State::default() }.write(),
        ..UpstreamRequest::default()
    })
}

fn messages_request<'a>(config: &Config, request: &'a ClientRequest, mut params: Params<'a>) -> Result<Request<'a>, PluginError> {
    params.ignore(["model", "stream"]);
    params.ignore(&config.ignore);
    ignore_defaults(&mut params);
    let (system, turns) = messages::translate(params.take("messages")?.unwrap_or_default())?;
    let given = max_tokens(&mut params)?;
    let thinking = reasoning::translate(config, &request.upstream_model, given, &mut params, &turns)?;
    let (tools, tool_choice) = tools::translate(&mut params)?;
    let user = params.text("user")?;
    let user = params.text("safety_identifier")?.or(user);
    let translated = Request {
        model: &request.upstream_model,
        max_tokens: given.unwrap_or(config.default_max_tokens + thinking.budget()),
        system,
        messages: turns,
        stop_sequences: stop(&mut params)?,
        temperature: temperature(&mut params)?,
        top_p: params.raw("top_p"),
        top_k: params.raw("top_k"),
        tools,
        tool_choice,
        metadata: user.map(|user_id| Metadata { user_id }),
        output_config: OutputConfig { effort: thinking.effort, format: format(&mut params)? },
        thinking: thinking.mode.or(params.raw("thinking").map(Thinking::Given)),
        service_tier: service_tier(&mut params)?,
        stream: request.streamed,
    };
    count(&mut params)?;
    params.finish()?;
    Ok(translated)
}

/// Values that ask for nothing but what happens anyway.
fn ignore_defaults(params: &mut Params<'_>) {
    for name in ["logprobs", "store"] {
        params.ignore_if(name, &["false"]);
    }
    for name in ["presence_penalty", "frequency_penalty", "top_logprobs"] {
        params.ignore_if(name, &["0", "0.0"]);
    }
    params.ignore_if("logit_bias", &["{}"]);
    params.ignore_if("modalities", &["[\"text\"]"]);
    params.ignore_if("verbosity", &["\"medium\""]);
}

/// Whether the client asks for a usage chunk.
fn include_usage(params: &mut Params<'_>) -> Result<bool, PluginError> {
    let Some(options) = params.raw("stream_options") else { return Ok(false) };
    let mut options = Params::read(options.get(), "stream_options")?;
    // Obfuscation pads OpenAI's own events; there is nothing to pad here.
    options.ignore(["include_obfuscation"]);
    let asked = options.take::<bool>("include_usage")?.unwrap_or(false);
    options.finish()?;
    Ok(asked)
}

/// The newer name wins, as it does at OpenAI.
fn max_tokens(params: &mut Params<'_>) -> Result<Option<u64>, PluginError> {
    let older = params.take("max_tokens")?;
    Ok(params.take("max_completion_tokens")?.or(older))
}

fn count(params: &mut Params<'_>) -> Result<(), PluginError> {
    match params.raw("n") {
        Some(n) if n.get() != "1" => {
            Err(refuse("n", format_args!("is {}; Anthropic's Messages API gives one answer to a request: leave it out or send 1", n.get())))
        }
        _ => Ok(()),
    }
}

fn stop<'a>(params: &mut Params<'a>) -> Result<Vec<Cow<'a, str>>, PluginError> {
    let Some(raw) = params.raw("stop") else { return Ok(Vec::new()) };
    let one = || serde_json::from_str::<Str<'a>>(raw.get()).map(|stop| vec![stop]);
    let stops = serde_json::from_str::<Vec<Str<'a>>>(raw.get()).or_else(|_| one());
    let stops = stops.map_err(|_| PluginError::invalid_input(format!("\"stop\" is {}; it must be a text or a list of texts", raw.get())))?;
    Ok(stops.into_iter().map(|stop| stop.0).collect())
}

/// OpenAI's scale ends at 2, Anthropic's at 1.
fn temperature<'a>(params: &mut Params<'a>) -> Result<Option<&'a serde_json::value::RawValue>, PluginError> {
    let Some(raw) = params.raw("temperature") else { return Ok(None) };
    let value: f64 = serde_json::from_str(raw.get()).map_err(|error| PluginError::invalid_input(format!("temperature: {error}")))?;
    if value > 1.0 {
        return Err(refuse("temperature", format_args!("is {}; Anthropic's Messages API takes 0 to 1", raw.get())));
    }
    Ok(Some(raw))
}

fn format<'a>(params: &mut Params<'a>) -> Result<Option<Format<'a>>, PluginError> {
    let Some(raw) = params.raw("response_format") else { return Ok(None) };
    let mut format = Params::read(raw.get(), "response_format")?;
    match format.required("type")?.as_ref() {
        "text" => Ok(None),
        "json_schema" => {
            let mut named = Params::read(format.raw("json_schema").map_or("{}", |raw| raw.get()), "response_format.json_schema")?;
            let schema = named.raw("schema").ok_or_else(|| PluginError::invalid_input("response_format.json_schema.schema is missing"))?;
            Ok(Some(Format::JsonSchema { schema }))
        }
        "json_object" => Err(refuse("response_format", "is \"json_object\", which Anthropic's Messages API does not have: send a \"json_schema\"")),
        _ => Err(refusal("response_format.type")),
    }
}

fn service_tier(params: &mut Params<'_>) -> Result<Option<&'static str>, PluginError> {
    match params.text("service_tier")?.as_deref() {
        None => Ok(None),
        Some("auto") => Ok(Some("auto")),
        Some("default") => Ok(Some("standard_only")),
        Some(other) => Err(refuse("service_tier", format_args!("is \"{other}\"; for Anthropic's Messages API it may be \"auto\" or \"default\""))),
    }
}
