//! Where to find events in the journal: blocks by their place, pages by their ids.

pub(crate) mod blocks;
pub(crate) mod ids;
