//! Thinking as a reasoning effort, and the shape of the answer.

use std::borrow::Cow;

use weighbridge_plugin::PluginError;

use crate::translate::{
    params::{Params, refuse},
    wire::{Format, Schema},
};

/// A budget up to the first is a low effort, up to the second a medium one.
const BUDGETS: [(u64, &str); 2] = [(2048, "low"), (8192, "medium")];

/// The effort and the format.
type Translated<'a> = (Option<Cow<'a, str>>, Option<Format<'a>>);

/// Takes `thinking` and `output_config`. An effort that is named counts before a budget.
pub fn translate<'a>(params: &mut Params<'a>) -> Result<Translated<'a>, PluginError> {
    let budget = params.raw("thinking").map(|raw| thinking(Params::read(raw.get(), "thinking")?)).transpose()?.flatten();
    let Some(raw) = params.raw("output_config") else { return Ok((budget, None)) };
    let mut output = Params::read(raw.get(), "output_config")?;
    let named = output.text("effort")?.map(|effort| if effort == "max" { Cow::Borrowed("xhigh") } else { effort });
    let format = output.raw("format").map(|raw| format(Params::read(raw.get(), "output_config.format")?)).transpose()?;
    output.finish()?;
    Ok((named.or(budget), format))
}

/// No effort where the model is left to decide by itself, which is also the nearest to not thinking at all: there is no word for
/// that which every provider knows.
fn thinking(mut thinking: Params<'_>) -> Result<Option<Cow<'static, str>>, PluginError> {
    let kind = thinking.required("type")?;
    let budget: Option<u64> = thinking.take("budget_tokens")?;
    // How the thinking is shown is the provider's to say.
    thinking.ignore(["display"]);
    thinking.finish()?;
    match kind.as_ref() {
        "disabled" | "adaptive" => Ok(None),
        "enabled" => {
            let budget = budget.ok_or_else(|| PluginError::invalid_input("thinking.budget_tokens is missing"))?;
            Ok(Some(Cow::Borrowed(effort(budget))))
        }
        other => Err(refuse("thinking.type", format_args!("is \"{other}\"; it may be \"enabled\", \"adaptive\" or \"disabled\""))),
    }
}

/// The effort that is nearest to a budget of tokens.
pub fn effort(budget: u64) -> &'static str {
    BUDGETS.into_iter().find(|(most, _)| budget <= *most).map_or("high", |(_, effort)| effort)
}

fn format(mut format: Params<'_>) -> Result<Format<'_>, PluginError> {
    let kind = format.required("type")?;
    if kind != "json_schema" {
        return Err(refuse("output_config.format.type", format_args!("is \"{kind}\"; it may be \"json_schema\"")));
    }
    let schema = format.required_raw("schema")?;
    format.finish()?;
    Ok(Format::JsonSchema { json_schema: Schema { name: "answer".into(), description: None, schema: Cow::Borrowed(schema), strict: Some(true) } })
}
