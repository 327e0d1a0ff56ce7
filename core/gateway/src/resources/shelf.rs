//! The shelf: every resource with its customer, as documents of the ledger. Those that are not settled are in memory as well.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use parking_lot::RwLock;
use serde::{Deserialize, Serialize};
use weighbridge_domain::{PlanDocument, Text, Timestamp};
use weighbridge_ledger::{Document, DocumentKind, Hold, Ledger, LedgerError};

use super::storage::Stored;

/// How far a resource is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// There is nothing to bill: it lies there.
    Kept,
    /// The provider is at work.
    Open,
    /// It has ended, and its results are not all on the books.
    Ended,
    /// All of it is on the books.
    Settled,
    /// It took too long, and what it consumed is not known.
    Expired,
}

impl Stage {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Open => "open",
            Self::Ended => "ended",
            Self::Settled => "settled",
            Self::Expired => "expired",
        }
    }
    /// Whether something is still to come onto the books.
    pub fn is_due(self) -> bool {
        matches!(self, Self::Open | Self::Ended)
    }
}

/// Something that a customer has at a provider.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Resource {
    /// The provider's id for it.
    pub id: String,
    /// How far it is.
    pub stage: Stage,
    /// The call that made it: who pays, under which plan, and when, which is what prices go by.
    pub made_by: Hold,
    /// The plan as it was then, where something is to be billed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<PlanDocument>,
    /// What prices may depend on and the request decided.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dimensions: Vec<(Text, Text)>,
    /// Of a batch: the dialect of the answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items: Option<String>,
    /// Of a batch: the files with its results, and whether all of each is on the books.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub results: BTreeMap<String, bool>,
    /// Of a file with results: its batch's dialect and id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub results_of: Option<(String, String)>,
    /// Of what is billed for as long as it is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stored: Option<Stored>,
    /// Up to when that is on the books; absent: nothing of it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billed_to: Option<Timestamp>,
    /// The object as it was seen last, if it is not large.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// Removed at the provider.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub removed: bool,
}

/// A larger object is not kept.
const MOST_OBJECT: usize = 16 * 1024;

impl Resource {
    /// Keeps what the provider said last, if it is not large.
    pub(crate) fn seen(&mut self, object: &[u8]) {
        self.object = std::str::from_utf8(object).ok().filter(|text| text.len() <= MOST_OBJECT).map(str::to_owned);
    }
    /// From when on nothing is on the books.
    pub(crate) fn billed_to(&self) -> Timestamp {
        self.billed_to.unwrap_or(self.made_by.started_at)
    }
    /// When it was made.
    pub fn since(&self) -> Timestamp {
        self.made_by.started_at
    }
    /// Its place on the shelf.
    pub(crate) fn key(&self) -> Key {
        Key::new(self.made_by.customer.as_str(), &self.made_by.dialect, &self.id)
    }
}

/// Whose, of which dialect, and which one: no customer can name another's.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) customer: String,
    pub(crate) dialect: String,
    pub(crate) id: String,
}

impl Key {
    pub(crate) fn new(customer: &str, dialect: &str, id: &str) -> Self {
        Self { customer: customer.into(), dialect: dialect.into(), id: id.into() }
    }
    fn document(&self) -> String {
        let Self { customer, dialect, id } = self;
        format!("{customer}/{dialect}/{id}")
    }
}

/// All resources.
pub struct Shelf {
    ledger: Ledger,
    due: RwLock<HashMap<Key, Arc<Resource>>>,
    /// One change at a time: each is made to what the one before has left.
    writing: tokio::sync::Mutex<()>,
}

impl Shelf {
    /// Reads those that are not settled. Blocking.
    pub(crate) fn open(ledger: Ledger) -> Result<Self, LedgerError> {
        let documents = ledger.documents(DocumentKind::Resource)?;
        let due = documents.iter().filter(|document| !document.archived).filter_map(read);
        let due = due.filter(|resource| resource.stage.is_due()).map(|resource| (resource.key(), Arc::new(resource))).collect();
        Ok(Self { ledger, due: RwLock::new(due), writing: tokio::sync::Mutex::default() })
    }

    /// Those of which something is still to come onto the books, the oldest first.
    pub fn due(&self) -> Vec<Arc<Resource>> {
        let mut due: Vec<_> = self.due.read().values().cloned().collect();
        due.sort_by(|a, b| (a.since(), &a.id).cmp(&(b.since(), &b.id)));
        due
    }

    /// One that is there and was not removed.
    pub(crate) async fn find(&self, key: &Key) -> Result<Option<Arc<Resource>>, LedgerError> {
        if let Some(due) = self.due.read().get(key) {
            return Ok(Some(due.clone()));
        }
        let (ledger, document) = (self.ledger.clone(), key.document());
        let found = blocking(move || ledger.document(DocumentKind::Resource, &document)).await?;
        Ok(found.as_ref().and_then(read).filter(|resource| !resource.removed).map(Arc::new))
    }

    /// All of a customer's in a dialect, the newest first; or all of everybody's.
    pub async fn all(&self, of: Option<(&str, &str)>) -> Result<Vec<Resource>, LedgerError> {
        let (ledger, prefix) = (self.ledger.clone(), of.map_or_else(String::new, |(customer, dialect)| format!("{customer}/{dialect}/")));
        let found = blocking(move || ledger.documents_under(DocumentKind::Resource, &prefix)).await?;
        let mut all: Vec<_> = found.iter().filter_map(read).filter(|resource| !resource.removed).collect();
        all.sort_by(|a, b| (b.since(), &b.id).cmp(&(a.since(), &a.id)));
        Ok(all)
    }

    /// Writes a new one down; durable when it returns. One of the same id that is still due stays as it is, and so does the same
    /// one; false: that was of another call.
    pub(crate) async fn put(&self, resource: Resource) -> Result<bool, LedgerError> {
        let _writing = self.writing.lock().await;
        let key = resource.key();
        match self.find(&key).await? {
            Some(there) if there.made_by.id == resource.made_by.id => Ok(true),
            // Some servers begin to count again when they are started again.
            Some(there) if there.stage.is_due() => Ok(false),
            _ => self.write(key, resource).await.map(|()| true),
        }
    }

    /// Changes one that is there; gives it as it is then. Nothing is written where nothing changes.
    pub(crate) async fn change(&self, key: &Key, change: impl FnOnce(&mut Resource)) -> Result<Option<Arc<Resource>>, LedgerError> {
        let _writing = self.writing.lock().await;
        let Some(before) = self.find(key).await? else { return Ok(None) };
        let mut resource = Resource::clone(&before);
        change(&mut resource);
        if resource != *before {
            self.write(key.clone(), resource.clone()).await?;
        }
        Ok(Some(Arc::new(resource)))
    }

    async fn write(&self, key: Key, resource: Resource) -> Result<(), LedgerError> {
        let body = serde_json::to_vec(&resource).unwrap_or_else(|error| unreachable!("a resource is JSON: {error}"));
        let document = Document { kind: DocumentKind::Resource, id: key.document().into(), body, archived: !resource.stage.is_due() };
        self.ledger.put(document).await?;
        let mut due = self.due.write();
        if resource.stage.is_due() && !resource.removed {
            due.insert(key, Arc::new(resource))
        } else {
            due.remove(&key)
        };
        Ok(())
    }
}

fn read(document: &Document) -> Option<Resource> {
    let read = serde_json::from_slice(&document.body);
    if let Err(error) = &read {
        tracing::error!(id = %document.id, %error, "a resource on the books cannot be read");
    }
    read.ok()
}

/// Reads of the books wait for the disk.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, LedgerError> + Send + 'static) -> Result<T, LedgerError> {
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(LedgerError::Closed))
}
