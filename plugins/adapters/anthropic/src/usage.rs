//! From Anthropic's usage object to disjoint quantities.
//!
//! `input_tokens` is fresh input only: cache reads and writes stand beside it and are never taken out of it (metering rule 2).
//! Thinking is part of `output_tokens`; it is only told apart where the answer says how much it is.

use serde::Deserialize;
use weighbridge_plugin::{
    adapter::{Fact, Quantity, StatedCost, UsageReading},
    facts::Facts,
};

/// Facts to quantities.
pub fn read_usage(facts: &[Fact]) -> UsageReading {
    let mut facts = Facts::new(facts);
    let mut reading = UsageReading { served_model: facts.text("model"), service_tier: tier(&facts), ..UsageReading::default() };
    let top = Tokens::top(&mut facts);
    let iterations: Vec<Iteration> = facts.json("iterations").and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default();
    let (own, extra) = by_model(&iterations, reading.served_model.as_deref(), &mut facts);
    // Where the answer tells its iterations, they are what is billed, and the top level is ignored (metering rule 20).
    let tokens = own.map_or(top, |own| own.instead_of(&top, &iterations, &mut facts));
    if tokens.is_reported() {
        reading.quantities = tokens.leaves(&mut facts);
        let searches = facts.count("web_searches").filter(|searches| *searches > 0);
        reading.quantities.extend(searches.map(|searches| Quantity::new("web_searches", searches)));
        reading.extra = extra;
    }
    reading.stated_cost = facts.number("cost").map(|amount| StatedCost { amount, currency: "USD".into() });
    if facts.json("first_id") != facts.json("last_id") {
        let _: Option<()> = facts.doubt("several_messages");
    }
    if facts.text("inference_geo").as_deref() == Some("us") {
        // Priced with a multiplier that a rate by meter does not show (metering rule 19).
        let _: Option<()> = facts.doubt("inference_geo_us");
    }
    reading.doubts = facts.doubts;
    reading
}

/// The tier that served the request. Fast mode has prices of its own, as a tier has.
fn tier(facts: &Facts<'_>) -> Option<String> {
    if facts.text("speed").as_deref() == Some("fast") { Some("fast".into()) } else { facts.text("service_tier") }
}

/// Disjoint but for thinking, which is part of the output; `None`: not reported.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Tokens {
    input: Option<u64>,
    cache_read: Option<u64>,
    cache_write: Option<u64>,
    ttl: Option<Ttl>,
    output: Option<u64>,
    thinking: Option<u64>,
}

/// Cache writes by their time to live.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
struct Ttl {
    #[serde(rename = "ephemeral_5m_input_tokens", default)]
    five_minutes: Option<u64>,
    #[serde(rename = "ephemeral_1h_input_tokens", default)]
    one_hour: Option<u64>,
}

/// One inference inside the answer.
#[derive(Debug, Deserialize)]
struct Iteration {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    model: Option<String>,
    #[serde(default)]
    input_tokens: Option<u64>,
    #[serde(default)]
    cache_read_input_tokens: Option<u64>,
    #[serde(default)]
    cache_creation_input_tokens: Option<u64>,
    #[serde(default)]
    cache_creation: Option<Ttl>,
    #[serde(default)]
    output_tokens: Option<u64>,
}

impl Tokens {
    fn top(facts: &mut Facts<'_>) -> Self {
        let ttl = facts.json("cache_creation").map(serde_json::from_str::<Ttl>);
        Self {
            input: facts.count("input"),
            cache_read: facts.count("cache_read"),
            cache_write: facts.count("cache_write"),
            ttl: match ttl {
                Some(Err(_)) => facts.doubt("unreadable_cache_creation"),
                ttl => ttl.and_then(Result::ok),
            },
            output: facts.count("output"),
            thinking: facts.count("thinking"),
        }
    }

    fn is_reported(&self) -> bool {
        self.input.is_some() || self.output.is_some()
    }

    fn plus(self, other: &Iteration) -> Self {
        let sum = |a: Option<u64>, b: Option<u64>| a.or(b).map(|_| a.unwrap_or(0).saturating_add(b.unwrap_or(0)));
        let ttl = match (self.ttl, other.cache_creation) {
            (Some(a), Some(b)) => Some(Ttl { five_minutes: sum(a.five_minutes, b.five_minutes), one_hour: sum(a.one_hour, b.one_hour) }),
            (a, b) => a.or(b),
        };
        Self {
            input: sum(self.input, other.input_tokens),
            cache_read: sum(self.cache_read, other.cache_read_input_tokens),
            cache_write: sum(self.cache_write, other.cache_creation_input_tokens),
            ttl,
            output: sum(self.output, other.output_tokens),
            thinking: self.thinking,
        }
    }

    /// The iterations' sum, with what only the top level reports. The top level leaves compactions out; but for them the two
    /// should agree.
    fn instead_of(self, top: &Self, iterations: &[Iteration], facts: &mut Facts<'_>) -> Self {
        let compacts = iterations.iter().any(|iteration| iteration.kind == "compaction");
        if !compacts && (self.input, self.output) != (top.input, top.output) {
            let _: Option<()> = facts.doubt("iterations_disagree");
        }
        Self { thinking: top.thinking, ..self }
    }

    fn leaves(&self, facts: &mut Facts<'_>) -> Vec<Quantity> {
        let mut leaves: Vec<(&str, u64)> = Vec::new();
        leaves.extend(self.input.map(|input| ("input", input)));
        leaves.extend(self.cache_read.map(|read| ("cache_read", read)));
        let (five_minutes, one_hour) = self.writes(facts);
        leaves.extend([("cache_write_5m", five_minutes), ("cache_write_1h", one_hour)].into_iter().filter(|(_, tokens)| *tokens > 0));
        if let Some(output) = self.output {
            let thinking = facts.at_most(self.thinking.unwrap_or(0), output, "thinking_exceeds_output");
            leaves.push(("output", output - thinking));
            leaves.extend(self.thinking.map(|_| ("reasoning", thinking)));
        } else {
            // A stream that broke off: what was generated is for a counter to say.
            let _: Option<()> = facts.doubt("output_not_reported");
        }
        leaves.into_iter().map(|(meter, tokens)| Quantity::new(meter, tokens)).collect()
    }

    /// Cache writes by time to live: five minutes, one hour (metering rules 9 and 10). What is not told has the default, five
    /// minutes; what is told beyond the sum is cut off.
    fn writes(&self, facts: &mut Facts<'_>) -> (u64, u64) {
        let ttl = self.ttl.unwrap_or_default();
        let (five_minutes, one_hour) = (ttl.five_minutes.unwrap_or(0), ttl.one_hour.unwrap_or(0));
        let Some(all) = self.cache_write else { return (five_minutes, one_hour) };
        let told = five_minutes.saturating_add(one_hour);
        let doubt = match self.ttl {
            None if all > 0 => Some("ttl_not_reported_assumed_5m"),
            Some(_) if told > all => Some("cache_write_details_exceed_total"),
            Some(_) if told < all => Some("cache_write_details_fall_short"),
            _ => None,
        };
        if let Some(doubt) = doubt {
            let _: Option<()> = facts.doubt(doubt);
        }
        let one_hour = one_hour.min(all);
        (all - one_hour, one_hour)
    }
}

/// The iterations at the served model summed up, and those at other models apart. `None`: the answer tells no iterations.
fn by_model(iterations: &[Iteration], served: Option<&str>, facts: &mut Facts<'_>) -> (Option<Tokens>, Vec<(String, Vec<Quantity>)>) {
    let (mut own, mut extra) = (None, Vec::new());
    for iteration in iterations {
        let other = iteration.model.as_deref().filter(|model| served.is_some_and(|served| served != *model));
        let Some(other) = other else {
            own = Some(own.unwrap_or_else(Tokens::default).plus(iteration));
            continue;
        };
        if iteration.kind == "message" {
            // The first model declined and another answered: whether the declined attempt is billed is not documented.
            let _: Option<()> = facts.doubt("model_fallback");
        }
        let mut quantities = Tokens::default().plus(iteration).leaves(facts);
        quantities.retain(|quantity| !quantity.value.is_zero());
        if !quantities.is_empty() {
            extra.push((other.to_owned(), quantities));
        }
    }
    (own, extra)
}
