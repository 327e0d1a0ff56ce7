//! Tools and the choice among them.

use std::borrow::Cow;

use weighbridge_plugin::PluginError;

use crate::translate::{
    params::{Params, refuse},
    wire::{Function, Tool, ToolChoice},
};

/// Takes `tools` and `tool_choice`.
pub fn translate<'a>(params: &mut Params<'a>) -> Result<(Vec<Tool<'a>>, Option<ToolChoice<'a>>), PluginError> {
    let list = params.list("tools")?;
    let tools = list.into_iter().enumerate().map(|(index, raw)| tool(Params::read(raw.get(), format!("tools[{index}]"))?)).collect::<Result<Vec<_>, _>>()?;
    let choice = params.raw("tool_choice").map(|raw| choice(raw.get())).transpose()?;
    // Without tools there is nothing to choose.
    Ok(if tools.is_empty() { (tools, None) } else { (tools, choice) })
}

fn tool(mut tool: Params<'_>) -> Result<Tool<'_>, PluginError> {
    let kind = tool.required("type")?;
    if kind != "function" {
        return Err(refuse(&tool.at("type"), format_args!("is \"{kind}\"; this model is served by OpenAI's chat completions, where it may be \"function\"")));
    }
    let function = Function {
        name: tool.required("name")?,
        description: tool.text("description")?,
        parameters: tool.raw("parameters").map(Cow::Borrowed),
        strict: tool.take("strict")?,
    };
    tool.finish()?;
    Ok(Tool::function(function))
}

fn choice(json: &str) -> Result<ToolChoice<'_>, PluginError> {
    match json {
        "\"auto\"" => return Ok(ToolChoice::Mode("auto")),
        "\"none\"" => return Ok(ToolChoice::Mode("none")),
        "\"required\"" => return Ok(ToolChoice::Mode("required")),
        _ => {}
    }
    let mut named = Params::read(json, "tool_choice")?;
    let kind = named.required("type")?;
    if kind != "function" {
        return Err(refuse("tool_choice.type", format_args!("is \"{kind}\"; this model is served by OpenAI's chat completions, where it may be \"function\"")));
    }
    let name = named.required("name")?;
    named.finish()?;
    Ok(ToolChoice::named(name))
}
