//! A chat completion's request as a request of generateContent.

use std::borrow::Cow;

use serde_json::value::RawValue;
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
    wire::{GenerationConfig, Request},
};
use crate::{
    config::Config,
    prepare::{Place, unmasked},
};

/// What goes upstream.
pub fn translate(config: &Config, request: &ClientRequest, place: &Place) -> Result<UpstreamRequest, PluginError> {
    let body = request.body.as_deref().unwrap_or_default();
    if body.len() > config.max_request_bytes {
        let (size, most) = (body.len(), config.max_request_bytes);
        return Err(PluginError::invalid_input(format!(
            "the request has {size} bytes; up to {most} can be translated to Google's generateContent: send large images as https: URLs"
        )));
    }
    let text = std::str::from_utf8(body).map_err(|error| PluginError::invalid_input(format!("the request is not UTF-8: {error}")))?;
    let mut params = Params::read(text, "")?;
    let include_usage = include_usage(&mut params)?;
    let generate = generate_request(config, request, params)?;
    // Written into one allocation: a request may be megabytes of images, and a guest's memory is small.
    let mut translated = Vec::with_capacity(body.len() + 512);
    serde_json::to_writer(&mut translated, &generate).map_err(|error| PluginError::internal(format!("the translated request cannot be written: {error}")))?;
    let method = if request.streamed { "streamGenerateContent?alt=sse" } else { "generateContent" };
    Ok(UpstreamRequest {
        path_and_query: format!("{}:{method}", place.path),
        headers: [vec![Header::new("content-type", "application/json")], unmasked(request)].concat(),
        body: BodyPlan::Replace(translated),
        state: State { include_usage, ..State::default() }.write(),
        ..UpstreamRequest::default()
    })
}

fn generate_request<'a>(config: &'a Config, request: &'a ClientRequest, mut params: Params<'a>) -> Result<Request<'a>, PluginError> {
    params.ignore(["model", "stream"]);
    params.ignore(&config.ignore);
    ignore_defaults(&mut params);
    let asks_for_signatures = !config.missing_signature.is_empty() && !config.thinks_by_budget(&request.upstream_model);
    let missing_signature = asks_for_signatures.then_some(config.missing_signature.as_str());
    let (system_instruction, contents) = messages::translate(params.take("messages")?.unwrap_or_default(), missing_signature)?;
    let (tools, tool_config) = tools::translate(&mut params)?;
    let (response_mime_type, response_json_schema) = format(&mut params)?;
    let generation_config = GenerationConfig {
        candidate_count: params.raw("n").filter(|n| n.get() != "1"),
        stop_sequences: stop(&mut params)?,
        max_output_tokens: max_tokens(&mut params)?,
        temperature: params.raw("temperature"),
        top_p: params.raw("top_p"),
        top_k: params.raw("top_k"),
        seed: params.raw("seed"),
        presence_penalty: params.raw("presence_penalty"),
        frequency_penalty: params.raw("frequency_penalty"),
        response_mime_type,
        response_json_schema,
        thinking_config: reasoning::translate(config, &request.upstream_model, &mut params)?,
    };
    let service_tier = service_tier(config, &mut params)?;
    params.finish()?;
    Ok(Request { system_instruction, contents, tools, tool_config, generation_config, service_tier })
}

/// Values that ask for nothing but what happens anyway.
fn ignore_defaults(params: &mut Params<'_>) {
    for name in ["logprobs", "store"] {
        params.ignore_if(name, &["false"]);
    }
    params.ignore_if("top_logprobs", &["0"]);
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

fn stop<'a>(params: &mut Params<'a>) -> Result<Vec<Cow<'a, str>>, PluginError> {
    let Some(raw) = params.raw("stop") else { return Ok(Vec::new()) };
    let one = || serde_json::from_str::<Str<'a>>(raw.get()).map(|stop| vec![stop]);
    let stops = serde_json::from_str::<Vec<Str<'a>>>(raw.get()).or_else(|_| one());
    let stops = stops.map_err(|_| PluginError::invalid_input(format!("\"stop\" is {}; it must be a text or a list of texts", raw.get())))?;
    Ok(stops.into_iter().map(|stop| stop.0).collect())
}

/// The answer's type, and the schema that it follows.
fn format<'a>(params: &mut Params<'a>) -> Result<(Option<&'static str>, Option<&'a RawValue>), PluginError> {
    const JSON: Option<&str> = Some("application/json");
    let Some(raw) = params.raw("response_format") else { return Ok((None, None)) };
    let mut format = Params::read(raw.get(), "response_format")?;
    match format.required("type")?.as_ref() {
        "text" => Ok((None, None)),
        "json_object" => Ok((JSON, None)),
        "json_schema" => {
            let mut named = Params::read(format.raw("json_schema").map_or("{}", |raw| raw.get()), "response_format.json_schema")?;
            let schema = named.raw("schema").ok_or_else(|| PluginError::invalid_input("response_format.json_schema.schema is missing"))?;
            Ok((JSON, Some(schema)))
        }
        _ => Err(refusal("response_format.type")),
    }
}

fn service_tier<'a>(config: &Config, params: &mut Params<'a>) -> Result<Option<Cow<'a, str>>, PluginError> {
    match params.text("service_tier")? {
        None => Ok(None),
        Some(tier) if tier == "auto" || tier == "default" => Ok(None),
        Some(tier) if config.service_tiers.iter().any(|known| *known == tier) => Ok(Some(tier)),
        Some(other) => {
            let known: String = config.service_tiers.iter().map(|tier| format!(", \"{tier}\"")).collect();
            Err(refuse("service_tier", format_args!("is \"{other}\"; for Google's generateContent it may be \"auto\", \"default\"{known}")))
        }
    }
}
