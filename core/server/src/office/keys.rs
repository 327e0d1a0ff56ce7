//! API keys: issued once, known by their hash, revoked by archiving.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use weighbridge_domain::{ApiKey, CustomerId, KeyId, Secret, Timestamp};
use weighbridge_ledger::DocumentKind;

use super::{Office, OfficeError};

/// A key to be issued.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewKey {
    /// For people.
    pub name: String,
    /// Whom it bills. Absent: each call names a customer, and `may_bill_others` has to be true.
    #[serde(default)]
    pub customer: Option<String>,
    /// May name a customer in a header.
    #[serde(default)]
    pub may_bill_others: bool,
    /// May create the customer that it names, on first use.
    #[serde(default)]
    pub may_create_customers: bool,
    /// The models it may ask for, `*` at the end as a wildcard; absent: all.
    #[serde(default)]
    pub models: Option<Vec<String>>,
    /// Requests a minute; absent: no limit.
    #[serde(default)]
    pub rpm: Option<u32>,
    /// Tokens a minute; absent: no limit.
    #[serde(default)]
    pub tpm: Option<u64>,
    /// Refused from this time on (RFC 3339); absent: never.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub expires_at: Option<Timestamp>,
}

/// A key as it is shown: everything but its secret and the hash.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct KeyView {
    /// Its public id.
    #[schema(value_type = String)]
    pub id: KeyId,
    /// For people.
    pub name: String,
    /// The first characters of the secret.
    pub prefix: String,
    /// Whom it bills.
    #[schema(value_type = Option<String>)]
    pub customer: Option<CustomerId>,
    /// May name a customer in a header.
    pub may_bill_others: bool,
    /// May create the customer that it names.
    pub may_create_customers: bool,
    /// The models it may ask for.
    pub models: Option<Vec<String>>,
    /// Requests a minute.
    pub rpm: Option<u32>,
    /// Tokens a minute.
    pub tpm: Option<u64>,
    /// Refused from this time on.
    #[schema(value_type = Option<String>)]
    pub expires_at: Option<Timestamp>,
    /// When it was issued.
    #[schema(value_type = String)]
    pub created_at: Timestamp,
    /// Revoked.
    pub archived: bool,
}

impl From<&ApiKey> for KeyView {
    fn from(key: &ApiKey) -> Self {
        Self {
            id: key.id.clone(),
            name: key.name.clone(),
            prefix: key.prefix.clone(),
            customer: key.customer.clone(),
            may_bill_others: key.may_bill_others,
            may_create_customers: key.may_create_customers,
            models: key.models.clone(),
            rpm: key.rpm,
            tpm: key.tpm,
            expires_at: key.expires_at,
            created_at: key.created_at,
            archived: key.archived,
        }
    }
}

impl Office {
    /// Issues a key. The secret is in the answer and nowhere else: only its SHA-256 is kept.
    pub async fn create_key(&self, new: NewKey) -> Result<(KeyView, Secret), OfficeError> {
        if new.name.is_empty() {
            return Err(OfficeError::invalid("name", "empty; give the key a name to recognise it by"));
        }
        match &new.customer {
            Some(id) => match self.directory.customer(id) {
                Some(customer) if customer.archived => return Err(OfficeError::invalid("customer", format!("the customer \"{id}\" is archived"))),
                Some(_) => {}
                None => return Err(OfficeError::invalid("customer", format!("there is no customer \"{id}\"; create it first"))),
            },
            None if !new.may_bill_others => {
                return Err(OfficeError::invalid(
                    "customer",
                    "missing; name the customer whom the key bills, or set may_bill_others to let each call name one",
                ));
            }
            None => {}
        }
        if new.may_create_customers && !new.may_bill_others {
            return Err(OfficeError::invalid("may_create_customers", "needs may_bill_others: only such a key can name a customer"));
        }
        let secret = new_secret()?;
        let now = self.now();
        let key = ApiKey {
            id: KeyId::new(self.ids.next(now).to_string()),
            name: new.name,
            secret_sha256: hex::encode(weighbridge_gateway::directory::hash_secret(secret.expose())),
            prefix: secret.expose().chars().take(PREFIX_LENGTH).collect(),
            customer: new.customer.as_deref().map(CustomerId::from),
            may_bill_others: new.may_bill_others,
            may_create_customers: new.may_create_customers,
            models: new.models,
            rpm: new.rpm,
            tpm: new.tpm,
            expires_at: new.expires_at,
            created_at: now,
            archived: false,
        };
        self.write(DocumentKind::Key, key.id.as_str(), &key, false).await?;
        let view = KeyView::from(&key);
        self.directory.put_key(key);
        Ok((view, secret))
    }
    /// A key, revoked or not.
    pub fn key(&self, id: &str) -> Result<KeyView, OfficeError> {
        self.directory.key(&KeyId::from(id)).map(|entry| KeyView::from(&entry.key)).ok_or_else(|| OfficeError::not_found("key", id))
    }
    /// Every key, in the order of their ids: oldest first.
    pub fn keys(&self) -> Vec<KeyView> {
        self.directory.keys().iter().map(|entry| KeyView::from(&entry.key)).collect()
    }
    /// Revokes a key. Doing it twice changes nothing.
    pub async fn archive_key(&self, id: &str) -> Result<KeyView, OfficeError> {
        let _writing = self.state.writing.lock().await;
        let entry = self.directory.key(&KeyId::from(id)).ok_or_else(|| OfficeError::not_found("key", id))?;
        let mut key = entry.key.clone();
        if !key.archived {
            key.archived = true;
            self.write(DocumentKind::Key, id, &key, true).await?;
            self.directory.put_key(key.clone());
        }
        Ok(KeyView::from(&key))
    }
    pub(super) fn read_keys(&self) -> Result<(), OfficeError> {
        for key in self.documents::<ApiKey>(DocumentKind::Key)? {
            self.directory.put_key(key);
        }
        Ok(())
    }
}

const PREFIX_LENGTH: usize = 9;

/// `wb-` and 160 random bits.
fn new_secret() -> Result<Secret, OfficeError> {
    let mut random = [0u8; 20];
    getrandom::fill(&mut random).map_err(|error| OfficeError::Internal(format!("the system gives no randomness: {error}")))?;
    let mut text = String::from("wb-");
    for byte in random {
        let _ = write!(text, "{byte:02x}");
    }
    Ok(Secret::new(text))
}
