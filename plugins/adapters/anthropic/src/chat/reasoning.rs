//! `reasoning_effort` as Anthropic's thinking: by the name of an effort, or by a budget of tokens for the older models.

use weighbridge_plugin::PluginError;

use super::{
    params::{Params, refuse},
    wire::{Block, Thinking, Turn},
};
use crate::config::Config;

/// The least budget that the API takes.
const LEAST_BUDGET: u64 = 1024;

/// How the model is to think.
#[derive(Debug, Default)]
pub struct Reasoning {
    /// `thinking`.
    pub mode: Option<Thinking<'static>>,
    /// `output_config.effort`.
    pub effort: Option<&'static str>,
}

impl Reasoning {
    /// Tokens that thinking may use of `max_tokens`.
    pub fn budget(&self) -> u64 {
        match self.mode {
            Some(Thinking::Mode { budget_tokens, .. }) => budget_tokens.unwrap_or(0),
            _ => 0,
        }
    }
}

/// Takes `reasoning_effort`.
pub fn translate(config: &Config, model: &str, max_tokens: Option<u64>, params: &mut Params<'_>, turns: &[Turn<'_>]) -> Result<Reasoning, PluginError> {
    let Some(effort) = params.text("reasoning_effort")? else { return Ok(Reasoning::default()) };
    let mode = |kind, budget_tokens| Some(Thinking::Mode { kind, budget_tokens });
    if effort == "none" {
        return Ok(Reasoning { mode: mode("disabled", None), effort: None });
    }
    if config.thinks_by_budget(model) {
        let budget = config.budgets.get(effort.as_ref()).copied().ok_or_else(|| unknown(&effort))?;
        return Ok(Reasoning { mode: mode("enabled", Some(fitting(budget, max_tokens, turns)?)), effort: None });
    }
    let named = ["low", "medium", "high", "xhigh", "max"].into_iter().find(|known| *known == effort);
    let effort = named.or((effort == "minimal").then_some("low")).ok_or_else(|| unknown(&effort))?;
    Ok(Reasoning { mode: mode("adaptive", None), effort: Some(effort) })
}

/// Thinking is part of `max_tokens`: it gets at most half of them.
fn fitting(budget: u64, max_tokens: Option<u64>, turns: &[Turn<'_>]) -> Result<u64, PluginError> {
    if answers_a_tool(turns) {
        return Err(refuse(
            "reasoning_effort",
            "cannot be used while tool results are sent to this model: it asks for its own thinking back, which OpenAI's chat format does not carry",
        ));
    }
    match max_tokens.map(|most| most / 2) {
        Some(half) if half < LEAST_BUDGET => {
            Err(refuse("reasoning_effort", format_args!("needs max_completion_tokens of at least {} with this model", LEAST_BUDGET * 2)))
        }
        Some(half) => Ok(budget.min(half)),
        None => Ok(budget),
    }
}

fn answers_a_tool(turns: &[Turn<'_>]) -> bool {
    turns.last().is_some_and(|turn| turn.content.iter().any(|block| matches!(block, Block::ToolResult { .. })))
}

fn unknown(effort: &str) -> PluginError {
    refuse("reasoning_effort", format_args!("is \"{effort}\", which this model's thinking has no counterpart for"))
}
