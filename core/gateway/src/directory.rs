//! Who may call and who pays: customers, keys and plans in memory, as the ledger's documents have them.
//!
//! Every change is made durable in the ledger first and then told to the directory; a start reads all of them.

use std::{collections::HashMap, sync::Arc};

use parking_lot::RwLock;
use sha2::{Digest as _, Sha256};
use weighbridge_domain::{ApiKey, Customer, CustomerId, KeyId, PlanId};
use weighbridge_pricing::CompiledPlan;

use crate::limits::RateWindow;

/// A key with its running minute.
#[derive(Debug)]
pub struct KeyEntry {
    /// The key.
    pub key: ApiKey,
    pub(crate) window: RateWindow,
}

/// The directory.
#[derive(Default)]
pub struct Directory {
    keys: RwLock<HashMap<[u8; 32], Arc<KeyEntry>>>,
    customers: RwLock<HashMap<CustomerId, Arc<Customer>>>,
    plans: RwLock<HashMap<PlanId, Arc<CompiledPlan>>>,
    default_plan: RwLock<Option<PlanId>>,
}

/// The SHA-256 of a key's secret: keys have 128 random bits or more, so a plain hash cannot be guessed backwards.
pub fn hash_secret(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

impl Directory {
    /// Nobody yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds or replaces a key; a key whose hash cannot be read is ignored, so that it opens nothing.
    pub fn put_key(&self, key: ApiKey) {
        let Some(hash) = hex::decode(&key.secret_sha256).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok()) else { return };
        let mut keys = self.keys.write();
        let window = keys.get(&hash).map(|entry| entry.window.clone()).unwrap_or_default();
        keys.insert(hash, Arc::new(KeyEntry { key, window }));
    }
    /// The key with this secret. Found by the hash of the secret: timing tells nothing about other keys.
    pub fn key_by_secret(&self, secret: &str) -> Option<Arc<KeyEntry>> {
        self.keys.read().get(&hash_secret(secret)).cloned()
    }
    /// A key by its public id.
    pub fn key(&self, id: &KeyId) -> Option<Arc<KeyEntry>> {
        self.keys.read().values().find(|entry| entry.key.id == *id).cloned()
    }
    /// All keys, in the order of their ids.
    pub fn keys(&self) -> Vec<Arc<KeyEntry>> {
        let mut all: Vec<_> = self.keys.read().values().cloned().collect();
        all.sort_by(|a, b| a.key.id.cmp(&b.key.id));
        all
    }

    /// Adds or replaces a customer.
    pub fn put_customer(&self, customer: Customer) -> Arc<Customer> {
        let customer = Arc::new(customer);
        self.customers.write().insert(customer.id.clone(), customer.clone());
        customer
    }
    /// A customer by id.
    pub fn customer(&self, id: &str) -> Option<Arc<Customer>> {
        self.customers.read().get(id).cloned()
    }
    /// All customers, in the order of their ids.
    pub fn customers(&self) -> Vec<Arc<Customer>> {
        let mut all: Vec<_> = self.customers.read().values().cloned().collect();
        all.sort_by(|a, b| a.id.cmp(&b.id));
        all
    }

    /// Adds or replaces a plan.
    pub fn put_plan(&self, plan: Arc<CompiledPlan>) {
        self.plans.write().insert(plan.document().id.clone(), plan);
    }
    /// A plan by id.
    pub fn plan(&self, id: &str) -> Option<Arc<CompiledPlan>> {
        self.plans.read().get(id).cloned()
    }
    /// All plans, in the order of their ids.
    pub fn plans(&self) -> Vec<Arc<CompiledPlan>> {
        let mut all: Vec<_> = self.plans.read().values().cloned().collect();
        all.sort_by(|a, b| a.document().id.cmp(&b.document().id));
        all
    }
    /// The plan of customers that name none.
    pub fn set_default_plan(&self, id: Option<PlanId>) {
        *self.default_plan.write() = id;
    }
    /// The default plan's id.
    pub fn default_plan(&self) -> Option<PlanId> {
        self.default_plan.read().clone()
    }
    /// The plan that rates a customer: its own, else the default one.
    pub fn plan_of(&self, customer: &Customer) -> Option<Arc<CompiledPlan>> {
        let plans = self.plans.read();
        match &customer.plan {
            Some(id) => plans.get(id).cloned(),
            None => self.default_plan.read().as_ref().and_then(|id| plans.get(id)).cloned(),
        }
    }
}
