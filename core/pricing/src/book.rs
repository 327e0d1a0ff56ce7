//! The price book: an immutable snapshot of every row, looked up by provider, model and time without allocating.

use std::{collections::HashMap, sync::Arc};

use weighbridge_domain::{Text, Timestamp, Usage};

use crate::{
    RowError,
    cost::{self, Costed},
    row::PriceRow,
};

/// What is to be priced, apart from the usage.
#[derive(Debug, Clone, Copy)]
pub struct PriceQuery<'a> {
    /// The provider's name in the price book.
    pub provider: &'a str,
    /// The model's name or one of its aliases.
    pub model: &'a str,
    /// The start of the call.
    pub at: Timestamp,
    /// The served tier (metering rule 16); absent: the default tier.
    pub service_tier: Option<&'a str>,
}

/// Every price row, immutable. Its owner swaps in a new one when prices change.
#[derive(Debug, Clone, Default)]
pub struct PriceBook {
    rows: Vec<Arc<PriceRow>>,
    /// provider → name → rows that answer to it, in order of preference.
    index: HashMap<Text, HashMap<Text, Vec<Entry>>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    /// A row of that very name goes before one that has it as an alias …
    by_alias: bool,
    /// … then the latest `valid_from` …
    from: std::cmp::Reverse<Option<Timestamp>>,
    /// … then the highest version.
    version: std::cmp::Reverse<u32>,
    row: usize,
}

/// Why rows do not make a book.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BookError {
    /// A row is not a price.
    #[error(transparent)]
    Row(#[from] RowError),
    /// The same version twice, with different contents.
    #[error("price {id}: version {version} is there twice, with different contents")]
    Twice {
        /// The row.
        id: String,
        /// The version.
        version: u32,
    },
    /// Two models under one id.
    #[error("price {id}: this id is used for {first} and for {second}")]
    Mixed {
        /// The id.
        id: String,
        /// provider/model of the one.
        first: String,
        /// provider/model of the other.
        second: String,
    },
}

impl PriceBook {
    /// A book of these rows, in any order; a row that is there twice is taken once.
    pub fn from_rows(rows: impl IntoIterator<Item = PriceRow>) -> Result<Self, BookError> {
        Self::default().with(rows)
    }
    /// This book and these rows: a new book, the old one stays as it is.
    pub fn with(&self, more: impl IntoIterator<Item = PriceRow>) -> Result<Self, BookError> {
        let mut rows = self.rows.clone();
        for row in more {
            row.check()?;
            rows.push(Arc::new(row));
        }
        Self::build(rows)
    }
    fn build(mut rows: Vec<Arc<PriceRow>>) -> Result<Self, BookError> {
        rows.sort_by(|a, b| (&a.id, a.version).cmp(&(&b.id, b.version)));
        rows.dedup_by(|a, b| a == b);
        for pair in rows.windows(2) {
            let [a, b] = pair else { continue };
            if a.id != b.id {
                continue;
            }
            if (&a.provider, &a.model) != (&b.provider, &b.model) {
                let name = |row: &PriceRow| format!("{}/{}", row.provider, row.model);
                return Err(BookError::Mixed { id: a.id.to_string(), first: name(a), second: name(b) });
            }
            if a.version == b.version {
                return Err(BookError::Twice { id: a.id.to_string(), version: a.version });
            }
        }
        let index = index(&rows);
        Ok(Self { rows, index })
    }
    /// All rows, by id and version.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &PriceRow> {
        self.rows.iter().map(|row| &**row)
    }
    /// All versions of one row, oldest first.
    pub fn history<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a PriceRow> {
        self.rows().filter(move |row| &*row.id == id)
    }
    /// The row that holds for this model at this time.
    pub fn find(&self, provider: &str, model: &str, at: Timestamp) -> Option<&PriceRow> {
        let entries = self.index.get(provider)?.get(model)?;
        entries.iter().map(|entry| &*self.rows[entry.row]).find(|row| row.holds_at(at))
    }
    /// Which providers sell a model of this name or alias, by name.
    pub fn providers_of(&self, model: &str) -> impl Iterator<Item = &str> {
        let mut providers: Vec<&str> = self.index.iter().filter(|(_, models)| models.contains_key(model)).map(|(provider, _)| &**provider).collect();
        providers.sort_unstable();
        providers.into_iter()
    }
    /// The cost of this usage, line by line. Never fails: what has no price is unpriced, with a flag that says why.
    pub fn cost(&self, query: &PriceQuery<'_>, usage: &Usage) -> Costed {
        self.cost_with_facts(query, &[], usage)
    }
    /// The same, with the facts of the call that a row's multipliers look at, such as `("inference_geo", "us")`.
    pub fn cost_with_facts(&self, query: &PriceQuery<'_>, facts: &[(&str, &str)], usage: &Usage) -> Costed {
        cost::cost(self.find(query.provider, query.model, query.at), query, facts, usage)
    }
    /// What this would cost; for `prices quote`.
    pub fn quote(&self, provider: &str, model: &str, usage: &Usage, at: Timestamp, service_tier: Option<&str>) -> Costed {
        self.cost(&PriceQuery { provider, model, at, service_tier }, usage)
    }
}

fn index(rows: &[Arc<PriceRow>]) -> HashMap<Text, HashMap<Text, Vec<Entry>>> {
    let mut index: HashMap<Text, HashMap<Text, Vec<Entry>>> = HashMap::new();
    for (i, row) in rows.iter().enumerate() {
        let models = index.entry(row.provider.clone()).or_default();
        let names = std::iter::once((false, &row.model)).chain(row.aliases.iter().filter(|alias| **alias != row.model).map(|alias| (true, alias)));
        for (by_alias, name) in names {
            let entry = Entry { by_alias, from: std::cmp::Reverse(row.valid_from), version: std::cmp::Reverse(row.version), row: i };
            models.entry(name.clone()).or_default().push(entry);
        }
    }
    index.values_mut().flat_map(|models| models.values_mut()).for_each(|entries| entries.sort_unstable());
    index
}
