//! Tools and the choice among them.

use std::borrow::Cow;

use serde_json::value::RawValue;
use weighbridge_plugin::PluginError;

use super::{
    params::{Params, refusal},
    wire::{Tool, ToolChoice},
};

/// Takes `tools`, `tool_choice` and `parallel_tool_calls`.
pub fn translate<'a>(params: &mut Params<'a>) -> Result<(Vec<Tool<'a>>, Option<ToolChoice>), PluginError> {
    let list: Vec<&'a RawValue> = params.take("tools")?.unwrap_or_default();
    let tools = list.iter().enumerate().map(|(index, raw)| tool(raw.get(), index)).collect::<Result<Vec<_>, _>>()?;
    let one_at_a_time = params.take::<bool>("parallel_tool_calls")? == Some(false);
    let mut choice = params.raw("tool_choice").map(|raw| choice(raw.get())).transpose()?;
    if one_at_a_time && choice.as_ref().is_none_or(|choice| choice.kind != "none") {
        choice.get_or_insert(ToolChoice { kind: "auto", name: None, disable_parallel_tool_use: false }).disable_parallel_tool_use = true;
    }
    // Without tools there is nothing to choose.
    Ok(if tools.is_empty() { (tools, None) } else { (tools, choice) })
}

fn tool(json: &str, index: usize) -> Result<Tool<'_>, PluginError> {
    let mut outer = Params::read(json, format!("tools[{index}]"))?;
    if outer.required("type")? != "function" {
        return Err(refusal(&outer.at("type")));
    }
    let cache_control = outer.raw("cache_control");
    let place = outer.at("function");
    let function = outer.raw("function").ok_or_else(|| PluginError::invalid_input(format!("{place} is missing")))?;
    outer.finish()?;
    let mut function = Params::read(function.get(), place)?;
    let tool = Tool {
        name: function.required("name")?,
        description: function.text("description")?,
        input_schema: match function.raw("parameters") {
            Some(schema) => Cow::Borrowed(schema),
            None => Cow::Owned(no_arguments()?),
        },
        strict: function.take("strict")?.filter(|strict| *strict),
        cache_control: function.raw("cache_control").or(cache_control),
    };
    function.finish()?;
    Ok(tool)
}

fn no_arguments() -> Result<Box<RawValue>, PluginError> {
    RawValue::from_string(r#"{"type":"object","properties":{}}"#.into()).map_err(|error| PluginError::internal(error.to_string()))
}

fn choice(json: &str) -> Result<ToolChoice, PluginError> {
    let plain = |kind| Ok(ToolChoice { kind, name: None, disable_parallel_tool_use: false });
    match json {
        "\"auto\"" => return plain("auto"),
        "\"none\"" => return plain("none"),
        "\"required\"" => return plain("any"),
        _ => {}
    }
    let mut named = Params::read(json, "tool_choice")?;
    if named.required("type")? != "function" {
        return Err(refusal("tool_choice.type"));
    }
    let function = named.raw("function").ok_or_else(|| PluginError::invalid_input("tool_choice.function is missing"))?;
    let name = Params::read(function.get(), "tool_choice.function")?.required("name")?.into_owned();
    Ok(ToolChoice { kind: "tool", name: Some(name), disable_parallel_tool_use: false })
}
