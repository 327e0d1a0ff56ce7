//! `weighbridge keys`

use clap::Subcommand;
use serde_json::{Value, json};

use super::{
    CliError, Context,
    client::encoded,
    output::{self, Left, Right},
};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List keys, without their secrets
    List {
        /// Only this customer's
        #[arg(long)]
        customer: Option<String>,
        /// Revoked ones too
        #[arg(long)]
        archived: bool,
    },
    /// Show one key, without its secret
    Get { id: String },
    /// Issue a key; its secret is shown this once
    Create {
        /// For people
        #[arg(long)]
        name: String,
        /// Whom it bills
        #[arg(long)]
        customer: Option<String>,
        /// May name the customer in the header x-weighbridge-customer
        #[arg(long)]
        may_bill_others: bool,
        /// May create the customer that it names, on first use
        #[arg(long, requires = "may_bill_others")]
        may_create_customers: bool,
        /// A model it may ask for, * at the end as a wildcard [default: all]
        #[arg(long = "model", value_name = "MODEL")]
        models: Vec<String>,
        /// Requests a minute
        #[arg(long)]
        rpm: Option<u32>,
        /// Tokens a minute
        #[arg(long)]
        tpm: Option<u64>,
        /// Refused from this time on, such as 2027-01-01T00:00:00Z
        #[arg(long, value_name = "TIME")]
        expires_at: Option<String>,
    },
    /// Revoke a key
    Revoke { id: String },
}

pub(super) async fn run(command: Command, context: &Context) -> Result<(), CliError> {
    let client = context.client()?;
    match command {
        Command::List { customer, archived } => {
            let list = client.list("/keys", &[("customer", customer), ("archived", archived.then(|| "true".into()))], None).await?;
            show_list(context, &list);
        }
        Command::Get { id } => {
            let key = client.get(&format!("/keys/{}", encoded(&id)), &[]).await?;
            show_list(context, &if context.json() { key } else { json!({"data": [key]}) });
        }
        Command::Create { name, customer, may_bill_others, may_create_customers, models, rpm, tpm, expires_at } => {
            let models = (!models.is_empty()).then_some(models);
            let body = json!({
                "name": name, "customer": customer, "may_bill_others": may_bill_others, "may_create_customers": may_create_customers,
                "models": models, "rpm": rpm, "tpm": tpm, "expires_at": expires_at,
            });
            let issued = client.post("/keys", &body).await?;
            if context.json() {
                output::print_json(&issued);
            } else {
                let secret = output::text(&issued["secret"]);
                output::print(&format!("{secret}\n\nThis is the only time the key is shown. Its id is {}.", output::text(&issued["id"])));
            }
        }
        Command::Revoke { id } => {
            let key = client.delete(&format!("/keys/{}", encoded(&id))).await?;
            show_list(context, &if context.json() { key } else { json!({"data": [key]}) });
        }
    }
    Ok(())
}

fn show_list(context: &Context, list: &Value) {
    if context.json() {
        return output::print_json(list);
    }
    let columns =
        [("ID", Left), ("NAME", Left), ("KEY", Left), ("BILLS", Left), ("MODELS", Left), ("RPM", Right), ("TPM", Right), ("EXPIRES", Left), ("", Left)];
    let rows = list["data"].as_array().into_iter().flatten().map(|key| {
        let bills = match (key["customer"].as_str(), key["may_bill_others"] == true) {
            (Some(customer), false) => customer.to_owned(),
            (Some(customer), true) => format!("{customer}, others"),
            (None, _) => "others".to_owned(),
        };
        let models = if key["models"].is_null() { "all".to_owned() } else { output::text(&key["models"]) };
        let revoked = if key["archived"] == true { "revoked" } else { "" };
        let prefix = format!("{}…", output::text(&key["prefix"]));
        vec![
            output::text(&key["id"]),
            output::text(&key["name"]),
            prefix,
            bills,
            models,
            output::text(&key["rpm"]),
            output::text(&key["tpm"]),
            output::moment(&key["expires_at"]),
            revoked.to_owned(),
        ]
    });
    output::print(&output::table(&columns, rows));
}
