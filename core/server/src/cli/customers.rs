//! `weighbridge customers`

use std::collections::BTreeMap;

use clap::Subcommand;
use serde_json::{Value, json};

use super::{
    CliError, Context,
    client::encoded,
    output::{self, Left},
};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List customers
    List {
        /// Archived ones too
        #[arg(long)]
        archived: bool,
    },
    /// Show one customer
    Get { id: String },
    /// Create a customer
    Create {
        /// Its id: letters, digits and . _ - : @
        id: String,
        /// For people and invoices [default: the id]
        #[arg(long)]
        name: Option<String>,
        /// Its plan [default: the default plan]
        #[arg(long)]
        plan: Option<String>,
        /// The invoice's currency, such as USD [default: the plan's]
        #[arg(long)]
        currency: Option<String>,
        /// Its id elsewhere, such as stripe=cus_123
        #[arg(long = "external-id", value_name = "SYSTEM=ID", value_parser = pair)]
        external_ids: Vec<(String, String)>,
        /// An address line for the invoice, such as city=Berlin
        #[arg(long = "bill-to", value_name = "FIELD=TEXT", value_parser = pair)]
        bill_to: Vec<(String, String)>,
    },
    /// Archive a customer: its calls are refused, its records stay
    Archive { id: String },
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

pub(super) async fn run(command: Command, context: &Context) -> Result<(), CliError> {
    let client = context.client()?;
    match command {
        Command::List { archived } => {
            let list = client.list("/customers", &[("archived", archived.then(|| "true".into()))], None).await?;
            show_list(context, &list);
        }
        Command::Get { id } => show(context, &client.get(&format!("/customers/{}", encoded(&id)), &[]).await?),
        Command::Create { id, name, plan, currency, external_ids, bill_to } => {
            let external_ids: BTreeMap<_, _> = external_ids.into_iter().collect();
            let bill_to: Option<BTreeMap<_, _>> = (!bill_to.is_empty()).then(|| bill_to.into_iter().collect());
            let body = json!({"id": id, "name": name, "plan": plan, "currency": currency, "external_ids": external_ids, "bill_to": bill_to});
            show(context, &client.post("/customers", &body).await?);
        }
        Command::Archive { id } => show(context, &client.delete(&format!("/customers/{}", encoded(&id))).await?),
    }
    Ok(())
}

fn show_list(context: &Context, list: &Value) {
    if context.json() {
        return output::print_json(list);
    }
    let columns = [("ID", Left), ("NAME", Left), ("PLAN", Left), ("CURRENCY", Left), ("CREATED", Left), ("", Left)];
    let rows = list["data"].as_array().into_iter().flatten().map(cells);
    output::print(&output::table(&columns, rows));
}

fn show(context: &Context, customer: &Value) {
    if context.json() {
        return output::print_json(customer);
    }
    show_list(context, &json!({"data": [customer]}));
    for field in ["external_ids", "bill_to"] {
        if customer[field].as_object().is_some_and(|fields| !fields.is_empty()) {
            output::print(&format!("{field}: {}", output::text(&customer[field])));
        }
    }
}

fn cells(customer: &Value) -> Vec<String> {
    let plan = customer["plan"].as_str().unwrap_or("(default)").to_owned();
    let archived = if customer["archived"] == true { "archived" } else { "" };
    vec![
        output::text(&customer["id"]),
        output::text(&customer["name"]),
        plan,
        output::text(&customer["currency"]),
        output::moment(&customer["created_at"]),
        archived.to_owned(),
    ]
}
