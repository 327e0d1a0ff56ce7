//! `generationConfig`: how the answer is generated, and its shape.

use std::borrow::Cow;

use weighbridge_plugin::PluginError;

use super::schema;
use crate::{
    config::Config,
    from_messages::effort,
    translate::{
        params::{Params, refuse},
        sent,
        wire::{Format, Request, Schema},
    },
};

/// Takes the settings into the request; says whether the client wants to read thoughts.
pub fn translate<'a>(config: &Config, params: &mut Params<'a>, chat: &mut Request<'a>) -> Result<bool, PluginError> {
    let Some(raw) = params.raw("generationConfig") else { return Ok(false) };
    let mut given = Params::read_camel(raw.get(), "generationConfig")?;
    given.ignore_if("responseModalities", &["[\"TEXT\"]", "[\"text\"]"]);
    given.ignore_if("responseLogprobs", &["false"]);
    sent::most_tokens(config, chat, given.take("maxOutputTokens")?);
    chat.temperature = given.raw("temperature");
    chat.top_p = given.raw("topP");
    chat.stop = given.texts("stopSequences")?;
    chat.n = given.raw("candidateCount").filter(|count| count.get() != "1");
    chat.seed = given.raw("seed");
    chat.presence_penalty = given.raw("presencePenalty");
    chat.frequency_penalty = given.raw("frequencyPenalty");
    chat.response_format = format(&mut given)?;
    let (effort, thoughts) =
        given.raw("thinkingConfig").map(|raw| thinking(Params::read_camel(raw.get(), "generationConfig.thinkingConfig")?)).transpose()?.unwrap_or_default();
    chat.reasoning_effort = effort;
    given.finish()?;
    Ok(thoughts)
}

fn format<'a>(given: &mut Params<'a>) -> Result<Option<Format<'a>>, PluginError> {
    let place = given.at("responseSchema");
    let kind = given.text("responseMimeType")?;
    let json_schema = given.raw("responseJsonSchema").or(given.raw("_responseJsonSchema"));
    let own_schema = given.raw("responseSchema");
    let schema = match json_schema {
        Some(schema) => Some(Cow::Borrowed(schema)),
        None => own_schema.map(|given| schema::json(given, &place)).transpose()?.map(Cow::Owned),
    };
    match kind.as_deref() {
        None | Some("text/plain") if schema.is_none() => Ok(None),
        None | Some("application/json") => Ok(Some(schema.map_or(Format::JsonObject, |schema| Format::JsonSchema {
            json_schema: Schema { name: "answer".into(), description: None, schema, strict: None },
        }))),
        Some(other) => Err(refuse(&given.at("responseMimeType"), format_args!("is \"{other}\"; it may be \"text/plain\" or \"application/json\""))),
    }
}

/// The effort, and whether thoughts are to be shown.
type Thinking<'a> = (Option<Cow<'a, str>>, bool);

fn thinking(mut thinking: Params<'_>) -> Result<Thinking<'_>, PluginError> {
    let thoughts = thinking.take("includeThoughts")?.unwrap_or(false);
    let level = thinking.text("thinkingLevel")?.map(|level| level.to_ascii_lowercase());
    let budget: Option<i64> = thinking.take("thinkingBudget")?;
    thinking.finish()?;
    let effort = match (level, budget) {
        (Some(level), _) if level == "thinking_level_unspecified" => None,
        (Some(level), _) => Some(Cow::Owned(level)),
        (None, Some(0)) => Some(Cow::Borrowed("none")),
        // Below zero the model decides.
        (None, budget) => budget.and_then(|budget| u64::try_from(budget).ok()).map(|budget| Cow::Borrowed(effort::effort(budget))),
    };
    Ok((effort, thoughts))
}
