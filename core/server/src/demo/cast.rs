//! Who takes part: the demo's configuration, its customers and their plans.

use std::path::Path;

use weighbridge_domain::Secret;

use crate::office::{NewCustomer, NewKey, Office, OfficeError};

/// A customer of the demo.
pub(super) struct Customer {
    pub(super) id: &'static str,
    name: &'static str,
    plan: &'static str,
}

/// The customers, one on each plan.
pub(super) const CUSTOMERS: [Customer; 3] = [
    Customer { id: "lighthouse", name: "Lighthouse Legal", plan: "standard" },
    Customer { id: "paperboat", name: "Paperboat Games", plan: "startup" },
    Customer { id: "quarry", name: "Quarry Minerals", plan: "enterprise" },
];

/// What `weighbridge.toml` says in the demo.
pub(super) fn configuration(data: &Path, simulator: &str) -> String {
    // A TOML literal string: a path may hold backslashes.
    let data = data.display();
    format!(
        r#"[store]
path = '{data}'
[log]
level = "warn"
[providers.simulated]
plugin = "simulated"
base_url = "{simulator}"
[[models]]
name = "assistant"
targets = [ {{ provider = "simulated", model = "sim-small", weight = 3 }}, {{ provider = "simulated", model = "sim-large", weight = 1 }} ]
[plans.standard]
name = "Standard: cost plus 30 %"
rules = [ {{ rule = "cost-plus", markup_percent = "30" }} ]
[plans.startup]
name = "Startup: cost plus 50 %"
rules = [ {{ rule = "cost-plus", markup_percent = "50" }} ]
[plans.enterprise]
name = "Enterprise: cost plus 15 %, 9.5 % for the large model, 22.25 % for the reasoner"
rules = [ {{ rule = "cost-plus", markup_percent = "15", per_model = {{ "simulated/sim-large" = "9.5", "simulated/sim-reasoner" = "22.25" }} }} ]
"#
    )
}

/// Writes the customers down and issues a key to each, in their order.
pub(super) async fn enter(office: &Office) -> Result<Vec<Secret>, OfficeError> {
    let mut keys = Vec::new();
    for Customer { id, name, plan } in &CUSTOMERS {
        office.create_customer(NewCustomer { id: (*id).into(), name: Some((*name).into()), plan: Some((*plan).into()), ..NewCustomer::default() }).await?;
        let (_, secret) = office.create_key(NewKey { name: "demo".into(), customer: Some((*id).into()), ..NewKey::default() }).await?;
        keys.push(secret);
    }
    Ok(keys)
}
