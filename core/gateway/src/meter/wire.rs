//! An adapter's plan, compiled once: pointer sets for its views and rules, byte finders for its event filters.

use http::HeaderName;
use memchr::memmem::{self, Finder};
use weighbridge_plugin_api::adapter::{Billing, EventFilter, FactRule, HideRule, Plan, View};

use crate::json::{BadPointer, PointerSet};

/// A compiled plan for one dialect of one provider.
pub struct Wire {
    /// The plan as the adapter declared it.
    pub plan: Plan,
    pub(crate) request_view: Pointers,
    pub(crate) response_view: Pointers,
    pub(crate) error_view: Pointers,
    pub(crate) body_facts: Rules,
    pub(crate) event_facts: Rules,
    pub(crate) header_facts: Rules,
    pub(crate) request_facts: Rules,
    pub(crate) body_text: PointerSet,
    pub(crate) event_text: Rules,
    pub(crate) prompt_text: PointerSet,
    pub(crate) terminal: Option<Terminal>,
    /// The event facts of which one says that the answer is finished.
    pub(crate) finish: Vec<usize>,
    pub(crate) failure: Option<Filter>,
    pub(crate) stream_events: Option<Filter>,
    pub(crate) hide: Option<Hide>,
}

/// Why a plan cannot be run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// A pointer is none.
    #[error("the plan for {dialect}: {source}")]
    Pointer {
        /// Which plan.
        dialect: String,
        /// Which pointer.
        source: BadPointer,
    },
    /// A header fact without a header's name.
    #[error("the plan for {dialect}: {name:?} is not the name of a header in lower case")]
    Header {
        /// Which plan.
        dialect: String,
        /// What it names.
        name: String,
    },
    /// A finish that no fact could tell.
    #[error("the plan for {dialect}: finish names {name:?}, which is not among its event facts")]
    Finish {
        /// Which plan.
        dialect: String,
        /// What it names.
        name: String,
    },
    /// More filters than a call can keep track of.
    #[error("the plan for {dialect}: more than 64 different event filters")]
    TooManyFilters {
        /// Which plan.
        dialect: String,
    },
}

impl Wire {
    /// Compiles a plan.
    pub fn new(plan: Plan) -> Result<Self, WireError> {
        let dialect = || plan.dialect.to_string();
        let bad = |source: BadPointer| WireError::Pointer { dialect: dialect(), source };
        if let Some(rule) = plan.header_facts.iter().find(|rule| HeaderName::from_lowercase(rule.pointer.as_bytes()).is_err()) {
            return Err(WireError::Header { dialect: dialect(), name: rule.pointer.clone() });
        }
        let rules = |list: &[FactRule]| -> Result<Rules, WireError> {
            let rules = Rules::new(list).map_err(bad)?;
            if rules.filters.len() > 64 { Err(WireError::TooManyFilters { dialect: dialect() }) } else { Ok(rules) }
        };
        let unknown = |name: &&String| plan.event_facts.iter().all(|rule| rule.name != **name);
        if let Some(name) = plan.finish.iter().find(unknown) {
            return Err(WireError::Finish { dialect: dialect(), name: name.clone() });
        }
        let finishes = |rule: &FactRule| plan.finish.contains(&rule.name);
        let plain = |list: &[String]| PointerSet::new(list.iter().map(String::as_str)).map_err(bad);
        Ok(Self {
            request_view: Pointers::new(&plan.request_view).map_err(bad)?,
            response_view: Pointers::new(&plan.response_view).map_err(bad)?,
            error_view: Pointers::new(&plan.error_view).map_err(bad)?,
            body_facts: rules(&plan.body_facts)?,
            event_facts: rules(&plan.event_facts)?,
            header_facts: Rules::of_headers(&plan.header_facts),
            request_facts: rules(&plan.request_facts)?,
            body_text: plain(&plan.body_text)?,
            event_text: rules(&plan.event_text)?,
            prompt_text: plain(&plan.prompt_text)?,
            terminal: plan.terminal.as_ref().map(Terminal::new),
            finish: (0..plan.event_facts.len()).filter(|rule| finishes(&plan.event_facts[*rule])).collect(),
            failure: plan.failure.as_ref().map(Filter::new),
            stream_events: plan.stream_events.as_ref().map(Filter::new),
            hide: plan.hide.as_ref().map(Hide::new).transpose().map_err(bad)?,
            plan,
        })
    }

    /// Whether the adapter translates answers of this dialect, rather than passing them through.
    pub fn translates(&self) -> bool {
        self.stream_events.is_some() || self.plan.response_view != View::None
    }

    /// Whether the provider bills this kind of call.
    pub(crate) fn is_free(&self) -> bool {
        self.plan.billing == Billing::Free
    }

    /// Whether an answer may be plain text instead of JSON (a transcription): the plan names the whole document as text.
    pub(crate) fn takes_plain_text(&self) -> bool {
        self.plan.body_text.iter().any(String::is_empty)
    }

    /// Whether a whole answer is read at all. Where neither facts nor text are in it, it may be any bytes (speech).
    pub(crate) fn reads_body(&self) -> bool {
        !(self.plan.body_facts.is_empty() && self.plan.body_text.is_empty() && self.plan.response_view == View::None)
    }
}

/// What a view shows.
pub(crate) struct Pointers {
    pub(crate) list: Vec<String>,
    pub(crate) set: PointerSet,
}

impl Pointers {
    fn new(view: &View) -> Result<Self, BadPointer> {
        let list = if let View::Fields(list) = view { list.clone() } else { Vec::new() };
        Ok(Self { set: PointerSet::new(list.iter().map(String::as_str))?, list })
    }
}

/// Fact or text rules with their filters, each distinct filter once.
pub(crate) struct Rules {
    pub(crate) list: Vec<FactRule>,
    pub(crate) set: PointerSet,
    pub(crate) filters: Vec<(EventFilter, Filter)>,
    /// For each rule, its filter's index; none: every event.
    pub(crate) filter_of: Vec<Option<usize>>,
}

impl Rules {
    /// Rules whose pointers are the names of headers.
    fn of_headers(list: &[FactRule]) -> Self {
        Self { list: list.to_vec(), set: PointerSet::none(), filters: Vec::new(), filter_of: vec![None; list.len()] }
    }
    fn new(list: &[FactRule]) -> Result<Self, BadPointer> {
        let mut filters: Vec<(EventFilter, Filter)> = Vec::new();
        let mut index_of = |filter: &EventFilter| {
            filters.iter().position(|(known, _)| known == filter).unwrap_or_else(|| {
                filters.push((filter.clone(), Filter::new(filter)));
                filters.len() - 1
            })
        };
        let filter_of = list.iter().map(|rule| rule.events.as_ref().map(&mut index_of)).collect();
        Ok(Self { set: PointerSet::new(list.iter().map(|rule| rule.pointer.as_str()))?, list: list.to_vec(), filters, filter_of })
    }
}

/// An event filter, ready to run: names, then bytes.
pub(crate) struct Filter {
    names: Vec<String>,
    contains: Vec<Finder<'static>>,
}

impl Filter {
    fn new(filter: &EventFilter) -> Self {
        let contains = filter.contains.iter().map(|bytes| Finder::new(bytes.as_bytes()).into_owned()).collect();
        Self { names: filter.names.clone(), contains }
    }
    pub(crate) fn passes(&self, name: Option<&str>, data: &[u8]) -> bool {
        let named = self.names.is_empty() || name.is_some_and(|name| self.names.iter().any(|wanted| wanted == name));
        named && (self.contains.is_empty() || self.contains.iter().any(|finder| finder.find(data).is_some()))
    }
}

/// Recognises the event that ends a stream: by its name and by what its data *begins* with. A marker inside generated
/// text must not end anything.
pub(crate) struct Terminal(EventFilter);

impl Terminal {
    fn new(filter: &EventFilter) -> Self {
        Self(filter.clone())
    }
    pub(crate) fn is(&self, name: Option<&str>, data: &[u8]) -> bool {
        let Self(EventFilter { names, contains }) = self;
        let named = names.is_empty() || name.is_some_and(|name| names.iter().any(|wanted| wanted == name));
        let data = data.trim_ascii_start();
        // A quoted member cannot be mistaken for generated text, whose quotes are escaped: it may stand anywhere.
        let marks =
            |marker: &String| if marker.starts_with('"') { memmem::find(data, marker.as_bytes()).is_some() } else { data.starts_with(marker.as_bytes()) };
        named && (contains.is_empty() || contains.iter().any(marks))
    }
    /// Whether it is recognised by what its data says, and not by its name alone.
    pub(crate) fn is_marker(&self, name: Option<&str>, data: &[u8]) -> bool {
        !self.0.contains.is_empty() && self.is(name, data)
    }
}

/// A hide rule, ready to run.
pub(crate) struct Hide {
    filter: Filter,
    pointer: PointerSet,
    equals: String,
}

impl Hide {
    fn new(rule: &HideRule) -> Result<Self, BadPointer> {
        Ok(Self { filter: Filter::new(&rule.events), pointer: PointerSet::new([rule.pointer.as_str()])?, equals: rule.equals.split_whitespace().collect() })
    }
    pub(crate) fn hides(&self, name: Option<&str>, data: &[u8]) -> bool {
        if !self.filter.passes(name, data) {
            return false;
        }
        let mut equal = false;
        let read = self.pointer.scan(data, |_, json| equal = json.split_whitespace().collect::<String>() == self.equals);
        read.is_ok() && equal
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_marker_in_generated_text_ends_nothing() {
        let terminal = Terminal::new(&EventFilter { names: vec![], contains: vec!["[DONE]".into()] });
        assert!(terminal.is(None, b"[DONE]") && terminal.is(None, b" [DONE]"));
        assert!(!terminal.is(None, br#"{"choices":[{"delta":{"content":"[DONE]"}}]}"#));
        let member = Terminal::new(&EventFilter { names: vec![], contains: vec!["\"done\":true".into()] });
        assert!(member.is(None, br#"{"text":"","done":true}"#) && !member.is(None, br#"{"text":"\"done\":true","done":false}"#));
        let named = Terminal::new(&EventFilter { names: vec!["stop".into()], contains: vec![] });
        assert!(terminal.is_marker(None, b"[DONE]") && !named.is_marker(Some("stop"), b""));
        assert!(named.is(Some("stop"), b"{}") && !named.is(Some("go"), b"{}") && !named.is(None, b"{}"));
    }
}
