//! From watsonx.ai's counts to quantities: input and output, nothing inside of either.

use weighbridge_plugin::{
    adapter::{Fact, Quantity, UsageReading},
    facts::Facts,
};

/// Facts to quantities.
pub fn read_usage(facts: &[Fact]) -> UsageReading {
    let mut facts = Facts::new(facts);
    let leaves = ["input", "output"].map(|meter| (meter, facts.count(meter)));
    UsageReading {
        quantities: leaves.into_iter().filter_map(|(meter, tokens)| Some(Quantity::new(meter, tokens?))).collect(),
        served_model: facts.text("model"),
        doubts: facts.doubts,
        ..UsageReading::default()
    }
}
