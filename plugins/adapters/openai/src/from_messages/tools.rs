//! Tools and the choice among them.

use std::borrow::Cow;

use weighbridge_plugin::PluginError;

use crate::translate::{
    params::{Params, refuse},
    wire::{Function, Tool, ToolChoice},
};

/// Tools, the choice, and whether several may be called at a time.
type Translated<'a> = (Vec<Tool<'a>>, Option<ToolChoice<'a>>, Option<bool>);

/// Takes `tools` and `tool_choice`.
pub fn translate<'a>(params: &mut Params<'a>) -> Result<Translated<'a>, PluginError> {
    let list = params.list("tools")?;
    let tools = list.into_iter().enumerate().map(|(index, raw)| tool(Params::read(raw.get(), format!("tools[{index}]"))?)).collect::<Result<Vec<_>, _>>()?;
    let Some(raw) = params.raw("tool_choice") else { return Ok((tools, None, None)) };
    let mut given = Params::read(raw.get(), "tool_choice")?;
    let choice = match given.required("type")?.as_ref() {
        "auto" => ToolChoice::Mode("auto"),
        "any" => ToolChoice::Mode("required"),
        "none" => ToolChoice::Mode("none"),
        "tool" => ToolChoice::named(given.required("name")?),
        other => return Err(refuse("tool_choice.type", format_args!("is \"{other}\"; it may be \"auto\", \"any\", \"tool\" or \"none\""))),
    };
    let one_at_a_time = given.take::<bool>("disable_parallel_tool_use")? == Some(true);
    given.finish()?;
    // Without tools there is nothing to choose.
    Ok(if tools.is_empty() { (tools, None, None) } else { (tools, Some(choice), one_at_a_time.then_some(false)) })
}

fn tool(mut tool: Params<'_>) -> Result<Tool<'_>, PluginError> {
    let kind = tool.text("type")?;
    if let Some(kind) = kind.filter(|kind| kind != "custom") {
        return Err(refuse(
            &tool.at("type"),
            format_args!("is \"{kind}\", a tool that only Anthropic runs: this model is served by OpenAI's chat completions"),
        ));
    }
    tool.ignore(["cache_control"]);
    // When the arguments' pieces are sent has no influence on what they say.
    tool.ignore(["eager_input_streaming"]);
    tool.ignore_if("defer_loading", &["false"]);
    let function = Function {
        name: tool.required("name")?,
        description: tool.text("description")?,
        parameters: Some(Cow::Borrowed(tool.required_raw("input_schema")?)),
        strict: tool.take("strict")?,
    };
    tool.finish()?;
    Ok(Tool::function(function))
}
