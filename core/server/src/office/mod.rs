//! The office: where customers, keys, plans and prices are written down.
//!
//! Everything here is made durable in the ledger first and told to the directory and the price book afterwards. The admin
//! API, `init` and the demo all come through here, so that each rule (which ids are fine, what may be changed) stands once.

mod customers;
mod error;
mod keys;
mod plans;
mod prices;

use std::{collections::BTreeSet, sync::Arc};

use arc_swap::ArcSwap;
use parking_lot::RwLock;
use serde::{Deserialize as _, Serialize, de::DeserializeOwned};
use weighbridge_domain::{Clock, IdSource, PlanId, Text, Timestamp};
use weighbridge_gateway::Directory;
use weighbridge_ledger::{Document, DocumentKind, Ledger};
use weighbridge_plugin_api::pricing::PricingRules;
use weighbridge_pricing::PriceBook;

pub use customers::{CustomerChange, NewCustomer};
pub use error::{FieldError, OfficeError};
pub use keys::{KeyView, NewKey};
pub use plans::{DEFAULT_PLAN, NewPlan, PlanChange, PlanView, compile_configured};
pub use prices::{ImportFormat, ImportSummary};

/// The books' writing desk. Cheap to clone.
#[derive(Clone)]
pub struct Office {
    /// Where it is all kept.
    pub ledger: Ledger,
    /// Who may call and who pays, as the path of a call sees it.
    pub directory: Arc<Directory>,
    /// The price book, swapped whole.
    pub prices: Arc<ArcSwap<PriceBook>>,
    /// Loads the rules of plans.
    pub rules: Arc<dyn PricingRules>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// New ids.
    pub ids: Arc<dyn IdSource>,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    /// Looking whether an id is taken and taking it is one step.
    writing: tokio::sync::Mutex<()>,
    /// Plans that the configuration writes; nobody else may.
    configured: RwLock<BTreeSet<PlanId>>,
}

impl Office {
    /// An office over an open ledger. [`Office::read`] has to follow.
    pub fn new(
        ledger: Ledger,
        directory: Arc<Directory>,
        prices: Arc<ArcSwap<PriceBook>>,
        rules: Arc<dyn PricingRules>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
    ) -> Self {
        Self { ledger, directory, prices, rules, clock, ids, state: Arc::default() }
    }
    /// Reads what is written down into the directory and the price book. Blocking; for the start. What cannot be read is
    /// told, one line each, and left out: one plan whose plugin is gone must not keep all the others from being served.
    pub fn read(&self) -> Result<Vec<String>, OfficeError> {
        let mut troubles = Vec::new();
        self.read_plans(&mut troubles)?;
        self.read_customers()?;
        self.read_keys()?;
        self.read_prices(&mut troubles)?;
        Ok(troubles)
    }
    /// Now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    async fn write(&self, kind: DocumentKind, id: &str, body: &impl Serialize, archived: bool) -> Result<(), OfficeError> {
        self.ledger.put(document(kind, id, body, archived)?).await?;
        Ok(())
    }
    fn documents<T: DeserializeOwned>(&self, kind: DocumentKind) -> Result<Vec<T>, OfficeError> {
        self.ledger.documents(kind)?.iter().map(parse).collect()
    }
}

fn document(kind: DocumentKind, id: &str, body: &impl Serialize, archived: bool) -> Result<Document, OfficeError> {
    let body = serde_json::to_vec(body).map_err(|error| OfficeError::Internal(format!("{kind:?} {id:?} cannot be written as JSON: {error}")))?;
    Ok(Document { kind, id: Text::from(id), body, archived })
}

fn parse<T: DeserializeOwned>(document: &Document) -> Result<T, OfficeError> {
    serde_json::from_slice(&document.body).map_err(|error| {
        OfficeError::Internal(format!("the stored {:?} \"{}\" cannot be read: {error}; was it written by a newer version?", document.kind, document.id))
    })
}

/// An id that a user chose.
fn check_id(id: &str) -> Result<(), OfficeError> {
    weighbridge_domain::ids::check_slug(id).map_err(|error| OfficeError::invalid("id", error.to_string()))
}

/// Tells an absent field from `null`: absent leaves as it is, `null` clears.
pub(crate) fn present<'de, T: serde::Deserialize<'de>, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(deserializer).map(Some)
}
