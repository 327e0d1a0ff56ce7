//! The counts of usageMetadata, and what its total says of them.

use serde::{Deserialize, Serialize};
use weighbridge_plugin::facts::Facts;

/// As reported; `None`: not reported. Also what a translated stream remembers, hence the short names.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize, Serialize)]
pub struct Counts {
    /// All of the prompt, what is cached included.
    #[serde(rename(deserialize = "promptTokenCount", serialize = "p"), alias = "p", default)]
    pub prompt: Option<u64>,
    /// The part of the prompt that was read from a cache.
    #[serde(rename(deserialize = "cachedContentTokenCount", serialize = "c"), alias = "c", default)]
    pub cached: Option<u64>,
    /// What tools put into the prompt, beside it.
    #[serde(rename(deserialize = "toolUsePromptTokenCount", serialize = "u"), alias = "u", default)]
    pub tool_prompt: Option<u64>,
    /// What was generated.
    #[serde(rename(deserialize = "candidatesTokenCount", serialize = "g"), alias = "g", default)]
    pub candidates: Option<u64>,
    /// Thinking; beside what was generated, as a rule.
    #[serde(rename(deserialize = "thoughtsTokenCount", serialize = "h"), alias = "h", default)]
    pub thoughts: Option<u64>,
    /// All of it.
    #[serde(rename(deserialize = "totalTokenCount", serialize = "t"), alias = "t", default)]
    pub total: Option<u64>,
}

/// How the counts are made up, as the total says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Makeup {
    /// Everything stands beside everything else; or there is no total that says otherwise.
    Beside,
    /// Thinking is part of what was generated (metering rule 4).
    ThoughtsInside,
    /// What tools put into the prompt is part of it.
    ToolPromptInside,
    /// The total is none of these.
    Contradictory,
}

impl Counts {
    /// By the facts of an answer.
    pub fn of(facts: &mut Facts<'_>) -> Self {
        Self {
            prompt: facts.count("prompt"),
            cached: facts.count("cached"),
            tool_prompt: facts.count("tool_prompt"),
            candidates: facts.count("candidates"),
            thoughts: facts.count("thoughts"),
            total: facts.count("total"),
        }
    }
    /// Whether anything was counted.
    pub fn are_reported(&self) -> bool {
        [self.prompt, self.tool_prompt, self.candidates, self.thoughts].iter().any(Option::is_some)
    }
    /// What the total says (metering rule 4).
    pub fn makeup(&self) -> Makeup {
        let [prompt, tool, candidates, thoughts] = [self.prompt, self.tool_prompt, self.candidates, self.thoughts].map(Option::unwrap_or_default);
        let sum = |list: &[u64]| list.iter().try_fold(0u64, |sum, count| sum.checked_add(*count));
        match self.total {
            None => Makeup::Beside,
            total if total == sum(&[prompt, tool, candidates, thoughts]) => Makeup::Beside,
            total if thoughts > 0 && thoughts <= candidates && total == sum(&[prompt, tool, candidates]) => Makeup::ThoughtsInside,
            total if tool > 0 && tool <= prompt && total == sum(&[prompt, candidates, thoughts]) => Makeup::ToolPromptInside,
            _ => Makeup::Contradictory,
        }
    }
    /// With the later report's values where it has any.
    pub fn updated(self, later: Self) -> Self {
        Self {
            prompt: later.prompt.or(self.prompt),
            cached: later.cached.or(self.cached),
            tool_prompt: later.tool_prompt.or(self.tool_prompt),
            candidates: later.candidates.or(self.candidates),
            thoughts: later.thoughts.or(self.thoughts),
            total: later.total.or(self.total),
        }
    }
    /// The last report as a whole, where the last values of each field contradict the total and it does not: reports are of all
    /// that was used so far, but a model that starts over for a tool's result may end with less than it had reported before.
    pub fn or_whole(self, last: Option<Self>) -> Self {
        let last = last.filter(|last| last.total.is_some() && last.makeup() != Makeup::Contradictory);
        last.filter(|_| self.makeup() == Makeup::Contradictory).unwrap_or(self)
    }
    /// What was generated without thinking.
    pub fn visible(&self) -> Option<u64> {
        match self.makeup() {
            Makeup::ThoughtsInside => Some(self.candidates?.saturating_sub(self.thoughts.unwrap_or(0))),
            // A zero is left out on this wire: where the total has no room for an output, there was none.
            Makeup::Beside if self.total.is_some() => Some(self.candidates.unwrap_or(0)),
            _ => self.candidates,
        }
    }
}
