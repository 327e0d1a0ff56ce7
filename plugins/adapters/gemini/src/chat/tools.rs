//! Tools and the choice among them.

use serde_json::value::RawValue;
use weighbridge_plugin::PluginError;

use super::{
    params::{Params, refusal, refuse},
    wire::{Calling, Declaration, ToolConfig, Tools},
};

/// Takes `tools`, `tool_choice` and `parallel_tool_calls`.
pub fn translate<'a>(params: &mut Params<'a>) -> Result<(Vec<Tools<'a>>, Option<ToolConfig>), PluginError> {
    let list: Vec<&'a RawValue> = params.take("tools")?.unwrap_or_default();
    let mut is_strict = false;
    let mut declarations = Vec::with_capacity(list.len());
    for (index, raw) in list.iter().enumerate() {
        let (declaration, strict) = tool(raw.get(), index)?;
        declarations.push(declaration);
        is_strict |= strict;
    }
    if params.take::<bool>("parallel_tool_calls")? == Some(false) {
        return Err(refuse("parallel_tool_calls", "is false; Google's generateContent cannot be held to one call at a time: leave it out"));
    }
    let choice = params.raw("tool_choice").map(|raw| choice(raw.get())).transpose()?;
    if declarations.is_empty() {
        // Without tools there is nothing to choose.
        return Ok((Vec::new(), None));
    }
    // Calls that the model is free to make are held to the schema only in a mode of its own.
    let choice = match choice {
        None if is_strict => Some(mode("VALIDATED")),
        Some(Calling { mode: "AUTO", .. }) if is_strict => Some(mode("VALIDATED")),
        choice => choice,
    };
    let config = choice.map(|function_calling_config| ToolConfig { function_calling_config });
    Ok((vec![Tools { function_declarations: declarations }], config))
}

fn mode(mode: &'static str) -> Calling {
    Calling { mode, allowed_function_names: Vec::new() }
}

fn tool(json: &str, index: usize) -> Result<(Declaration<'_>, bool), PluginError> {
    let mut outer = Params::read(json, format!("tools[{index}]"))?;
    if outer.required("type")? != "function" {
        return Err(refusal(&outer.at("type")));
    }
    outer.ignore(["cache_control"]);
    let place = outer.at("function");
    let function = outer.raw("function").ok_or_else(|| PluginError::invalid_input(format!("{place} is missing")))?;
    outer.finish()?;
    let mut function = Params::read(function.get(), place)?;
    let declaration =
        Declaration { name: function.required("name")?, description: function.text("description")?, parameters_json_schema: function.raw("parameters") };
    let strict = function.take::<bool>("strict")? == Some(true);
    function.ignore(["cache_control"]);
    function.finish()?;
    Ok((declaration, strict))
}

fn choice(json: &str) -> Result<Calling, PluginError> {
    match json {
        "\"auto\"" => return Ok(mode("AUTO")),
        "\"none\"" => return Ok(mode("NONE")),
        "\"required\"" => return Ok(mode("ANY")),
        _ => {}
    }
    let mut named = Params::read(json, "tool_choice")?;
    if named.required("type")? != "function" {
        return Err(refusal("tool_choice.type"));
    }
    let function = named.raw("function").ok_or_else(|| PluginError::invalid_input("tool_choice.function is missing"))?;
    let name = Params::read(function.get(), "tool_choice.function")?.required("name")?.into_owned();
    Ok(Calling { mode: "ANY", allowed_function_names: vec![name] })
}
