//! Documents: what operators write down (customers, keys, plans, prices, settings), kept by kind and id.

use serde::{Deserialize, Serialize};
use weighbridge_domain::Text;

/// What a document is about. The number is its code on disk and never changes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentKind {
    /// Someone who is billed.
    Customer,
    /// An API key.
    Key,
    /// A plan.
    Plan,
    /// A price row.
    Price,
    /// Anything else that the operator set.
    Setting,
    /// Something that a customer has at a provider: a file, a batch, a job.
    Resource,
}

impl DocumentKind {
    /// Every kind.
    pub const ALL: [DocumentKind; 6] = [Self::Customer, Self::Key, Self::Plan, Self::Price, Self::Setting, Self::Resource];

    /// The code on disk.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Customer => 1,
            Self::Key => 2,
            Self::Plan => 3,
            Self::Price => 4,
            Self::Setting => 5,
            Self::Resource => 6,
        }
    }
}

/// The present state of one document; a new one with the same kind and id replaces it (the journal keeps both).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Document {
    /// What it is about.
    pub kind: DocumentKind,
    /// Its id among its kind.
    pub id: Text,
    /// JSON. The ledger does not look into it.
    pub body: Vec<u8>,
    /// Archived documents stay and are listed; their owner says what that means.
    pub archived: bool,
}
