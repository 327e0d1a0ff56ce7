//! Sums over events, exact: what each customer consumed, cost and is charged per day, provider, model and meter.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use weighbridge_domain::{Currency, CustomerId, Decimal, Meter, ModelName, ProviderName, UsageEvent};

use crate::{error::LedgerError, query::AggregateRow};

/// An exact sum in 38 digits, ten more than one decimal has. One that outgrew even these says so for ever.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Sum {
    units: i128,
    scale: u8,
}

const POWERS: [i128; 29] = {
    let mut powers = [1i128; 29];
    let mut at = 1;
    while at < powers.len() {
        powers[at] = powers[at - 1] * 10;
        at += 1;
    }
    powers
};
/// The scale of a sum that does not fit.
const OUTGROWN: u8 = u8::MAX;

impl Sum {
    pub(crate) fn add(&mut self, value: Decimal) {
        self.shift(value.mantissa(), value.scale() as u8);
    }
    pub(crate) fn sub(&mut self, value: Decimal) {
        self.shift(-value.mantissa(), value.scale() as u8);
    }
    pub(crate) fn add_sum(&mut self, other: Sum) {
        self.shift(other.units, other.scale);
    }

    fn shift(&mut self, units: i128, scale: u8) {
        if scale == self.scale && scale != OUTGROWN {
            match self.units.checked_add(units) {
                Some(sum) => self.units = sum,
                None => *self = Self { units: 0, scale: OUTGROWN },
            }
            return;
        }
        let wide = self.scale.max(scale);
        let widen = |units: i128, scale: u8| units.checked_mul(*POWERS.get(usize::from(wide - scale))?);
        let sum = if wide == OUTGROWN { None } else { widen(self.units, self.scale).zip(widen(units, scale)).and_then(|(a, b)| a.checked_add(b)) };
        *self = match sum {
            Some(units) => Self { units, scale: wide },
            None => Self { units: 0, scale: OUTGROWN },
        };
    }

    pub(crate) fn is_zero(&self) -> bool {
        self.units == 0 && self.scale != OUTGROWN
    }

    /// As a decimal, if 28 digits hold it.
    pub(crate) fn decimal(&self) -> Option<Decimal> {
        let (mut units, mut scale) = (self.units, self.scale);
        if scale == OUTGROWN {
            return None;
        }
        while scale > 0 && units % 10 == 0 {
            (units, scale) = (units / 10, scale - 1);
        }
        Decimal::try_from_i128_with_scale(units, scale.into()).ok()
    }
}

/// What one meter came to.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct MeterSums {
    pub(crate) meter: Meter,
    pub(crate) quantity: Sum,
    pub(crate) cost: Sum,
    pub(crate) charge: Sum,
}

/// Everything of one customer, day, provider, model and currency. Cost and charge here are what belongs to no meter.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Group {
    pub(crate) events: u64,
    pub(crate) unpriced: u64,
    pub(crate) unrated: u64,
    pub(crate) cost: Sum,
    pub(crate) charge: Sum,
    pub(crate) meters: Vec<MeterSums>,
}

impl Group {
    fn meter(&mut self, meter: &Meter) -> &mut MeterSums {
        let at = self.meters.iter().position(|sums| sums.meter == *meter).unwrap_or_else(|| {
            self.meters.push(MeterSums { meter: meter.clone(), quantity: Sum::default(), cost: Sum::default(), charge: Sum::default() });
            self.meters.len() - 1
        });
        &mut self.meters[at]
    }

    /// Usage and cost. What the lines leave of the amount (nothing, if the event is sound) goes onto the per-event row,
    /// so that the rows always sum up to the events.
    fn add_cost(&mut self, event: &UsageEvent) {
        self.events += 1;
        for quantity in event.usage.iter() {
            self.meter(&quantity.meter).quantity.add(quantity.value);
        }
        let Some(amount) = event.cost.amount else {
            self.unpriced += 1;
            return;
        };
        let mut rest = Sum::default();
        rest.add(amount);
        for line in &event.cost.lines {
            self.meter(&line.meter).cost.add(line.amount);
            rest.sub(line.amount);
        }
        if !rest.is_zero() {
            self.cost.add_sum(rest);
        }
    }

    fn add_charge(&mut self, event: &UsageEvent) {
        let Some(amount) = event.charge.amount else {
            self.unrated += 1;
            return;
        };
        let mut rest = Sum::default();
        rest.add(amount);
        for line in &event.charge.lines {
            if let Some(meter) = &line.meter {
                self.meter(meter).charge.add(line.amount);
                rest.sub(line.amount);
            }
        }
        if !rest.is_zero() {
            self.charge.add_sum(rest);
        }
    }
}

/// Which group, and its key in the store, in the order of customer, day, provider, model, currency.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct GroupName {
    pub(crate) customer: CustomerId,
    pub(crate) day: i32,
    pub(crate) provider: ProviderName,
    pub(crate) model: ModelName,
    pub(crate) currency: Currency,
}

impl GroupName {
    /// Where all of a customer's keys begin.
    pub(crate) fn customer_prefix(out: &mut Vec<u8>, customer: &str) {
        out.extend_from_slice(b"a/");
        push_text(out, customer);
    }

    /// A day in an order that bytes have too.
    pub(crate) fn day_bytes(day: i32) -> [u8; 4] {
        ((day as u32) ^ 0x8000_0000).to_be_bytes()
    }

    fn write(out: &mut Vec<u8>, event: &UsageEvent, currency: Currency) {
        Self::customer_prefix(out, event.customer.as_str());
        out.extend_from_slice(&Self::day_bytes(event.started_at.day()));
        push_text(out, event.provider.as_str());
        push_text(out, event.routed_model.as_str());
        out.extend_from_slice(currency.as_str().as_bytes());
    }

    /// Reads a key back.
    pub(crate) fn parse(key: &[u8]) -> Option<Self> {
        let (customer, rest) = take_text(key.strip_prefix(b"a/")?)?;
        let (day, rest) = rest.split_first_chunk::<4>()?;
        let (provider, rest) = take_text(rest)?;
        let (model, rest) = take_text(rest)?;
        Some(Self {
            customer: CustomerId::new(customer),
            day: (u32::from_be_bytes(*day) ^ 0x8000_0000) as i32,
            provider: ProviderName::new(provider),
            model: ModelName::new(model),
            currency: Currency::parse(std::str::from_utf8(rest).ok()?)?,
        })
    }

    /// Rows for people; the per-event row first, meters in their order.
    pub(crate) fn rows(&self, group: &Group, rows: &mut Vec<AggregateRow>) -> Result<(), LedgerError> {
        let inexact = || LedgerError::Inexact(format!("{} on day {} at {}/{} in {}", self.customer, self.day, self.provider, self.model, self.currency));
        let mut row = |meter: Option<Meter>, quantity: Sum, cost: Sum, charge: Sum, counts: (u64, u64, u64)| {
            rows.push(AggregateRow {
                customer: self.customer.clone(),
                day: self.day,
                currency: self.currency,
                provider: self.provider.clone(),
                model: self.model.clone(),
                meter,
                quantity: quantity.decimal().ok_or_else(inexact)?,
                cost: cost.decimal().ok_or_else(inexact)?,
                charge: charge.decimal().ok_or_else(inexact)?,
                events: counts.0,
                unpriced: counts.1,
                unrated: counts.2,
            });
            Ok(())
        };
        row(None, Sum::default(), group.cost, group.charge, (group.events, group.unpriced, group.unrated))?;
        let mut meters: Vec<_> = group.meters.iter().collect();
        meters.sort_unstable_by(|a, b| a.meter.cmp(&b.meter));
        meters.into_iter().try_for_each(|sums| row(Some(sums.meter.clone()), sums.quantity, sums.cost, sums.charge, (0, 0, 0)))
    }
}

/// Text that ends where it ends and sorts as it sorts, whatever bytes it has: zeros are escaped.
fn push_text(out: &mut Vec<u8>, text: &str) {
    for (at, part) in text.as_bytes().split(|byte| *byte == 0).enumerate() {
        if at > 0 {
            out.extend_from_slice(&[0, 0xFF]);
        }
        out.extend_from_slice(part);
    }
    out.extend_from_slice(&[0, 1]);
}

fn take_text(bytes: &[u8]) -> Option<(String, &[u8])> {
    let mut text = Vec::new();
    let mut rest = bytes;
    loop {
        let end = rest.iter().position(|byte| *byte == 0)?;
        text.extend_from_slice(&rest[..end]);
        match rest.get(end + 1)? {
            0xFF => text.push(0),
            _ => return Some((String::from_utf8(text).ok()?, &rest[end + 2..])),
        }
        rest = &rest[end + 2..];
    }
}

/// Groups in memory, by their key: those being added to, and some that were.
#[derive(Default)]
pub(crate) struct Groups {
    cached: HashMap<Box<[u8]>, Cached>,
    key: Vec<u8>,
}

struct Cached {
    group: Group,
    changed: bool,
}

impl Groups {
    /// Adds an event; `load` gives a group that is not in memory.
    pub(crate) fn add<E>(&mut self, event: &UsageEvent, mut load: impl FnMut(&[u8]) -> Result<Option<Group>, E>) -> Result<(), E> {
        let (cost, charge) = (event.cost.currency, event.charge.currency);
        let group = self.group(event, cost, &mut load)?;
        group.add_cost(event);
        let group = if charge == cost { group } else { self.group(event, charge, &mut load)? };
        group.add_charge(event);
        Ok(())
    }

    fn group<E>(&mut self, event: &UsageEvent, currency: Currency, load: &mut impl FnMut(&[u8]) -> Result<Option<Group>, E>) -> Result<&mut Group, E> {
        self.key.clear();
        GroupName::write(&mut self.key, event, currency);
        if !self.cached.contains_key(&self.key[..]) {
            let group = load(&self.key)?.unwrap_or_default();
            self.cached.insert(self.key.as_slice().into(), Cached { group, changed: false });
        }
        let Some(cached) = self.cached.get_mut(&self.key[..]) else { unreachable!("it was put there just now") };
        cached.changed = true;
        Ok(&mut cached.group)
    }

    /// Gives every changed group and counts it as unchanged from here on.
    pub(crate) fn changed(&mut self, mut write: impl FnMut(&[u8], &Group)) {
        for (key, cached) in &mut self.cached {
            if std::mem::take(&mut cached.changed) {
                write(key, &cached.group);
            }
        }
    }

    /// Forgets unchanged groups when there are more than `most`.
    pub(crate) fn shrink(&mut self, most: usize) {
        if self.cached.len() > most {
            self.cached.retain(|_, cached| cached.changed);
        }
    }

    /// All of them, in the order of their keys.
    pub(crate) fn into_sorted(self) -> Vec<(Box<[u8]>, Group)> {
        let mut groups: Vec<_> = self.cached.into_iter().map(|(key, cached)| (key, cached.group)).collect();
        groups.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        groups
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_exact_beyond_a_decimals_digits_and_say_when_they_are_not() {
        let mut sum = Sum::default();
        sum.add(Decimal::new(1, 28));
        sum.add(Decimal::from(1_000_000_000));
        assert_eq!(sum.decimal(), None);
        sum.sub(Decimal::from(1_000_000_000));
        assert_eq!(sum.decimal(), Some(Decimal::new(1, 28)));
        sum.add(Decimal::MAX);
        sum.sub(Decimal::MAX);
        assert_eq!(sum.decimal(), None, "an outgrown sum never becomes a number again");
    }

    #[test]
    fn a_key_comes_back_whatever_the_names() {
        for (customer, model) in [("acme", "m"), ("a\0b", "m\0"), ("", "\0\0")] {
            let mut key = Vec::new();
            GroupName::customer_prefix(&mut key, customer);
            key.extend(GroupName::day_bytes(-3));
            push_text(&mut key, "acme-ai");
            push_text(&mut key, model);
            key.extend(b"EUR");
            let name = GroupName::parse(&key).unwrap();
            assert_eq!((name.customer.as_str(), name.day, name.model.as_str(), name.currency.as_str()), (customer, -3, model, "EUR"));
        }
        assert!(GroupName::day_bytes(-1) < GroupName::day_bytes(0) && GroupName::day_bytes(0) < GroupName::day_bytes(1));
    }
}
