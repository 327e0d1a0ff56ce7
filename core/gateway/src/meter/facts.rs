//! Collects usage facts while an answer passes: per rule one value, combined as the rule says (metering rule 22:
//! the last present value, never a sum). `null` is absent.

use weighbridge_domain::exact;
use weighbridge_plugin_api::adapter::{Combine, Fact};

use super::wire::Rules;

/// The facts found so far, one place for each rule.
#[derive(Debug, Default)]
pub(crate) struct FactSet {
    values: Vec<Option<String>>,
}

impl FactSet {
    pub(crate) fn new(rules: &Rules) -> Self {
        Self { values: vec![None; rules.list.len()] }
    }

    /// Reads a whole body. `Err` when it is not JSON.
    pub(crate) fn read_body(&mut self, rules: &Rules, body: &[u8]) -> Result<(), serde_json::Error> {
        rules.set.scan(body, |rule, json| self.take(rules, rule, json))
    }

    /// Reads one event's data, if any rule that still wants something lets it pass.
    pub(crate) fn read_event(&mut self, rules: &Rules, name: Option<&str>, data: &[u8]) {
        let mut passed = 0u64;
        let mut wanted = false;
        for (index, (_, filter)) in rules.filters.iter().enumerate() {
            if self.wants(rules, Some(index)) && filter.passes(name, data) {
                passed |= 1 << index;
                wanted = true;
            }
        }
        if !wanted && !self.wants(rules, None) {
            return;
        }
        // What is not JSON (a terminal marker, a comment) holds no facts.
        let _ = rules.set.scan(data, |rule, json| {
            if rules.filter_of[rule].is_none_or(|filter| passed & (1 << filter) != 0) {
                self.take(rules, rule, json);
            }
        });
    }

    /// Whether a rule with this filter can still learn something: `first` rules stop at their first value.
    fn wants(&self, rules: &Rules, filter: Option<usize>) -> bool {
        let satisfied = |rule: usize| rules.list[rule].combine == Combine::First && self.values[rule].is_some();
        rules.filter_of.iter().enumerate().any(|(rule, of)| *of == filter && !satisfied(rule))
    }

    fn take(&mut self, rules: &Rules, rule: usize, json: &str) {
        if json == "null" {
            return;
        }
        let place = &mut self.values[rule];
        let number = |text: &str| exact::parse(text).ok();
        match (rules.list[rule].combine, place.as_deref()) {
            (Combine::First, Some(_)) => {}
            (Combine::Max, Some(before)) => {
                if number(json) > number(before) {
                    *place = Some(json.to_owned());
                }
            }
            (Combine::Sum, Some(before)) => {
                let sum = number(json).zip(number(before)).and_then(|(a, b)| exact::add(a, b).ok());
                // What cannot be added stays visible as it came; the adapter will doubt it.
                *place = Some(sum.map_or_else(|| json.to_owned(), |sum| sum.to_string()));
            }
            _ => {
                let text = place.get_or_insert_default();
                text.clear();
                text.push_str(json);
            }
        }
    }

    /// The facts, for the adapter.
    pub(crate) fn facts<'a>(&'a self, rules: &'a Rules) -> Vec<Fact<'a>> {
        let named = rules.list.iter().zip(&self.values);
        named.filter_map(|(rule, value)| value.as_deref().map(|json| Fact { name: &rule.name, json })).collect()
    }
}
