//! Searches, and the tokens that tools put into the prompt: who pays for them how (metering rules 30 and 31).

use serde::Deserialize;
use weighbridge_plugin::facts::Facts;

/// Which of the provider's tools an answer shows to have been used.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Tools {
    /// Queries to the web search.
    pub queries: u64,
    /// Whether the answer names a page that a search found.
    pub web_source: bool,
    /// Whether it names a place on a map.
    pub maps: bool,
    /// Whether pages were read, code was run or files were searched: what these put into the prompt is billed.
    pub billed: bool,
}

#[derive(Deserialize)]
#[serde(transparent)]
struct Queries(Vec<Option<String>>);

impl Tools {
    /// By the facts of an answer.
    pub fn of(facts: &mut Facts<'_>) -> Self {
        let url_context = facts.json("url_context").is_some();
        Self {
            queries: queries(facts),
            // Pages that were read by their address are named as sources too.
            web_source: facts.json("web_source").is_some() && !url_context,
            maps: facts.json("maps_source").is_some(),
            billed: url_context || facts.json("code").is_some() || facts.json("file_source").is_some(),
        }
    }
    /// Whether the web was searched.
    pub fn searched(&self) -> bool {
        self.queries > 0 || self.web_source
    }
    /// Whether what tools put into the prompt is not billed as input: a search's results are paid for by the search (metering
    /// rule 31). Where other tools were used too, nobody says how much was whose: it is taken as billed, and doubted.
    pub fn prompt_is_free(&self, facts: &mut Facts<'_>) -> bool {
        let searched = self.searched() || self.maps;
        if searched && self.billed {
            let _: Option<()> = facts.doubt("tool_prompt_of_several_tools");
        }
        searched && !self.billed
    }
    /// The fees: by the grounded prompt for the models that pay so, by the query for all others (metering rule 30).
    pub fn fees(&self, by_prompt: bool, facts: &mut Facts<'_>) -> Vec<(&'static str, u64)> {
        let mut fees = Vec::new();
        if self.searched() {
            if self.queries == 0 || !self.web_source {
                // Queries without a source, or a source without its query: whether that is billed is not documented.
                let _: Option<()> = facts.doubt("search_not_fully_reported");
            }
            fees.push(("web_searches", if by_prompt { 1 } else { self.queries.max(1) }));
        }
        if self.maps {
            fees.push(("maps_groundings", 1));
        }
        fees
    }
}

/// The queries of all candidates of a whole answer. A stream tells them in one of its chunks; where several do, the longest list
/// counts, as they may repeat themselves (metering rule 22: never a sum).
fn queries(facts: &mut Facts<'_>) -> u64 {
    let lists = |facts: &mut Facts<'_>, name: &str| {
        let Some(json) = facts.json(name) else { return Vec::new() };
        let lists = serde_json::from_str::<Vec<Queries>>(json).map(|lists| lists.iter().map(|list| list.0.len() as u64).collect::<Vec<_>>());
        lists.unwrap_or_else(|_| facts.doubt("unreadable_queries").unwrap_or_default())
    };
    let whole = lists(facts, "queries").iter().sum();
    let streamed = lists(facts, "streamed_queries");
    if streamed.iter().filter(|queries| **queries > 0).count() > 1 {
        let _: Option<()> = facts.doubt("queries_told_more_than_once");
    }
    streamed.into_iter().max().unwrap_or(0).max(whole)
}
