//! Function declarations and the choice among them.

use std::borrow::Cow;

use weighbridge_plugin::PluginError;

use super::schema;
use crate::translate::{
    params::{Params, refuse},
    wire::{Function, Tool, ToolChoice},
};

/// Takes `tools` and `toolConfig`.
pub fn translate<'a>(params: &mut Params<'a>) -> Result<(Vec<Tool<'a>>, Option<ToolChoice<'a>>), PluginError> {
    let mut tools = Vec::new();
    for (index, raw) in params.list("tools")?.into_iter().enumerate() {
        let mut tool = Params::read_camel(raw.get(), format!("tools[{index}]"))?;
        let place = tool.at("functionDeclarations");
        for (index, raw) in tool.list("functionDeclarations")?.into_iter().enumerate() {
            tools.push(Tool::function(function(Params::read_camel(raw.get(), format!("{place}[{index}]"))?)?));
        }
        tool.finish()?;
    }
    let choice = params.raw("toolConfig").map(|raw| config(Params::read_camel(raw.get(), "toolConfig")?)).transpose()?.flatten();
    // Without tools there is nothing to choose.
    Ok(if tools.is_empty() { (tools, None) } else { (tools, choice) })
}

fn function(mut function: Params<'_>) -> Result<Function<'_>, PluginError> {
    // What it answers with, and how it runs, is for the client's own code.
    function.ignore(["response", "responseJsonSchema"]);
    function.ignore_if("behavior", &["\"BLOCKING\"", "\"UNSPECIFIED\""]);
    let place = function.at("parameters");
    let translated = Function {
        name: function.required("name")?,
        description: function.text("description")?,
        parameters: match function.raw("parametersJsonSchema") {
            Some(schema) => Some(Cow::Borrowed(schema)),
            None => function.raw("parameters").map(|given| schema::json(given, &place)).transpose()?.map(Cow::Owned),
        },
        strict: None,
    };
    function.finish()?;
    Ok(translated)
}

fn config(mut config: Params<'_>) -> Result<Option<ToolChoice<'_>>, PluginError> {
    let Some(raw) = config.raw("functionCallingConfig") else { return config.finish().map(|()| None) };
    let mut calling = Params::read_camel(raw.get(), "toolConfig.functionCallingConfig")?;
    let mode = calling.text("mode")?.unwrap_or(Cow::Borrowed("AUTO"));
    let mut names = calling.texts("allowedFunctionNames")?;
    calling.finish()?;
    config.finish()?;
    match (mode.to_ascii_uppercase().as_str(), names.len()) {
        ("AUTO" | "MODE_UNSPECIFIED", 0) => Ok(Some(ToolChoice::Mode("auto"))),
        ("NONE", _) => Ok(Some(ToolChoice::Mode("none"))),
        ("ANY", 0) => Ok(Some(ToolChoice::Mode("required"))),
        ("ANY", 1) => Ok(names.pop().map(ToolChoice::named)),
        (_, 0) => Err(refuse("toolConfig.functionCallingConfig.mode", format_args!("is \"{mode}\"; it may be \"AUTO\", \"ANY\" or \"NONE\""))),
        _ => Err(refuse(
            "toolConfig.functionCallingConfig.allowedFunctionNames",
            "may hold one name, with the mode \"ANY\": this model is served by OpenAI's chat completions, which name one function or none",
        )),
    }
}
