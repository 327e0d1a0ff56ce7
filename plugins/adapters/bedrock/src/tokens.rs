//! From what an answer reports to disjoint quantities.
//!
//! On Bedrock input is fresh input only: cache reads and writes stand beside it (metering rule 2). Thinking is part of the output,
//! and told apart where an answer says how much it is.

use weighbridge_plugin::{adapter::Quantity, facts::Facts};

/// `None`: not reported.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Tokens {
    /// Fresh input.
    pub input: Option<u64>,
    /// Read from a cache.
    pub cache_read: Option<u64>,
    /// Written to a cache.
    pub cache_write: Option<u64>,
    /// Of it, by time to live.
    pub ttl: Option<Ttl>,
    /// All output.
    pub output: Option<u64>,
    /// Of it, thinking.
    pub thinking: Option<u64>,
}

/// Cache writes by their time to live.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Ttl {
    /// Five minutes.
    pub five_minutes: u64,
    /// One hour.
    pub one_hour: u64,
}

impl Tokens {
    /// Whether anything was said.
    pub fn is_reported(&self) -> bool {
        self.input.is_some() || self.output.is_some()
    }

    /// As disjoint quantities. A reported zero is kept for input, cache reads and output.
    pub fn leaves(&self, facts: &mut Facts<'_>) -> Vec<Quantity> {
        let [five_minutes, one_hour, other] = self.writes(facts);
        let thinking = facts.at_most(self.thinking.unwrap_or(0), self.output.unwrap_or(0), "thinking_exceeds_output");
        let some = |tokens: u64| (tokens > 0).then_some(tokens);
        let leaves = [
            ("input", self.input),
            ("cache_read", self.cache_read),
            ("cache_write_5m", some(five_minutes)),
            ("cache_write_1h", some(one_hour)),
            ("cache_write", some(other)),
            ("output", self.output.map(|output| output - thinking)),
            ("reasoning", self.thinking.map(|_| thinking)),
        ];
        leaves.into_iter().filter_map(|(meter, tokens)| Some(Quantity::new(meter, tokens?))).collect()
    }

    /// Cache writes of five minutes, of one hour, and of the model's default (metering rules 9 and 10). Details beyond the sum are
    /// cut off: one hour first, five minutes the rest. What they leave out has the default.
    fn writes(&self, facts: &mut Facts<'_>) -> [u64; 3] {
        let Ttl { five_minutes, one_hour } = self.ttl.unwrap_or_default();
        let told = five_minutes.saturating_add(one_hour);
        let all = self.cache_write.unwrap_or(told);
        if told > all {
            let _: Option<()> = facts.doubt("cache_write_details_exceed_total");
            let one_hour = one_hour.min(all);
            return [all - one_hour, one_hour, 0];
        }
        if self.ttl.is_some() && told < all {
            let _: Option<()> = facts.doubt("cache_write_details_fall_short");
        }
        [five_minutes, one_hour, all - told]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(tokens: Tokens) -> String {
        let mut facts = Facts::new(&[]);
        let leaves: Vec<String> = tokens.leaves(&mut facts).iter().map(|leaf| format!("{}={}", leaf.meter, leaf.value)).collect();
        format!("{} {}", leaves.join(" "), facts.doubts.join(" ")).trim().to_owned()
    }

    fn writes(all: Option<u64>, ttl: Option<(u64, u64)>) -> String {
        let ttl = ttl.map(|(five_minutes, one_hour)| Ttl { five_minutes, one_hour });
        line(Tokens { cache_write: all, ttl, ..Tokens::default() })
    }

    #[test]
    fn rule_09_cache_writes_are_split_by_time_to_live() {
        assert_eq!(writes(Some(100), Some((60, 40))), "cache_write_5m=60 cache_write_1h=40");
        assert_eq!(writes(None, Some((60, 40))), "cache_write_5m=60 cache_write_1h=40");
        assert_eq!(writes(Some(100), None), "cache_write=100");
    }

    #[test]
    fn rule_10_details_that_do_not_add_up_are_mended_and_flagged() {
        assert_eq!(writes(Some(100), Some((80, 60))), "cache_write_5m=40 cache_write_1h=60 cache_write_details_exceed_total");
        assert_eq!(writes(Some(100), Some((0, 600))), "cache_write_1h=100 cache_write_details_exceed_total");
        assert_eq!(writes(Some(100), Some((10, 20))), "cache_write_5m=10 cache_write_1h=20 cache_write=70 cache_write_details_fall_short");
    }

    #[test]
    fn rule_36_thinking_beyond_the_output_is_clipped() {
        let thinking = |thinking| line(Tokens { output: Some(5), thinking: Some(thinking), ..Tokens::default() });
        assert_eq!((thinking(3), thinking(0)), ("output=2 reasoning=3".into(), "output=5 reasoning=0".into()));
        assert_eq!(thinking(30), "output=0 reasoning=5 thinking_exceeds_output");
    }
}
