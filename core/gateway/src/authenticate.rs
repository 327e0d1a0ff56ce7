//! Authenticate: from a key to the customer who pays and the plan that rates it.
//!
//! A customer bound to a key wins over any header; headers count only for keys that may bill on behalf of others.

use std::sync::Arc;

use http::{HeaderMap, header};
use weighbridge_domain::{Customer, CustomerId, Timestamp, ids::check_slug};
use weighbridge_ledger::{Document, DocumentKind};
use weighbridge_pricing::CompiledPlan;

use crate::{call::Request, directory::KeyEntry, gateway::Gateway, refusal::Refusal};

/// A key that may call. Only [`key`] makes one.
pub(crate) struct KnownKey(Arc<KeyEntry>);

impl KnownKey {
    /// The models it may ask for; none: all.
    pub(crate) fn allowed_models(&self) -> Option<&[String]> {
        self.0.key.models.as_deref()
    }
}

/// Who calls and who pays. Only [`customer`] makes one.
#[derive(Clone)]
pub struct Caller {
    key: Arc<KeyEntry>,
    customer: Arc<Customer>,
    plan: Arc<CompiledPlan>,
}

impl Caller {
    /// The key.
    pub fn key(&self) -> &KeyEntry {
        &self.key
    }
    /// Who pays.
    pub fn customer(&self) -> &Customer {
        &self.customer
    }
    /// What rates it.
    pub fn plan(&self) -> &CompiledPlan {
        &self.plan
    }
}

/// The names under which clients already send the customer, ours first.
const CUSTOMER: [&str; 6] =
    ["x-weighbridge-customer", "x-stripe-customer-id", "stripe-customer-id", "x-litellm-customer-id", "x-litellm-end-user-id", "helicone-user-id"];

/// Checks the key: before the body is read, so that a stranger cannot make the gateway read one.
pub(crate) fn key(gateway: &Gateway, headers: &HeaderMap, query_key: Option<&str>, now: Timestamp) -> Result<KnownKey, Refusal> {
    let secret = secret(headers).or(query_key).ok_or_else(Refusal::missing_api_key)?;
    let entry = gateway.directory.key_by_secret(secret).ok_or_else(Refusal::invalid_api_key)?;
    let key = &entry.key;
    if key.archived {
        return Err(Refusal::revoked_api_key(&key.prefix));
    }
    match key.expires_at {
        Some(at) if at <= now => Err(Refusal::expired_api_key(&key.prefix, at)),
        _ => Ok(KnownKey(entry)),
    }
}

/// The key as the dialects' clients send it.
fn secret(headers: &HeaderMap) -> Option<&str> {
    let bearer = || {
        let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
        let (scheme, secret) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(secret.trim())
    };
    let named = |name: &str| headers.get(name)?.to_str().ok();
    bearer().or_else(|| named("x-api-key")).or_else(|| named("x-goog-api-key")).or_else(|| named("api-key")).filter(|secret| !secret.is_empty())
}

/// Finds the customer who pays.
pub(crate) async fn customer(gateway: &Gateway, known: KnownKey, headers: &HeaderMap, request: &Request, now: Timestamp) -> Result<Caller, Refusal> {
    let KnownKey(entry) = known;
    let customer = match &entry.key.customer {
        Some(id) => gateway.directory.customer(id.as_str()).ok_or_else(|| Refusal::unknown_customer(id.as_str()))?,
        None => named(gateway, &entry, headers, request, now).await?,
    };
    if customer.archived {
        return Err(Refusal::archived_customer(customer.id.as_str()));
    }
    let plan = gateway.directory.plan_of(&customer).ok_or_else(|| Refusal::no_plan(customer.id.as_str()))?;
    Ok(Caller { key: entry, customer, plan })
}

async fn named(gateway: &Gateway, entry: &KeyEntry, headers: &HeaderMap, request: &Request, now: Timestamp) -> Result<Arc<Customer>, Refusal> {
    if !entry.key.may_bill_others {
        return Err(Refusal::unnamed_customer());
    }
    let header = customer_header(headers)?;
    let id = header.or(request.body_customer.as_deref()).filter(|id| !id.is_empty()).ok_or_else(Refusal::unnamed_customer)?;
    if let Some(customer) = gateway.directory.customer(id) {
        return Ok(customer);
    }
    if !entry.key.may_create_customers {
        return Err(Refusal::unknown_customer(id));
    }
    check_slug(id).map_err(Refusal::bad_customer_id)?;
    create(gateway, id, now).await
}

/// The first of the headers that is there. One that cannot be read must not let another name the payer.
fn customer_header(headers: &HeaderMap) -> Result<Option<&str>, Refusal> {
    let Some(name) = CUSTOMER.into_iter().find(|name| headers.contains_key(*name)) else { return Ok(None) };
    let mut values = headers.get_all(name).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return Err(Refusal::bad_header(name, "given once")) };
    value.to_str().map(Some).map_err(|_| Refusal::bad_header(name, "visible ASCII characters"))
}

/// Creates a customer on first use: durable before the call goes on.
async fn create(gateway: &Gateway, id: &str, now: Timestamp) -> Result<Arc<Customer>, Refusal> {
    let customer = Customer {
        id: CustomerId::from(id),
        name: id.to_owned(),
        plan: None,
        currency: Default::default(),
        external_ids: Default::default(),
        bill_to: None,
        created_at: now,
        archived: false,
    };
    let body = serde_json::to_vec(&customer).map_err(|_| Refusal::internal())?;
    let document = Document { kind: DocumentKind::Customer, id: id.into(), body, archived: false };
    gateway.ledger.put(document).await.map_err(Refusal::ledger_unavailable)?;
    Ok(gateway.directory.put_customer(customer))
}
