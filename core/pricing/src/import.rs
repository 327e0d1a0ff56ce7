//! Reading other people's price files. What looks wrong is quarantined with the reason, never taken silently.

mod fields;
mod litellm;
mod map;
mod shape;

use crate::row::PriceRow;

pub use litellm::litellm;
pub use map::{ImportMap, MapError, ProviderMap};

/// How to read a file.
#[derive(Default)]
pub struct ImportOptions<'a> {
    /// The import map (TOML): the file's provider names → the book's, comparators, prefixes. Empty: names as they are.
    pub map: &'a str,
    /// The day of the file, `2026-11-23`, for the rows' source.
    pub date: Option<&'a str>,
    /// Called now and then with (entries done, entries in all).
    pub progress: Option<&'a mut dyn FnMut(usize, usize)>,
    /// Ids (`provider/model`) that were confirmed: their lints are ignored.
    pub confirmed: &'a [String],
}

/// What a file gave.
#[derive(Debug, Clone, Default)]
pub struct Import {
    /// Rows to use, version 1, without times: see [`crate::plan_changes`].
    pub rows: Vec<PriceRow>,
    /// Rows that look wrong, until someone confirms them.
    pub quarantined: Vec<Quarantined>,
    /// Entries that are not prices of calls, and why.
    pub skipped: Vec<Skipped>,
}

/// A row that looks wrong.
#[derive(Debug, Clone, PartialEq)]
pub struct Quarantined {
    /// The row.
    pub row: PriceRow,
    /// Why, for people.
    pub reasons: Vec<String>,
}

/// An entry that was left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Its key in the file.
    pub key: String,
    /// Why, for people.
    pub reason: String,
}

/// Why a file could not be read at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// Not the format.
    #[error("this is not a {format} price file: {message}")]
    Syntax {
        /// The format's name.
        format: &'static str,
        /// Where and what.
        message: String,
    },
    /// The import map is wrong.
    #[error(transparent)]
    Map(#[from] MapError),
}
