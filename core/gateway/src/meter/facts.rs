//! Collects usage facts while an answer passes: per rule one value, combined as the rule says (metering rule 22:
//! the last present value, never a sum). `null` is absent.

use http::HeaderMap;
use weighbridge_domain::{Decimal, exact};
use weighbridge_plugin_api::adapter::{Combine, Fact};

use super::wire::{Rules, Wire};

/// A longer value is not kept: no number, tier or model name has so many bytes, and the adapter has 5 ms for them.
const MAX_FACT_BYTES: usize = 64 * 1024;

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

    /// Reads an answer's headers: a number as it stands, all else as a JSON string.
    pub(crate) fn read_headers(&mut self, rules: &Rules, headers: &HeaderMap) {
        for (index, rule) in rules.list.iter().enumerate() {
            for value in headers.get_all(&*rule.pointer).iter().filter_map(|value| value.to_str().ok()) {
                let number = || serde_json::from_str::<serde_json::Number>(value).is_ok();
                let json = if number() { value.to_owned() } else { serde_json::Value::from(value).to_string() };
                self.take(rules, index, json.trim());
            }
        }
    }

    /// Reads the client's request, as far as it is JSON.
    pub(crate) fn read_request(&mut self, rules: &Rules, request: &[u8]) {
        let mut found = Vec::new();
        if rules.set.scan(request, |rule, json| found.push((rule, json))).is_ok() {
            found.into_iter().for_each(|(rule, json)| self.take(rules, rule, json));
        }
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
        let mut found = Vec::new();
        let whole = rules.set.scan(data, |rule, json| {
            if rules.filter_of[rule].is_none_or(|filter| passed & (1 << filter) != 0) {
                found.push((rule, json));
            }
        });
        // What is not JSON (a terminal marker, a comment, an event that was cut off) holds no facts: the 12 of a torn 1234
        // is no report.
        if whole.is_ok() {
            found.into_iter().for_each(|(rule, json)| self.take(rules, rule, json));
        }
    }

    /// Whether a rule with this filter can still learn something: `first` rules stop at their first value.
    fn wants(&self, rules: &Rules, filter: Option<usize>) -> bool {
        let satisfied = |rule: usize| rules.list[rule].combine == Combine::First && self.values[rule].is_some();
        rules.filter_of.iter().enumerate().any(|(rule, of)| *of == filter && !satisfied(rule))
    }

    fn take(&mut self, rules: &Rules, rule: usize, json: &str) {
        if json == "null" || json.len() > MAX_FACT_BYTES {
            return;
        }
        let place = &mut self.values[rule];
        let number = |text: &str| exact::parse(text).ok();
        match (rules.list[rule].combine, place.as_deref()) {
            (Combine::First, Some(_)) => {}
            (Combine::All, None) => *place = Some(format!("[{json}]")),
            (Combine::All, Some(before)) if before.len() + json.len() < MAX_FACT_BYTES => {
                let text = place.get_or_insert_default();
                text.pop();
                text.extend([",", json, "]"]);
            }
            (Combine::All, Some(_)) => {}
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

    /// Whether any of them is a number above zero.
    pub(crate) fn any_positive(&self) -> bool {
        self.values.iter().flatten().any(|json| exact::parse(json).is_ok_and(|number| number > Decimal::ZERO))
    }

    /// Whether any of these rules has found something.
    pub(crate) fn has_any(&self, rules: &[usize]) -> bool {
        rules.iter().any(|rule| self.values[*rule].is_some())
    }

    /// The facts, for the adapter.
    pub(crate) fn facts<'a>(&'a self, rules: &'a Rules) -> impl Iterator<Item = Fact<'a>> {
        let named = rules.list.iter().zip(&self.values);
        named.filter_map(|(rule, value)| value.as_deref().map(|json| Fact { name: &rule.name, json }))
    }
}

/// Facts that stand beside an answer's body: in its headers, and in the request that it answers.
#[derive(Debug)]
pub(crate) struct Beside {
    headers: FactSet,
    request: FactSet,
}

impl Beside {
    /// Reads what the plan wants; most plans want nothing, and nothing is read.
    pub(crate) fn read(wire: &Wire, headers: &HeaderMap, request: &[u8]) -> Self {
        let mut beside = Self { headers: FactSet::new(&wire.header_facts), request: FactSet::new(&wire.request_facts) };
        beside.headers.read_headers(&wire.header_facts, headers);
        if !wire.request_facts.list.is_empty() {
            beside.request.read_request(&wire.request_facts, request);
        }
        beside
    }

    /// The facts of an answer: the body's or the events', then the headers', then the request's.
    pub(crate) fn all<'a>(&'a self, wire: &'a Wire, rules: &'a Rules, body: &'a FactSet) -> Vec<Fact<'a>> {
        body.facts(rules).chain(self.headers.facts(&wire.header_facts)).chain(self.request.facts(&wire.request_facts)).collect()
    }
}

#[cfg(test)]
mod tests {
    use weighbridge_plugin_api::adapter::{Auth, Billing, EventFilter, FactRule, Framing, Plan, View};

    use super::*;

    fn rule(name: &str, pointer: &str, combine: Combine) -> FactRule {
        FactRule { name: name.into(), pointer: pointer.into(), events: None, combine }
    }

    fn wire() -> Wire {
        let filter = EventFilter { names: vec![], contains: vec!["\"used\"".into()] };
        Wire::new(plan(vec![FactRule { events: Some(filter), ..rule("used", "/used", Combine::Last) }])).unwrap()
    }

    fn plan(event_facts: Vec<FactRule>) -> Plan {
        Plan {
            dialect: "acme.chat".into(),
            billing: Billing::Metered,
            auth: Auth::None,
            request_headers: vec![],
            request_view: View::None,
            response_view: View::None,
            error_view: View::None,
            framing: Framing::Sse,
            stream_events: None,
            body_facts: vec![],
            event_facts,
            header_facts: vec![],
            request_facts: vec![],
            body_text: vec![],
            event_text: vec![],
            prompt_text: vec![],
            terminal: None,
            finish: vec![],
            failure: None,
            hide: None,
        }
    }

    #[test]
    fn what_finishes_an_answer_is_among_its_facts() {
        let refused = Wire::new(Plan { finish: vec!["stopped".into()], ..plan(vec![rule("used", "/used", Combine::Last)]) }).err().unwrap();
        assert_eq!(refused.to_string(), "the plan for acme.chat: finish names \"stopped\", which is not among its event facts");
        let facts = vec![rule("used", "/used", Combine::Last), rule("why", "/stop", Combine::First), rule("why", "/blocked", Combine::First)];
        let wire = Wire::new(Plan { finish: vec!["why".into()], ..plan(facts) }).unwrap();
        let finished = |event: &str| {
            let mut facts = FactSet::new(&wire.event_facts);
            facts.read_event(&wire.event_facts, None, event.as_bytes());
            facts.has_any(&wire.finish)
        };
        assert!(finished(r#"{"stop":"LENGTH"}"#) && finished(r#"{"blocked":true}"#));
        assert!(!finished(r#"{"used":7,"stop":null}"#) && !finished(r#"{"text":"\"stop\":1"}"#));
    }

    fn read(events: &[&str]) -> Option<String> {
        let wire = wire();
        let mut facts = FactSet::new(&wire.event_facts);
        events.iter().for_each(|event| facts.read_event(&wire.event_facts, None, event.as_bytes()));
        facts.facts(&wire.event_facts).next().map(|fact| fact.json.to_owned())
    }

    #[test]
    fn a_number_that_was_cut_off_is_no_report() {
        let whole = r#"{"used":1234}"#;
        for cut in 0..whole.len() {
            assert_eq!(read(&[&whole[..cut]]), None, "cut at {cut}");
            assert_eq!(read(&[r#"{"used":7}"#, &whole[..cut]]).as_deref(), Some("7"), "cut at {cut}");
        }
        assert_eq!(read(&[whole]).as_deref(), Some("1234"));
    }

    #[test]
    fn a_value_of_an_absurd_length_is_not_kept() {
        assert_eq!(read(&[&format!(r#"{{"used":"{}"}}"#, "x".repeat(MAX_FACT_BYTES))]), None);
    }

    #[test]
    fn a_star_finds_every_value_and_the_rule_combines_them() {
        let body = br#"{"parts":[{"n":3,"t":"a"},{"n":5},{"n":null},{"n":4,"t":"b"}]}"#;
        let combined = |combine| {
            let wire = Wire::new(Plan { body_facts: vec![rule("n", "/parts/*/n", combine)], ..plan(vec![]) }).unwrap();
            let mut facts = FactSet::new(&wire.body_facts);
            facts.read_body(&wire.body_facts, body).unwrap();
            facts.facts(&wire.body_facts).next().map(|fact| fact.json.to_owned()).unwrap()
        };
        assert_eq!(combined(Combine::First), "3");
        assert_eq!(combined(Combine::Last), "4");
        assert_eq!(combined(Combine::Max), "5");
        assert_eq!(combined(Combine::Sum), "12");
        assert_eq!(combined(Combine::All), "[3,5,4]");
    }

    #[test]
    fn facts_of_headers_and_of_the_request_stand_behind_the_bodys() {
        let wire = Wire::new(Plan {
            body_facts: vec![rule("model", "/model", Combine::Last)],
            header_facts: vec![rule("input", "x-input-count", Combine::Last), rule("tier", "x-tier", Combine::Last), rule("none", "x-none", Combine::Last)],
            request_facts: vec![rule("n", "/n", Combine::Last), rule("said", "/input", Combine::Last)],
            ..plan(vec![])
        })
        .unwrap();
        let mut headers = HeaderMap::new();
        headers.insert("x-input-count", "17".parse().unwrap());
        headers.insert("x-tier", "fa\"st".parse().unwrap());
        let beside = Beside::read(&wire, &headers, br#"{"n":2,"input":"hi","x":1}"#);
        let mut facts = FactSet::new(&wire.body_facts);
        facts.read_body(&wire.body_facts, br#"{"model":"m"}"#).unwrap();
        let all = beside.all(&wire, &wire.body_facts, &facts);
        let named: Vec<_> = all.iter().map(|fact| (fact.name, fact.json)).collect();
        assert_eq!(named, [("model", r#""m""#), ("input", "17"), ("tier", r#""fa\"st""#), ("n", "2"), ("said", r#""hi""#)]);
        // A request that is not JSON has no facts, not those before its first mistake.
        assert_eq!(Beside::read(&wire, &HeaderMap::new(), br#"{"n":2,"#).all(&wire, &wire.body_facts, &FactSet::new(&wire.body_facts)), []);
    }

    #[test]
    fn a_header_fact_names_a_header() {
        let refused = Wire::new(Plan { header_facts: vec![rule("x", "X Input", Combine::Last)], ..plan(vec![]) }).err().unwrap();
        assert_eq!(refused.to_string(), "the plan for acme.chat: \"X Input\" is not the name of a header in lower case");
    }
}
