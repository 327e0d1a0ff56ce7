//! The interface `pricing`.

use wasmtime::Store;
use wasmtime::component::{ComponentType, Instance, Lift, Lower};
use weighbridge_domain::{Currency, Meter, Timestamp};
use weighbridge_plugin_api::{Failure, Kind, pricing as api};

use super::types::{Attr, AttrRef, Decimal, PluginError, QuantityRef, meter};
use super::{Export, Signature, interface};
use crate::guest::Guest;
use crate::log::one_line;
use crate::pool::Socket;

/// An attribute of a line whose amount may be negative.
const CREDIT: AttrRef<'static> = AttrRef { key: "credit", value: "true" };

#[derive(ComponentType, Lift, Clone, Copy)]
#[component(enum)]
#[repr(u8)]
pub(crate) enum Window {
    #[component(name = "day")]
    Day,
    #[component(name = "month")]
    Month,
    #[component(name = "billing-period")]
    BillingPeriod,
    #[component(name = "contract")]
    Contract,
    #[component(name = "lifetime")]
    Lifetime,
}

#[derive(ComponentType, Lift)]
#[component(record)]
pub(crate) struct AggregateSpec {
    name: String,
    meter: String,
    window: Window,
    #[component(name = "group-by")]
    group_by: Vec<String>,
    start: Option<i64>,
    end: Option<i64>,
}

#[derive(ComponentType, Lift)]
#[component(record)]
pub(crate) struct SheetInfo {
    currency: String,
    aggregates: Vec<AggregateSpec>,
    dimensions: Vec<String>,
    attrs: Vec<Attr>,
}

#[derive(ComponentType, Lift)]
#[component(record)]
pub(crate) struct Problem {
    path: String,
    message: String,
}

#[derive(ComponentType, Lower)]
#[component(record)]
pub(crate) struct Usage<'a> {
    id: &'a str,
    customer: &'a str,
    #[component(name = "occurred-at")]
    occurred_at: i64,
    provider: &'a str,
    model: &'a str,
    quantities: Vec<QuantityRef<'a>>,
    dimensions: Vec<AttrRef<'a>>,
}

#[derive(ComponentType, Lower)]
#[component(record)]
pub(crate) struct CostLine<'a> {
    meter: &'a str,
    quantity: Decimal,
    rate: Decimal,
    per: Decimal,
    amount: Decimal,
}

#[derive(ComponentType, Lower)]
#[component(record)]
pub(crate) struct Aggregate<'a> {
    name: &'a str,
    quantity: Decimal,
    amount: Decimal,
    group: Vec<AttrRef<'a>>,
}

#[derive(ComponentType, Lower)]
#[component(record)]
pub(crate) struct LineItemRef<'a> {
    meter: &'a str,
    description: &'a str,
    quantity: Decimal,
    unit: &'a str,
    #[component(name = "unit-price")]
    unit_price: Decimal,
    amount: Decimal,
    attrs: &'a [AttrRef<'static>],
}

#[derive(ComponentType, Lift)]
#[component(record)]
pub(crate) struct LineItem {
    meter: String,
    description: String,
    quantity: Decimal,
    unit: String,
    #[component(name = "unit-price")]
    unit_price: Decimal,
    amount: Decimal,
    attrs: Vec<Attr>,
}

#[derive(ComponentType, Lift)]
#[component(record)]
pub(crate) struct Contribution {
    aggregate: String,
    quantity: Decimal,
    amount: Decimal,
}

#[derive(ComponentType, Lower)]
#[component(record)]
pub(crate) struct RatingInput<'a> {
    usage: Usage<'a>,
    currency: &'a str,
    cost: Vec<CostLine<'a>>,
    #[component(name = "so-far")]
    so_far: Vec<LineItemRef<'a>>,
    aggregates: Vec<Aggregate<'a>>,
}

#[derive(ComponentType, Lift)]
#[component(record)]
pub(crate) struct Rating {
    items: Vec<LineItem>,
    contributions: Vec<Contribution>,
}

#[derive(ComponentType, Lower)]
#[component(record)]
pub(crate) struct PeriodInput<'a> {
    customer: &'a str,
    start: i64,
    end: i64,
    currency: &'a str,
    aggregates: Vec<Aggregate<'a>>,
    attrs: &'a [AttrRef<'a>],
}

struct Load;
impl Signature for Load {
    const NAME: &'static str = "load";
    type Params<'a> = (&'a str,);
    type Return = Result<SheetInfo, Vec<Problem>>;
}

struct Rate;
impl Signature for Rate {
    const NAME: &'static str = "rate";
    type Params<'a> = (RatingInput<'a>,);
    type Return = Result<Rating, PluginError>;
}

struct ClosePeriod;
impl Signature for ClosePeriod {
    const NAME: &'static str = "close-period";
    type Params<'a> = (PeriodInput<'a>,);
    type Return = Result<Vec<LineItem>, PluginError>;
}

/// The functions of a pricing rule.
pub(crate) struct Pricing {
    load: Export<Load>,
    rate: Export<Rate>,
    close_period: Export<ClosePeriod>,
}

impl Socket for Pricing {
    type Info = SheetInfo;
    type Refusal = Vec<Problem>;
    const CONFIGURE: &'static str = Load::NAME;

    fn bind(store: &mut Store<Guest>, instance: &Instance) -> wasmtime::Result<Self> {
        let interface = interface(Kind::Pricing);
        Ok(Self {
            load: Export::bind(store, instance, interface)?,
            rate: Export::bind(store, instance, interface)?,
            close_period: Export::bind(store, instance, interface)?,
        })
    }
    fn configure(&self, store: &mut Store<Guest>, sheet: &str) -> wasmtime::Result<Result<SheetInfo, Vec<Problem>>> {
        self.load.call(store, (sheet,))
    }
    fn refused(problems: Vec<Problem>) -> Failure {
        let texts: Vec<_> = problems.into_iter().map(|problem| sheet_problem(problem).to_string()).collect();
        Failure::InvalidConfig(texts.join("; "))
    }
}

impl Pricing {
    pub(crate) const RATE: &'static str = Rate::NAME;
    pub(crate) const CLOSE_PERIOD: &'static str = ClosePeriod::NAME;

    pub(crate) fn rate(&self, store: &mut Store<Guest>, input: &api::RatingInput<'_>, unseen: Unseen) -> wasmtime::Result<Result<Rating, Failure>> {
        let quantities = input.usage.usage.iter().filter(|_| !unseen.quantities);
        let cost = input.cost.iter().filter(|_| !unseen.cost && (input.so_far.is_empty() || !unseen.cost_behind_others));
        let mut id = [0; 36];
        let usage = &input.usage;
        let input = RatingInput {
            usage: Usage {
                id: usage.id.0.hyphenated().encode_lower(&mut id),
                customer: usage.customer.as_str(),
                occurred_at: usage.occurred_at.micros(),
                provider: usage.provider.as_str(),
                model: usage.model.as_str(),
                quantities: quantities.map(|q| QuantityRef { meter: q.meter.as_str(), value: q.value.into() }).collect(),
                dimensions: usage.dimensions.iter().map(|(key, value)| AttrRef { key, value }).collect(),
            },
            currency: input.currency.as_str(),
            cost: cost.map(cost_line).collect(),
            so_far: input.so_far.iter().map(line_ref).collect(),
            aggregates: aggregates(input.aggregates),
        };
        Ok(self.rate.call(store, (input,))?.map_err(Into::into))
    }
    pub(crate) fn close_period(&self, store: &mut Store<Guest>, period: &api::PeriodInput<'_>) -> wasmtime::Result<Result<Vec<LineItem>, Failure>> {
        let period = PeriodInput {
            customer: period.customer.as_str(),
            start: period.start.micros(),
            end: period.end.micros(),
            currency: period.currency.as_str(),
            aggregates: aggregates(period.aggregates),
            attrs: &[],
        };
        Ok(self.close_period.call(store, (period,))?.map_err(Into::into))
    }
}

/// The lists that a rule says it does not look at: they are left empty.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Unseen {
    quantities: bool,
    cost: bool,
    cost_behind_others: bool,
}

impl Unseen {
    pub(crate) fn of(info: &SheetInfo) -> Self {
        let said = |key: &str, value: &str| info.attrs.iter().any(|attr| attr.key == key && attr.value == value);
        Self { quantities: said("quantities", "never"), cost: said("cost", "never"), cost_behind_others: said("cost", "first") }
    }
}

fn cost_line(line: &weighbridge_domain::CostLine) -> CostLine<'_> {
    CostLine { meter: line.meter.as_str(), quantity: line.quantity.into(), rate: line.rate.into(), per: line.per.into(), amount: line.amount.into() }
}

fn line_ref(line: &api::LineItem) -> LineItemRef<'_> {
    LineItemRef {
        meter: line.meter.as_ref().map_or("", Meter::as_str),
        description: &line.description,
        quantity: line.quantity.into(),
        unit: &line.unit,
        unit_price: line.unit_price.into(),
        amount: line.amount.into(),
        attrs: if line.credit { &[CREDIT] } else { &[] },
    }
}

fn aggregates(values: &[api::AggregateValue]) -> Vec<Aggregate<'_>> {
    values.iter().map(aggregate).collect()
}

fn aggregate(value: &api::AggregateValue) -> Aggregate<'_> {
    let group = value.group.iter().map(|(key, value)| AttrRef { key, value }).collect();
    Aggregate { name: &value.name, quantity: value.quantity.into(), amount: value.amount.into(), group }
}

/// What a sheet needs, or what is wrong with how the rule says it.
pub(crate) fn sheet_info(info: SheetInfo) -> Result<api::SheetInfo, String> {
    let currency = Currency::parse(&info.currency).ok_or_else(|| format!("{:?} is not a currency code such as \"USD\"", one_line(&info.currency, 20)))?;
    let aggregates = info.aggregates.into_iter().map(|spec| api::AggregateSpec {
        name: spec.name,
        meter: spec.meter,
        window: match spec.window {
            Window::Day => api::Window::Day,
            Window::Month => api::Window::Month,
            Window::BillingPeriod => api::Window::BillingPeriod,
            Window::Contract => api::Window::Contract,
            Window::Lifetime => api::Window::Lifetime,
        },
        group_by: spec.group_by,
        start: spec.start.map(Timestamp::from_micros),
        end: spec.end.map(Timestamp::from_micros),
    });
    Ok(api::SheetInfo { currency, aggregates: aggregates.collect(), dimensions: info.dimensions })
}

/// One thing wrong with a sheet.
pub(crate) fn sheet_problem(problem: Problem) -> api::SheetProblem {
    api::SheetProblem { path: one_line(&problem.path, 200), message: one_line(&problem.message, 500) }
}

/// The outcome of a rule.
pub(crate) fn rating(rating: Rating) -> Result<api::Rating, String> {
    let contribution = |c: Contribution| Ok(api::Contribution { quantity: c.quantity.exact()?, amount: c.amount.exact()?, aggregate: c.aggregate });
    Ok(api::Rating { items: items(rating.items)?, contributions: rating.contributions.into_iter().map(contribution).collect::<Result<_, String>>()? })
}

/// The lines of a rule; a negative amount must be marked as a credit.
pub(crate) fn items(items: Vec<LineItem>) -> Result<Vec<api::LineItem>, String> {
    items.into_iter().map(line).collect()
}

fn line(line: LineItem) -> Result<api::LineItem, String> {
    let amount = line.amount.exact()?;
    let credit = line.attrs.iter().any(|attr| attr.key == CREDIT.key && attr.value == CREDIT.value);
    if amount.is_sign_negative() && !amount.is_zero() && !credit {
        return Err(format!("the line {:?} has the negative amount {}, and is not marked as a credit", one_line(&line.description, 80), amount.normalize()));
    }
    Ok(api::LineItem {
        meter: if line.meter.is_empty() { None } else { Some(meter(&line.meter)?) },
        description: line.description.into(),
        quantity: line.quantity.exact()?,
        unit: line.unit.into(),
        unit_price: line.unit_price.exact()?,
        amount,
        credit,
    })
}
