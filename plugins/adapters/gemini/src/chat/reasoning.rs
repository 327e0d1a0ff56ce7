//! `reasoning_effort` as thinking: by the name of a level, or by a budget of tokens for the older models.

use weighbridge_plugin::PluginError;

use super::{
    params::{Params, refuse},
    wire::Thinking,
};
use crate::config::Config;

/// Levels that models know, under the same names.
const LEVELS: [&str; 4] = ["minimal", "low", "medium", "high"];

/// Takes `reasoning_effort`.
pub fn translate(config: &Config, model: &str, params: &mut Params<'_>) -> Result<Option<Thinking>, PluginError> {
    let Some(effort) = params.text("reasoning_effort")? else { return Ok(None) };
    let unknown = || refuse("reasoning_effort", format_args!("is \"{effort}\", which this model's thinking has no counterpart for"));
    if config.thinks_by_budget(model) {
        let budget = config.budgets.get(effort.as_ref()).copied().ok_or_else(unknown)?;
        return Ok(Some(Thinking { thinking_budget: Some(budget), thinking_level: None }));
    }
    let level = LEVELS.into_iter().find(|level| *level == effort).ok_or_else(unknown)?;
    Ok(Some(Thinking { thinking_budget: None, thinking_level: Some(level) }))
}
