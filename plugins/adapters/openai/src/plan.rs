//! Parts that the plans of several dialects have in common.

use weighbridge_plugin::adapter::{Auth, Combine, EventFilter, FactRule, Framing, Plan, View};

use crate::{
    config::{Config, CostPointer, Dialect},
    pointers::Pointer,
};

/// The rules for a whole answer or for a stream's events, as they are gathered. A name may stand several times: the first that is
/// there counts.
pub struct Rules {
    prefix: &'static str,
    events: Option<EventFilter>,
    /// The rules.
    pub list: Vec<FactRule>,
}

impl Rules {
    /// For a whole answer.
    pub fn body() -> Self {
        Self { prefix: "", events: None, list: Vec::new() }
    }
    /// For events that pass.
    pub fn events(events: EventFilter) -> Self {
        Self { prefix: "", events: Some(events), list: Vec::new() }
    }
    /// The answer stands within a member of the event.
    pub fn within(self, prefix: &'static str) -> Self {
        Self { prefix, ..self }
    }
    /// The last present value at a pointer.
    pub fn add(&mut self, name: &str, pointer: &str) {
        self.list.push(FactRule::event(name, format!("{}{pointer}", self.prefix), self.events.clone()));
    }
    /// Where a chat answer says what it used.
    pub fn usage(&mut self, config: &Config) {
        for (name, pointers) in config.usage.rules() {
            pointers.iter().for_each(|pointer| self.add(name, pointer));
        }
        self.named(&config.cache_writes.0);
    }
    /// Pointers of the settings.
    pub fn named<'a>(&mut self, pointers: impl IntoIterator<Item = &'a Pointer>) {
        pointers.into_iter().for_each(|named| self.add(&named.fact, &named.pointer));
    }
    /// What the settings name beside tokens.
    pub fn also(&mut self, config: &Config) {
        self.named(&config.meters.0);
        self.named(&config.dimensions.0);
        self.named(config.costs.iter().flat_map(CostPointer::pointers));
    }
    /// The tier and the model.
    pub fn names(&mut self, config: &Config) {
        config.service_tier.iter().for_each(|pointer| self.add("service_tier", pointer));
        config.model.iter().for_each(|pointer| self.add("model", pointer));
    }
}

/// All facts of a chat answer: usage, other meters, tier and model.
pub fn facts(config: &Config, events: Option<EventFilter>) -> Vec<FactRule> {
    let mut rules = Rules { events, ..Rules::body() };
    rules.usage(config);
    rules.also(config);
    rules.names(config);
    rules.list
}

/// The tier and the model, of these events.
pub fn names(config: &Config, events: EventFilter, combine: Combine) -> impl Iterator<Item = FactRule> {
    let mut rules = Rules::events(events);
    rules.names(config);
    rules.list.into_iter().map(move |rule| FactRule { combine, ..rule })
}

/// Events that hold a usage report. Its own member names are looked for, not `usage`: while a stream that was asked for usage
/// runs, every chunk says `"usage":null`.
pub fn usage_events(config: &Config) -> EventFilter {
    let members = config.usage.input.iter().chain(&config.usage.output).chain(&config.usage.total);
    let mut contains: Vec<String> = members.filter_map(|pointer| Some(format!("\"{}\"", pointer.rsplit('/').next()?))).collect();
    contains.sort();
    contains.dedup();
    EventFilter::containing(contains)
}

/// Events that report a failure in the middle of a stream: a member `error` that is an object or a text. Inside a string the
/// quotes are escaped, so generated text does not look like it.
pub fn failure_events() -> EventFilter {
    EventFilter::containing([r#""error":{"#, r#""error": {"#, r#""error":""#, r#""error": ""#])
}

/// The event that ends a stream; where none does, see [`finish`].
pub fn done(config: &Config) -> Option<EventFilter> {
    (!config.done.is_empty()).then(|| EventFilter::containing(config.done.iter().map(String::as_str)))
}

/// The fact that a stream is finished, where no event ends it. A chunk with the usage may follow.
pub fn finish(config: &Config) -> Option<FactRule> {
    let finish = || FactRule::event("finish_reason", "/choices/*/finish_reason", Some(last_choices()));
    config.done.is_empty().then(|| FactRule { combine: Combine::First, ..finish() })
}

/// The events in which a choice ends: they have a reason, others have `null`.
pub fn last_choices() -> EventFilter {
    EventFilter::containing([r#""finish_reason":""#, r#""finish_reason": ""#])
}

/// A plan with what all dialects share: bodies and streams pass untouched, the guest sees these request fields.
pub fn passing(config: &Config, dialect: Dialect, fields: &[&str]) -> Plan {
    Plan {
        dialect: dialect.as_str().into(),
        auth: config.auth().unwrap_or(Auth::Bearer),
        request_view: View::Fields(fields.iter().map(|field| (*field).into()).collect()),
        framing: Framing::Sse,
        ..Plan::default()
    }
}

/// Text rules: the member that an event must hold, and the pointer.
pub fn event_texts<'a>(pointers: impl IntoIterator<Item = (&'a str, String)>) -> Vec<FactRule> {
    let rule =
        |(member, pointer)| FactRule { name: "text".into(), pointer, events: Some(EventFilter::containing([format!("\"{member}\"")])), combine: Combine::Last };
    pointers.into_iter().map(rule).collect()
}

/// Pointers as strings.
pub fn strings(pointers: &[&str]) -> Vec<String> {
    pointers.iter().map(|pointer| (*pointer).into()).collect()
}
