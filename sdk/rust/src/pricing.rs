//! Pricing rules: from cost (and the lines so far) to the lines of a charge. Pure: the same inputs give the same bytes, for ever.

use std::thread::LocalKey;

use crate::{Decimal, PluginError, Slot, adapter::Quantity, bindings::pricing::exports::weighbridge::plugin::pricing as wit, bindings::types::Attr, slot};

pub use wit::{AggregateSpec, Problem, SheetInfo, Window};

/// Microseconds since 1970-01-01T00:00:00Z.
pub type Timestamp = i64;

/// What happened.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Usage {
    /// The event's id.
    pub id: String,
    /// Who is billed.
    pub customer: String,
    /// When the call came in.
    pub occurred_at: Timestamp,
    /// Who served it.
    pub provider: String,
    /// The model that is priced.
    pub model: String,
    /// What was consumed.
    pub quantities: Vec<Quantity>,
    /// The dimensions that the sheet asked for, if the event has them.
    pub dimensions: Vec<(String, String)>,
}

/// What the provider charges us: `amount = quantity × rate ÷ per`, exact.
#[derive(Debug, Clone, PartialEq)]
pub struct CostLine {
    /// What was measured.
    pub meter: String,
    /// How much of it.
    pub quantity: Decimal,
    /// In the vendor's unit.
    pub rate: Decimal,
    /// What the rate is quoted per: 1000000, 1000, 1.
    pub per: Decimal,
    /// The exact amount.
    pub amount: Decimal,
}

/// An aggregate that the sheet declared: before this usage, in commit order, or at the end of a period.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Aggregate {
    /// The rule's own name for it.
    pub name: String,
    /// The sum of the contributed quantities.
    pub quantity: Decimal,
    /// The sum of the contributed amounts, in the plan's currency.
    pub amount: Decimal,
    /// At the end of a period: the facts that make its group. Empty for a usage.
    pub group: Vec<(String, String)>,
}

/// A line of the charge.
#[derive(Debug, Clone, PartialEq)]
pub struct LineItem {
    /// Empty when it is not about one meter.
    pub meter: String,
    /// For people: `input tokens at cost + 30 %`.
    pub description: String,
    /// How much, in `unit`.
    pub quantity: Decimal,
    /// The unit: `tokens`, `calls`.
    pub unit: String,
    /// The price of one unit, for reading.
    pub unit_price: Decimal,
    /// Exact, unrounded; negative only for a credit.
    pub amount: Decimal,
    /// The line gives money back: only then may the amount be negative.
    pub credit: bool,
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

/// All that a rule may look at.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RatingInput {
    /// What happened.
    pub usage: Usage,
    /// The currency of `cost` and `so_far`.
    pub currency: String,
    /// What the provider charges us.
    pub cost: Vec<CostLine>,
    /// The lines of the rules before this one; empty for the first.
    pub so_far: Vec<LineItem>,
    /// The aggregates that the sheet declared.
    pub aggregates: Vec<Aggregate>,
}

/// What a rule makes of it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rating {
    /// Replaces the lines so far.
    pub items: Vec<LineItem>,
    /// For the aggregates.
    pub contributions: Vec<Contribution>,
}

/// The end of a period.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PeriodInput {
    /// Who is billed.
    pub customer: String,
    /// From here …
    pub start: Timestamp,
    /// … up to here, exclusive.
    pub end: Timestamp,
    /// The currency.
    pub currency: String,
    /// The aggregates at the end.
    pub aggregates: Vec<Aggregate>,
}

/// A pricing rule, loaded with one sheet. Register it with [`register_pricing_rule!`](crate::register_pricing_rule).
pub trait PricingRule: Sized + 'static {
    /// From a sheet, a JSON object. Report every problem at once, each with its path and what was expected.
    fn load(sheet: &str) -> Result<Self, Vec<Problem>>;
    /// What the sheet needs to know.
    fn info(&self) -> SheetInfo;
    /// The lines for one usage.
    fn rate(&self, input: RatingInput) -> Result<Rating, PluginError>;
    /// The lines at the end of a period: minimum commitments, true-ups, credits.
    fn close_period(&self, _period: PeriodInput) -> Result<Vec<LineItem>, PluginError> {
        Ok(Vec::new())
    }
}

impl Default for AggregateSpec {
    /// An amount over the customer's billing period.
    fn default() -> Self {
        Self { name: String::new(), meter: String::new(), window: Window::BillingPeriod, group_by: Vec::new(), start: None, end: None }
    }
}

impl Default for SheetInfo {
    /// In US dollars, from nothing but the cost.
    fn default() -> Self {
        Self { currency: "USD".into(), aggregates: Vec::new(), dimensions: Vec::new(), attrs: Vec::new() }
    }
}

/// A list that a rule does not look at: it is left empty, which saves a good part of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unseen {
    /// The quantities of the usage.
    Quantities,
    /// The lines of cost.
    Cost,
    /// The lines of cost, where there are lines of rules before.
    CostBehindOthers,
}

impl SheetInfo {
    /// Says that `rate` does not look at a list.
    pub fn without(mut self, unseen: Unseen) -> Self {
        let (key, value) = unseen.attr();
        self.attrs.push(Attr { key: key.into(), value: value.into() });
        self
    }
    /// Whether it was said.
    pub fn is_without(&self, unseen: Unseen) -> bool {
        self.attrs.iter().any(|attr| (attr.key.as_str(), attr.value.as_str()) == unseen.attr())
    }
}

impl Unseen {
    fn attr(self) -> (&'static str, &'static str) {
        match self {
            Self::Quantities => ("quantities", "never"),
            Self::Cost => ("cost", "never"),
            Self::CostBehindOthers => ("cost", "first"),
        }
    }
}

impl Problem {
    /// What is wrong at a path of the sheet, and what was expected.
    pub fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), message: message.into() }
    }
}

impl TryFrom<wit::LineItem> for LineItem {
    type Error = PluginError;
    fn try_from(line: wit::LineItem) -> Result<Self, PluginError> {
        Ok(Self {
            meter: line.meter,
            description: line.description,
            quantity: line.quantity.try_into()?,
            unit: line.unit,
            unit_price: line.unit_price.try_into()?,
            amount: line.amount.try_into()?,
            credit: line.attrs.iter().any(|attr| attr.key == "credit" && attr.value == "true"),
        })
    }
}

impl From<LineItem> for wit::LineItem {
    fn from(line: LineItem) -> Self {
        let credit = line.credit.then(|| Attr { key: "credit".into(), value: "true".into() });
        Self {
            meter: line.meter,
            description: line.description,
            quantity: line.quantity.into(),
            unit: line.unit,
            unit_price: line.unit_price.into(),
            amount: line.amount.into(),
            attrs: credit.into_iter().collect(),
        }
    }
}

fn aggregates(list: Vec<wit::Aggregate>) -> Result<Vec<Aggregate>, PluginError> {
    let pair = |attr: Attr| (attr.key, attr.value);
    let aggregate = |a: wit::Aggregate| {
        let group = a.group.into_iter().map(pair).collect();
        Ok(Aggregate { name: a.name, quantity: a.quantity.try_into()?, amount: a.amount.try_into()?, group })
    };
    list.into_iter().map(aggregate).collect()
}

fn cost_line(line: wit::CostLine) -> Result<CostLine, PluginError> {
    Ok(CostLine {
        meter: line.meter,
        quantity: line.quantity.try_into()?,
        rate: line.rate.try_into()?,
        per: line.per.try_into()?,
        amount: line.amount.try_into()?,
    })
}

impl TryFrom<wit::RatingInput> for RatingInput {
    type Error = PluginError;
    fn try_from(input: wit::RatingInput) -> Result<Self, PluginError> {
        let usage = input.usage;
        let quantities = usage.quantities.into_iter().map(|q| Ok(Quantity { meter: q.meter, value: q.value.try_into()? }));
        Ok(Self {
            usage: Usage {
                id: usage.id,
                customer: usage.customer,
                occurred_at: usage.occurred_at,
                provider: usage.provider,
                model: usage.model,
                quantities: quantities.collect::<Result<_, PluginError>>()?,
                dimensions: usage.dimensions.into_iter().map(|attr| (attr.key, attr.value)).collect(),
            },
            currency: input.currency,
            cost: input.cost.into_iter().map(cost_line).collect::<Result<_, _>>()?,
            so_far: input.so_far.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?,
            aggregates: aggregates(input.aggregates)?,
        })
    }
}

impl TryFrom<wit::PeriodInput> for PeriodInput {
    type Error = PluginError;
    fn try_from(period: wit::PeriodInput) -> Result<Self, PluginError> {
        Ok(Self { customer: period.customer, start: period.start, end: period.end, currency: period.currency, aggregates: aggregates(period.aggregates)? })
    }
}

impl From<Rating> for wit::Rating {
    fn from(rating: Rating) -> Self {
        let contribution = |c: Contribution| wit::Contribution { aggregate: c.aggregate, quantity: c.quantity.into(), amount: c.amount.into() };
        Self { items: rating.items.into_iter().map(Into::into).collect(), contributions: rating.contributions.into_iter().map(contribution).collect() }
    }
}

#[doc(hidden)]
pub fn load<P: PricingRule>(slot: &'static LocalKey<Slot<P>>, sheet: &str) -> Result<SheetInfo, Vec<Problem>> {
    crate::log::report_panics();
    let rule = P::load(sheet)?;
    let info = rule.info();
    slot::fill(slot, rule);
    Ok(info)
}

#[doc(hidden)]
pub fn rate<P: PricingRule>(slot: &'static LocalKey<Slot<P>>, input: wit::RatingInput) -> Result<wit::Rating, PluginError> {
    slot::with(slot, |rule| rule.rate(input.try_into()?).map(Into::into))
}

#[doc(hidden)]
pub fn close_period<P: PricingRule>(slot: &'static LocalKey<Slot<P>>, period: wit::PeriodInput) -> Result<Vec<wit::LineItem>, PluginError> {
    slot::with(slot, |rule| Ok(rule.close_period(period.try_into()?)?.into_iter().map(Into::into).collect()))
}

/// Makes a type that fills [`PricingRule`] the plugin's export.
#[macro_export]
macro_rules! register_pricing_rule {
    ($rule:ty) => {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            use $crate::bindings::pricing::exports::weighbridge::plugin::pricing as wit;
            struct Component;
            ::std::thread_local! { static SLOT: $crate::Slot<$rule> = const { ::std::cell::RefCell::new(None) }; }
            impl wit::Guest for Component {
                fn load(sheet: String) -> Result<wit::SheetInfo, Vec<wit::Problem>> {
                    $crate::pricing::load(&SLOT, &sheet)
                }
                fn rate(input: wit::RatingInput) -> Result<wit::Rating, $crate::PluginError> {
                    $crate::pricing::rate(&SLOT, input)
                }
                fn close_period(period: wit::PeriodInput) -> Result<Vec<wit::LineItem>, $crate::PluginError> {
                    $crate::pricing::close_period(&SLOT, period)
                }
            }
    $crate::bindings::pricing::export_pricing!(Component with_types_in $crate::bindings::pricing);
        };
    };
}
