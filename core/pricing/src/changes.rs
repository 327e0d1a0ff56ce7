//! What an import would change: new rows, new versions of rows, and what looks too different to be true.

use std::collections::HashSet;

use weighbridge_domain::{Meter, Text, Timestamp};

use crate::{
    book::PriceBook,
    import::Quarantined,
    lint,
    row::{Band, PriceRow, Tiers},
};

/// What an import would change. Nothing is edited: every change is a new version, history keeps the old one (metering rule 43).
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// Rows of models without a row so far.
    pub added: Vec<PriceRow>,
    /// New versions of rows, valid from the given time on.
    pub changed: Vec<Changed>,
    /// Ids of rows whose price is the same.
    pub unchanged: Vec<Text>,
    /// New versions that look wrong beside the old ones, until someone confirms them.
    pub quarantined: Vec<Quarantined>,
}

/// A new version of a row.
#[derive(Debug, Clone)]
pub struct Changed {
    /// The version that holds now.
    pub before: PriceRow,
    /// The version that will.
    pub row: PriceRow,
}

impl Changes {
    fn plan(&mut self, current: &PriceBook, row: PriceRow, at: Timestamp, confirmed: &[String]) {
        let Some(before) = current.find(&row.provider, &row.model, at) else {
            // A model without a price so far is priced for its past too: what is unpriced can then be rated again.
            let version = next_version(current, &row.id);
            let valid_from = if version > 1 { Some(at) } else { row.valid_from };
            return self.added.push(PriceRow { version, valid_from, ..row });
        };
        let next = successor(current, before, row, at);
        if next.same_price(before) && known_names(before, &next) {
            return self.unchanged.push(before.id.clone());
        }
        let is_confirmed = confirmed.iter().any(|id| **id == *next.id);
        let jumps = if is_confirmed { Vec::new() } else { lint::jumps(before, &next) };
        if jumps.is_empty() {
            self.changed.push(Changed { before: before.clone(), row: next })
        } else {
            self.quarantined.push(Quarantined { row: next, reasons: jumps })
        }
    }
    /// The rows to store and to add to the book.
    pub fn rows(&self) -> impl Iterator<Item = &PriceRow> {
        self.added.iter().chain(self.changed.iter().map(|changed| &changed.row))
    }
    /// The same, given away.
    pub fn into_rows(self) -> impl Iterator<Item = PriceRow> {
        self.added.into_iter().chain(self.changed.into_iter().map(|changed| changed.row))
    }
}

/// Compares imported rows with the book as it holds at `at`, from when the new versions will hold.
pub fn plan_changes(current: &PriceBook, imported: Vec<PriceRow>, at: Timestamp) -> Changes {
    plan_confirmed_changes(current, imported, at, &[])
}

/// The same, where jumps of these ids (`provider/model`) were confirmed.
pub fn plan_confirmed_changes(current: &PriceBook, imported: Vec<PriceRow>, at: Timestamp, confirmed: &[String]) -> Changes {
    let mut changes = Changes::default();
    let mut seen = HashSet::new();
    let (imported, again): (Vec<PriceRow>, Vec<PriceRow>) = imported.into_iter().partition(|row| seen.insert(row.id.clone()));
    let twice = |row: PriceRow| Quarantined { reasons: vec![format!("{} is there twice", row.id)], row };
    changes.quarantined.extend(again.into_iter().map(twice));
    let is_alias = |row: &PriceRow| current.find(&row.provider, &row.model, at).is_some_and(|found| found.model != row.model);
    let (aliases, own): (Vec<PriceRow>, Vec<PriceRow>) = imported.into_iter().partition(is_alias);
    own.into_iter().for_each(|row| changes.plan(current, row, at, confirmed));
    // A snapshot that so far was another row's alias becomes a row of its own only if its price differs from what that
    // row's will be.
    let after = current.with(changes.rows().cloned()).unwrap_or_else(|_| current.clone());
    aliases.into_iter().for_each(|row| changes.plan(&after, row, at, confirmed));
    changes
}

fn next_version(current: &PriceBook, id: &str) -> u32 {
    current.history(id).map(|row| row.version).max().unwrap_or(0) + 1
}

/// The imported row as the next version: it keeps what the file does not speak of.
fn successor(current: &PriceBook, before: &PriceRow, row: PriceRow, at: Timestamp) -> PriceRow {
    let mut next = PriceRow { version: next_version(current, &row.id), valid_from: Some(at), valid_to: None, ..row };
    if next.id == before.id {
        for alias in &before.aliases {
            if !next.aliases.contains(alias) {
                next.aliases.push(alias.clone());
            }
        }
    }
    if next.tier_names.is_empty() {
        next.tier_names = before.tier_names.iter().filter(|(_, tier)| next.tiers.contains_key(*tier)).map(|(k, v)| (k.clone(), v.clone())).collect();
    }
    if next.derived.is_empty() {
        next.derived = before.derived.clone();
    }
    if next.minimums.is_empty() {
        next.minimums = before.minimums.clone();
    }
    if next.limits == Default::default() {
        next.limits = before.limits;
    }
    for (meter, fee) in &before.fees {
        next.fees.entry(meter.clone()).or_insert(*fee);
    }
    next
}

fn known_names(before: &PriceRow, next: &PriceRow) -> bool {
    next.id != before.id || next.aliases.iter().all(|alias| before.aliases.contains(alias))
}

/// Every rate of a row with its place, for comparing.
pub(crate) fn each_rate(tiers: &Tiers) -> impl Iterator<Item = (&Text, &Band, &Meter, &crate::row::Rate)> {
    tiers.iter().flat_map(|(tier, bands)| bands.iter().flat_map(move |band| band.rates.iter().map(move |(meter, rate)| (tier, band, meter, rate))))
}
