//! The pricing socket: from cost (and the lines so far) to the lines of a charge. Pure and deterministic.

use std::borrow::Cow;
use std::sync::Arc;

use weighbridge_domain::{CostLine, Currency, CustomerId, Decimal, Digest, EventId, Meter, ModelName, ProviderName, Text, Timestamp, Usage};

use crate::{PluginError, PluginIdentity};

/// Over what an aggregate runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// A UTC day.
    Day,
    /// A calendar month.
    Month,
    /// The customer's billing period.
    BillingPeriod,
    /// The contract's term.
    Contract,
    /// For ever.
    Lifetime,
}

/// An aggregate that the host keeps for each customer and passes in: the sum, in commit order, of what the rule contributed
/// to it. It belongs to the customer, the plan and the rule's name, whatever the sheet's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AggregateSpec {
    /// The rule's own name for it.
    pub name: String,
    /// What its quantity is counted in, for people: a meter, `*` for tokens of several, empty where only the amount is used.
    pub meter: String,
    /// Over this window.
    pub window: Window,
    /// Kept apart by these facts of an event: `provider`, `model` or a dimension.
    pub group_by: Vec<String>,
    /// The term of [`Window::Contract`], inclusive; `None` for the other windows.
    pub start: Option<Timestamp>,
    /// The end of that term, exclusive; `None`: open.
    pub end: Option<Timestamp>,
}

/// What a loaded sheet needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetInfo {
    /// The currency it charges in.
    pub currency: Currency,
    /// What it needs to know of the past. Empty: its result does not depend on the position in the ledger.
    pub aggregates: Vec<AggregateSpec>,
    /// Which dimensions of an event it wants to see.
    pub dimensions: Vec<String>,
}

/// One thing wrong with a sheet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {message}")]
pub struct SheetProblem {
    /// The key in the sheet.
    pub path: String,
    /// What was expected.
    pub message: String,
}

/// What happened, as a rule sees it.
#[derive(Debug, Clone)]
pub struct RatedUsage<'a> {
    /// The event.
    pub id: EventId,
    /// Who is billed.
    pub customer: &'a CustomerId,
    /// When the call came in.
    pub occurred_at: Timestamp,
    /// Who served it.
    pub provider: &'a ProviderName,
    /// The routed model.
    pub model: &'a ModelName,
    /// What was consumed.
    pub usage: &'a Usage,
    /// The dimensions that the sheet asked for.
    pub dimensions: Vec<(&'a str, Cow<'a, str>)>,
}

/// An aggregate's value: before a usage, in commit order, or at the end of a period.
#[derive(Debug, Clone, PartialEq)]
pub struct AggregateValue {
    /// The rule's own name for it.
    pub name: String,
    /// The sum of quantities.
    pub quantity: Decimal,
    /// The sum of amounts, in the plan's currency.
    pub amount: Decimal,
    /// At the end of a period: the facts that make its group. Empty for a usage.
    pub group: Vec<(String, String)>,
}

/// A line as a rule writes it.
#[derive(Debug, Clone, PartialEq)]
pub struct LineItem {
    /// What it is about, if one meter.
    pub meter: Option<Meter>,
    /// For people.
    pub description: Text,
    /// How much, in `unit`.
    pub quantity: Decimal,
    /// The unit.
    pub unit: Text,
    /// The price of one unit.
    pub unit_price: Decimal,
    /// Exact; negative only for a credit.
    pub amount: Decimal,
    /// The line gives money back: only then may its amount be negative.
    pub credit: bool,
}

/// All that a rule may look at.
#[derive(Debug, Clone)]
pub struct RatingInput<'a> {
    /// The usage.
    pub usage: RatedUsage<'a>,
    /// The currency of the cost and the lines so far.
    pub currency: Currency,
    /// What the provider charges us.
    pub cost: &'a [CostLine],
    /// The lines of the rules before.
    pub so_far: &'a [LineItem],
    /// The aggregates that the sheet declared.
    pub aggregates: &'a [AggregateValue],
}

/// What to add to an aggregate.
#[derive(Debug, Clone, PartialEq)]
pub struct Contribution {
    /// The rule's own name for it.
    pub aggregate: String,
    /// Added to its quantity; never negative.
    pub quantity: Decimal,
    /// Added to its amount, in the plan's currency; negative where credits outweigh.
    pub amount: Decimal,
}

/// The outcome of one rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Rating {
    /// Replaces the lines so far.
    pub items: Vec<LineItem>,
    /// For the aggregates.
    pub contributions: Vec<Contribution>,
}

/// The end of a period.
#[derive(Debug, Clone)]
pub struct PeriodInput<'a> {
    /// Who is billed.
    pub customer: &'a CustomerId,
    /// From here …
    pub start: Timestamp,
    /// … up to here, exclusive.
    pub end: Timestamp,
    /// The currency.
    pub currency: Currency,
    /// The aggregates at the end: of periods, terms and lifetimes, one for each group.
    pub aggregates: &'a [AggregateValue],
}

/// A pricing rule, loaded with one sheet.
pub trait PricingRule: Send + Sync {
    /// Which plugin this is.
    fn identity(&self) -> &Arc<PluginIdentity>;
    /// The sheet it was loaded with.
    fn sheet_digest(&self) -> Digest;
    /// What the sheet needs.
    fn info(&self) -> &SheetInfo;
    /// The lines for one usage.
    fn rate(&self, input: &RatingInput<'_>) -> Result<Rating, PluginError>;
    /// The lines at the end of a period.
    fn close_period(&self, period: &PeriodInput<'_>) -> Result<Vec<LineItem>, PluginError>;
}

/// Why a sheet was not loaded.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LoadError {
    /// The sheet is wrong: every problem, each with its path.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Sheet(Vec<SheetProblem>),
    /// No plugin of that name.
    #[error("there is no pricing plugin named \"{name}\"; there is: {known}")]
    Unknown {
        /// The name.
        name: String,
        /// The names that exist.
        known: String,
    },
    /// The plugin failed.
    #[error(transparent)]
    Plugin(#[from] PluginError),
}

/// Loads a rule by its plugin's name, with a sheet (a JSON object). Filled by the Wasm host.
pub trait PricingRules: Send + Sync {
    /// Loads it.
    fn load(&self, rule: &str, sheet_json: &str) -> Result<Arc<dyn PricingRule>, LoadError>;
}
