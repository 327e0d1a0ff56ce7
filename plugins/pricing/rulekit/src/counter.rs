//! What a rule remembers: an aggregate that the sheet declares, that the host gives before each usage and the rule adds to.

use weighbridge_plugin::pricing::{Aggregate, AggregateSpec, Contribution, PeriodInput, RatingInput, Window};
use weighbridge_plugin::{Decimal, PluginError};

use crate::dates::Span;
use crate::sheet::Table;

/// The keys of a counter in a sheet.
pub const KEYS: [&str; 4] = ["name", "window", "term", "apart_by"];

/// A declared aggregate.
#[derive(Debug, Clone, PartialEq)]
pub struct Counter(pub AggregateSpec);

impl Counter {
    /// Reads `name` (`usage` if it is not given), `window` (the first of these if it is not given), `term` for the window
    /// `contract`, and `apart_by`. `meter` is what it counts, for people.
    pub fn read(sheet: &Table<'_>, meter: String, windows: &[(&str, Window)]) -> Self {
        let window = sheet.choice("window", windows);
        let term = term(sheet, window);
        let group_by = sheet.texts("apart_by", "[ \"model\" ]");
        if let Some(bad) = group_by.iter().find(|name| !is_fact(name)) {
            sheet.problem("apart_by", format!("{bad:?} is not one of provider, model, key, session, workflow, step, service_tier, tag.<name>"));
        }
        let name = sheet.text("name").unwrap_or("usage").to_owned();
        Self(AggregateSpec { name, meter, window, group_by: group_by.into_iter().map(Into::into).collect(), start: term.from, end: term.until })
    }
    /// An amount by one of the facts that a cap may be by.
    pub fn of_amount(name: &str, window: Window, group_by: Vec<String>) -> Self {
        Self(AggregateSpec { name: name.into(), window, group_by, ..AggregateSpec::default() })
    }
    /// An amount over a window, whose `term` the sheet has if it is a contract's.
    pub fn read_term(sheet: &Table<'_>, name: &str, window: Window) -> Self {
        let term = term(sheet, window);
        Self(AggregateSpec { name: name.into(), window, start: term.from, end: term.until, ..AggregateSpec::default() })
    }
    /// The same over the same window, by another name.
    pub fn also(&self, name: &str) -> Self {
        Self(AggregateSpec { name: name.into(), ..self.0.clone() })
    }
    /// What was before this usage.
    pub fn before<'a>(&self, input: &'a RatingInput) -> Result<&'a Aggregate, PluginError> {
        input.aggregates.iter().find(|given| given.name == self.0.name).ok_or_else(|| self.not_given())
    }
    /// What there is at the end of a period, by group.
    pub fn at_end<'a>(&'a self, period: &'a PeriodInput) -> impl Iterator<Item = &'a Aggregate> {
        period.aggregates.iter().filter(|given| given.name == self.0.name)
    }
    /// Whether this period is the one to settle up in: every billing period, and for a contract the one in which its term ends.
    pub fn settles(&self, period: &PeriodInput) -> bool {
        match self.0.window {
            Window::Contract => self.0.end.is_some_and(|end| period.start < end && end <= period.end),
            _ => true,
        }
    }
    /// What this usage adds.
    pub fn adds(&self, quantity: Decimal, amount: Decimal) -> Contribution {
        Contribution { aggregate: self.0.name.clone(), quantity, amount }
    }
    /// Whether a moment is within the term; always, without one.
    pub fn holds(&self, at: i64) -> bool {
        Span { from: self.0.start, until: self.0.end }.holds(at)
    }
    /// `a month`, `the billing period`: for people.
    pub fn over(&self) -> &'static str {
        match self.0.window {
            Window::Day => "the day",
            Window::Month => "the month",
            Window::BillingPeriod => "the billing period",
            Window::Contract => "the contract's term",
            Window::Lifetime => "all time",
        }
    }
    fn not_given(&self) -> PluginError {
        PluginError::internal(format!("the host gave no value for the aggregate {:?}", self.0.name))
    }
}

/// ` (model acme/large)`: which group of an aggregate a line is about, for people; nothing where there are no groups.
pub fn group(of: &Aggregate) -> String {
    let facts: Vec<String> = of.group.iter().map(|(name, value)| [name, " ", value].concat()).collect();
    if facts.is_empty() { String::new() } else { format!(" ({})", facts.join(", ")) }
}

fn term(sheet: &Table<'_>, window: Window) -> Span {
    let example = "{ from = \"2026-01-01\", until = \"2027-01-01\" }";
    match (sheet.table("term", example), window) {
        (Some(table), Window::Contract) => {
            table.only(&["from", "until"]);
            let span = Span::read(&table);
            for key in ["from", "until"].into_iter().filter(|key| !table.has(key)) {
                table.problem(key, format!("is missing: write the contract's term, such as {example}"));
            }
            span
        }
        (None, Window::Contract) if !sheet.has("term") => {
            sheet.problem("term", format!("is missing: the window is the contract's term, so write it, such as {example}"));
            Span::default()
        }
        (Some(_), _) => {
            sheet.problem("term", "only the window \"contract\" has a term");
            Span::default()
        }
        _ => Span::default(),
    }
}

fn is_fact(name: &str) -> bool {
    ["provider", "model", "key", "session", "workflow", "step", "service_tier"].contains(&name) || name.strip_prefix("tag.").is_some_and(|tag| !tag.is_empty())
}

/// The windows at whose end a rule can settle up.
pub const SETTLED: [(&str, Window); 2] = [("billing-period", Window::BillingPeriod), ("contract", Window::Contract)];

/// The windows that a rule over usages may have, the billing period first.
pub const WINDOWS: [(&str, Window); 5] =
    [("billing-period", Window::BillingPeriod), ("month", Window::Month), ("day", Window::Day), ("contract", Window::Contract), ("lifetime", Window::Lifetime)];
