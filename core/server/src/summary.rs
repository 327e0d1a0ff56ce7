//! Usage summed up by what the operator asks for: quantities, cost, charge and margin, exact.
//!
//! Customer, provider, model, meter and day come from the ledger's aggregates; session, workflow, step, key and status, and
//! times within a day, from a walk over the events. Both ways give the same sums.

use std::{collections::BTreeMap, ops::ControlFlow};

use serde::{Serialize, Serializer, ser::SerializeMap};
use weighbridge_domain::{Currency, CustomerId, Decimal, Inexact, Meter, Timestamp, UsageEvent, exact};
use weighbridge_ledger::{AggregateQuery, AggregateRow, EventQuery, Ledger, LedgerError};

/// What usage may be grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Who is billed.
    Customer,
    /// Who served it.
    Provider,
    /// The routed model.
    Model,
    /// What was measured.
    Meter,
    /// The UTC day.
    Day,
    /// The client's session.
    Session,
    /// The client's workflow.
    Workflow,
    /// The step in the workflow.
    Step,
    /// The key that was used.
    Key,
    /// How it ended.
    Status,
}

impl Group {
    const ALL: [(&'static str, Group); 10] = [
        ("customer", Group::Customer),
        ("provider", Group::Provider),
        ("model", Group::Model),
        ("meter", Group::Meter),
        ("day", Group::Day),
        ("session", Group::Session),
        ("workflow", Group::Workflow),
        ("step", Group::Step),
        ("key", Group::Key),
        ("status", Group::Status),
    ];
    /// Its name in a query and a row.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(_, group)| *group == self).map_or("", |(name, _)| name)
    }
    /// A list such as `customer,model`. `Err`: what was found and what was expected.
    pub fn parse_list(text: &str) -> Result<Vec<Self>, String> {
        let mut groups = Vec::new();
        for word in text.split(',').map(str::trim).filter(|word| !word.is_empty()) {
            let group = Self::ALL.iter().find(|(name, _)| *name == word).map(|(_, group)| *group);
            let group = group.ok_or_else(|| format!("found {word:?}, expected some of: {}", Self::ALL.map(|(name, _)| name).join(", ")))?;
            if !groups.contains(&group) {
                groups.push(group);
            }
        }
        Ok(groups)
    }
    fn is_aggregated(self) -> bool {
        matches!(self, Group::Customer | Group::Provider | Group::Model | Group::Meter | Group::Day)
    }
}

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub struct SummaryQuery {
    /// The columns of a row, in this order.
    pub group_by: Vec<Group>,
    /// Of this customer only.
    pub customer: Option<CustomerId>,
    /// Begun at or after this time.
    pub from: Option<Timestamp>,
    /// Begun before this time.
    pub to: Option<Timestamp>,
}

/// One row: a group in one currency.
#[derive(Debug, Clone, PartialEq)]
pub struct SummaryRow {
    /// The group's values, in the order asked for; absent: the events that have none.
    pub group: Vec<(Group, Option<String>)>,
    /// The currency of the amounts.
    pub currency: Currency,
    /// Its sums.
    pub sums: Sums,
}

/// What a group comes to.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sums {
    /// Events; of a row by meter, those that can be told (see the module).
    pub events: u64,
    /// Events without a cost: their cost is not in the sum.
    pub unpriced: u64,
    /// Events without a charge: their charge is not in the sum.
    pub unrated: u64,
    /// Quantities by meter.
    pub usage: BTreeMap<Meter, Decimal>,
    /// What providers charge us.
    pub cost: Decimal,
    /// What customers pay.
    pub charge: Decimal,
}

impl Sums {
    /// Charge minus cost, of what is priced and rated.
    pub fn margin(&self) -> Result<Decimal, Inexact> {
        exact::sub(self.charge, self.cost)
    }
    /// Adds another group's sums.
    pub fn add(&mut self, other: &Sums) -> Result<(), Inexact> {
        self.events += other.events;
        self.unpriced += other.unpriced;
        self.unrated += other.unrated;
        for (meter, quantity) in &other.usage {
            self.quantity(meter, *quantity)?;
        }
        self.cost = exact::add(self.cost, other.cost)?;
        self.charge = exact::add(self.charge, other.charge)?;
        Ok(())
    }
    fn quantity(&mut self, meter: &Meter, quantity: Decimal) -> Result<(), Inexact> {
        let sum = self.usage.entry(meter.clone()).or_default();
        *sum = exact::add(*sum, quantity)?;
        Ok(())
    }
}

type Key = (Vec<Option<String>>, Currency);
type Table = BTreeMap<Key, Sums>;

/// Sums up. Blocking.
pub fn summarise(ledger: &Ledger, query: &SummaryQuery) -> Result<Vec<SummaryRow>, LedgerError> {
    let whole_days = [query.from, query.to].into_iter().flatten().all(|time| time.micros().rem_euclid(86_400_000_000) == 0);
    let table =
        if whole_days && query.group_by.iter().all(|group| group.is_aggregated()) { from_aggregates(ledger, query)? } else { from_events(ledger, query)? };
    let rows = table.into_iter().map(|((values, currency), sums)| SummaryRow { group: query.group_by.iter().copied().zip(values).collect(), currency, sums });
    Ok(rows.collect())
}

fn inexact(_: Inexact) -> LedgerError {
    LedgerError::Inexact("this summary".into())
}

fn from_aggregates(ledger: &Ledger, query: &SummaryQuery) -> Result<Table, LedgerError> {
    let days = AggregateQuery { customer: query.customer.clone(), from_day: query.from.map(Timestamp::day), to_day: query.to.map(Timestamp::day) };
    let mut table = Table::new();
    for row in ledger.aggregates(&days)? {
        let values = query.group_by.iter().map(|group| match group {
            Group::Customer => Some(row.customer.to_string()),
            Group::Provider => Some(row.provider.to_string()),
            Group::Model => Some(row.model.to_string()),
            Group::Meter => row.meter.as_ref().map(Meter::to_string),
            Group::Day => Some(day(row.day)),
            _ => None,
        });
        let sums = table.entry((values.collect(), row.currency)).or_default();
        sums.add(&of_row(&row)).map_err(inexact)?;
    }
    drop_empty_meters(&mut table, query);
    Ok(table)
}

fn of_row(row: &AggregateRow) -> Sums {
    let usage = row.meter.iter().map(|meter| (meter.clone(), row.quantity)).collect();
    Sums { events: row.events, unpriced: row.unpriced, unrated: row.unrated, usage, cost: row.cost, charge: row.charge }
}

fn from_events(ledger: &Ledger, query: &SummaryQuery) -> Result<Table, LedgerError> {
    let walk = EventQuery { customer: query.customer.clone(), from: query.from, to: query.to, ..EventQuery::default() };
    let mut table = Table::new();
    let mut failed = None;
    ledger.for_each_event(&walk, |stored| match add_event(&mut table, &query.group_by, &stored.event) {
        Ok(()) => ControlFlow::Continue(()),
        Err(error) => {
            failed = Some(inexact(error));
            ControlFlow::Break(())
        }
    })?;
    match failed {
        Some(error) => Err(error),
        None => {
            drop_empty_meters(&mut table, query);
            Ok(table)
        }
    }
}

/// Adds an event piece by piece as the aggregates do: what belongs to a meter, and the rest with the event itself.
fn add_event(table: &mut Table, group_by: &[Group], event: &UsageEvent) -> Result<(), Inexact> {
    let mut add = |meter: Option<&Meter>, currency: Currency, sums: Sums| {
        let values = group_by.iter().map(|group| value_of(*group, event, meter)).collect();
        table.entry((values, currency)).or_default().add(&sums)
    };
    let (cost, charge) = (&event.cost, &event.charge);
    add(None, cost.currency, Sums { events: 1, unpriced: u64::from(cost.amount.is_none()), ..Sums::default() })?;
    if charge.amount.is_none() {
        // What is missing is missing in the plan's currency, which need not be the cost's.
        add(None, charge.currency, Sums { unrated: 1, ..Sums::default() })?;
    }
    for quantity in event.usage.iter() {
        add(Some(&quantity.meter), cost.currency, Sums { usage: BTreeMap::from([(quantity.meter.clone(), quantity.value)]), ..Sums::default() })?;
    }
    if cost.amount.is_some() {
        for line in &cost.lines {
            add(Some(&line.meter), cost.currency, Sums { cost: line.amount, ..Sums::default() })?;
        }
    }
    if charge.amount.is_some() {
        for line in &charge.lines {
            add(line.meter.as_ref(), charge.currency, Sums { charge: line.amount, ..Sums::default() })?;
        }
    }
    Ok(())
}

fn value_of(group: Group, event: &UsageEvent, meter: Option<&Meter>) -> Option<String> {
    let text = |text: &Option<weighbridge_domain::Text>| text.as_deref().map(str::to_owned);
    match group {
        Group::Customer => Some(event.customer.to_string()),
        Group::Provider => Some(event.provider.to_string()),
        Group::Model => Some(event.routed_model.to_string()),
        Group::Meter => meter.map(Meter::to_string),
        Group::Day => Some(day(event.started_at.day())),
        Group::Session => text(&event.session),
        Group::Workflow => text(&event.workflow),
        Group::Step => text(&event.step),
        Group::Key => Some(event.key.to_string()),
        Group::Status => Some(event.status.as_str().to_owned()),
    }
}

/// By meter, the row of what belongs to none is kept only if there is any.
fn drop_empty_meters(table: &mut Table, query: &SummaryQuery) {
    let Some(at) = query.group_by.iter().position(|group| *group == Group::Meter) else { return };
    table.retain(|(values, _), sums| values[at].is_some() || !sums.cost.is_zero() || !sums.charge.is_zero());
}

/// `2026-11-23`, from days since the epoch.
fn day(days: i32) -> String {
    Timestamp::from_micros(i64::from(days) * 86_400_000_000).to_string().chars().take(10).collect()
}

impl SummaryRow {
    /// Where it stands in the list: the cursor of a page.
    pub fn place(&self) -> String {
        let values: Vec<&Option<String>> = self.group.iter().map(|(_, value)| value).collect();
        hex::encode(serde_json::to_vec(&(values, self.currency.as_str())).unwrap_or_default())
    }
    /// Whether a text could be the place of a row.
    pub fn is_place(text: &str) -> bool {
        hex::decode(text).is_ok_and(|json| serde_json::from_slice::<(Vec<Option<String>>, String)>(&json).is_ok())
    }
}

impl Serialize for SummaryRow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let amount = |value: Decimal| value.normalize().to_string();
        let mut map = serializer.serialize_map(None)?;
        for (group, value) in &self.group {
            map.serialize_entry(group.as_str(), value)?;
        }
        let by_meter = self.group.iter().find(|(group, _)| *group == Group::Meter);
        match by_meter {
            Some(_) => {
                let quantity = self.sums.usage.iter().next();
                map.serialize_entry("quantity", &quantity.map(|(_, quantity)| amount(*quantity)))?;
                map.serialize_entry("unit", &quantity.map(|(meter, _)| meter.unit()))?;
            }
            None => {
                map.serialize_entry("events", &self.sums.events)?;
                map.serialize_entry("unpriced", &self.sums.unpriced)?;
                map.serialize_entry("unrated", &self.sums.unrated)?;
                map.serialize_entry("usage", &self.sums.usage.iter().map(|(meter, quantity)| (meter.as_str(), amount(*quantity))).collect::<BTreeMap<_, _>>())?;
            }
        }
        map.serialize_entry("currency", self.currency.as_str())?;
        map.serialize_entry("cost", &amount(self.sums.cost))?;
        map.serialize_entry("charge", &amount(self.sums.charge))?;
        map.serialize_entry("margin", &self.sums.margin().ok().map(amount))?;
        map.end()
    }
}
