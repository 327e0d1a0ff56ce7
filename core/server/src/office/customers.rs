//! Customers: created, changed, archived.

use std::{collections::BTreeMap, sync::Arc};

use serde::Deserialize;
use utoipa::ToSchema;
use weighbridge_domain::{Currency, Customer, CustomerId, PlanId};
use weighbridge_ledger::DocumentKind;

use super::{Office, OfficeError, check_id, present};

/// A customer to be created.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCustomer {
    /// 1 to 128 letters, digits and `. _ - : @`.
    pub id: String,
    /// For people and invoices; absent: the id.
    #[serde(default)]
    pub name: Option<String>,
    /// Absent: the default plan.
    #[serde(default)]
    pub plan: Option<String>,
    /// The invoice's currency, such as `USD`; absent: the plan's.
    #[serde(default)]
    pub currency: Option<String>,
    /// Ids elsewhere: `{"stripe": "cus_…"}`.
    #[serde(default)]
    pub external_ids: BTreeMap<String, String>,
    /// Address lines for the invoice.
    #[serde(default)]
    pub bill_to: Option<BTreeMap<String, String>>,
}

/// What is to be changed of a customer; an absent field stays.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomerChange {
    /// The new name; empty: the id.
    #[serde(default)]
    pub name: Option<String>,
    /// The new plan; null: the default plan. Calls from now on.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub plan: Option<Option<String>>,
    /// The new currency.
    #[serde(default)]
    pub currency: Option<String>,
    /// Ids elsewhere, all of them.
    #[serde(default)]
    pub external_ids: Option<BTreeMap<String, String>>,
    /// The new address; null: none.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<BTreeMap<String, String>>)]
    pub bill_to: Option<Option<BTreeMap<String, String>>>,
    /// false brings an archived customer back.
    #[serde(default)]
    pub archived: Option<bool>,
}

impl Office {
    /// Creates a customer.
    pub async fn create_customer(&self, new: NewCustomer) -> Result<Arc<Customer>, OfficeError> {
        check_id(&new.id)?;
        let plan = new.plan.as_deref().map(|plan| self.plan_for_new_customers(plan)).transpose()?;
        let currency = match &new.currency {
            Some(code) => currency(code)?,
            None => self.usual_currency(plan.as_ref()),
        };
        let customer = Customer {
            id: CustomerId::from(new.id.as_str()),
            name: new.name.filter(|name| !name.is_empty()).unwrap_or(new.id),
            plan,
            currency,
            external_ids: new.external_ids,
            bill_to: new.bill_to,
            created_at: self.now(),
            archived: false,
        };
        let _writing = self.state.writing.lock().await;
        if self.directory.customer(customer.id.as_str()).is_some() {
            return Err(OfficeError::Exists { what: "customer", id: customer.id.to_string() });
        }
        self.write_customer(customer).await
    }
    /// A customer, archived or not.
    pub fn customer(&self, id: &str) -> Result<Arc<Customer>, OfficeError> {
        self.directory.customer(id).ok_or_else(|| OfficeError::not_found("customer", id))
    }
    /// Changes a customer.
    pub async fn change_customer(&self, id: &str, change: CustomerChange) -> Result<Arc<Customer>, OfficeError> {
        let _writing = self.state.writing.lock().await;
        let mut customer = Customer::clone(&*self.customer(id)?);
        if let Some(name) = change.name {
            // As at its creation: an invoice names its customer.
            customer.name = if name.is_empty() { customer.id.to_string() } else { name };
        }
        if let Some(plan) = change.plan {
            customer.plan = plan.map(|plan| self.plan_for_new_customers(&plan)).transpose()?;
        }
        if let Some(code) = change.currency {
            customer.currency = currency(&code)?;
        }
        if let Some(external_ids) = change.external_ids {
            customer.external_ids = external_ids;
        }
        if let Some(bill_to) = change.bill_to {
            customer.bill_to = bill_to;
        }
        if let Some(archived) = change.archived {
            customer.archived = archived;
        }
        self.write_customer(customer).await
    }
    /// Archives a customer: its calls are refused from now on, its records stay. Doing it twice changes nothing.
    pub async fn archive_customer(&self, id: &str) -> Result<Arc<Customer>, OfficeError> {
        let customer = self.customer(id)?;
        if customer.archived {
            return Ok(customer);
        }
        self.change_customer(id, CustomerChange { archived: Some(true), ..CustomerChange::default() }).await
    }

    async fn write_customer(&self, customer: Customer) -> Result<Arc<Customer>, OfficeError> {
        self.write(DocumentKind::Customer, customer.id.as_str(), &customer, customer.archived).await?;
        Ok(self.directory.put_customer(customer))
    }
    pub(super) fn read_customers(&self) -> Result<(), OfficeError> {
        for customer in self.documents::<Customer>(DocumentKind::Customer)? {
            self.directory.put_customer(customer);
        }
        Ok(())
    }
    /// A plan that new customers may take.
    fn plan_for_new_customers(&self, id: &str) -> Result<PlanId, OfficeError> {
        match self.directory.plan(id) {
            Some(plan) if plan.document().archived => Err(OfficeError::invalid("plan", format!("the plan \"{id}\" is archived and takes no new customers"))),
            Some(plan) => Ok(plan.document().id.clone()),
            None => {
                let known = self.directory.plans().iter().map(|plan| plan.document().id.to_string()).collect::<Vec<_>>().join(", ");
                let known = if known.is_empty() { "there is none yet".to_owned() } else { format!("there is: {known}") };
                Err(OfficeError::invalid("plan", format!("there is no plan \"{id}\"; {known}")))
            }
        }
    }
    fn usual_currency(&self, plan: Option<&PlanId>) -> Currency {
        let plan = plan.cloned().or_else(|| self.directory.default_plan()).and_then(|id| self.directory.plan(id.as_str()));
        plan.map(|plan| plan.document().currency).unwrap_or_default()
    }
}

fn currency(code: &str) -> Result<Currency, OfficeError> {
    Currency::parse(code).ok_or_else(|| OfficeError::invalid("currency", format!("found {code:?}, expected three capital letters such as \"USD\"")))
}
