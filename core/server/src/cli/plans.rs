//! `weighbridge plans`

use std::path::PathBuf;

use clap::Subcommand;
use serde_json::{Value, json};

use super::{
    CliError, Context,
    client::encoded,
    output::{self, Left, Right},
};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List plans
    List {
        /// Archived ones too
        #[arg(long)]
        archived: bool,
    },
    /// Show one plan with its rules
    Get { id: String },
    /// Create a plan
    Create {
        /// Its id: letters, digits and . _ - : @
        id: String,
        /// For people
        #[arg(long)]
        name: Option<String>,
        /// The currency it charges in
        #[arg(long, default_value = "USD")]
        currency: String,
        /// One rule: cost plus so many percent
        #[arg(long, value_name = "PERCENT", required_unless_present = "rules")]
        markup: Option<String>,
        /// With --markup: another percentage for one model, such as acme-ai/large=20
        #[arg(long = "per-model", value_name = "MODEL=PERCENT", requires = "markup", value_parser = pair)]
        per_model: Vec<(String, String)>,
        /// A JSON file with the list of rules
        #[arg(long, value_name = "FILE", conflicts_with = "markup")]
        rules: Option<PathBuf>,
        /// Refuse calls to models without a price
        #[arg(long)]
        block_unpriced: bool,
    },
    /// Archive a plan: it takes no new customers
    Archive { id: String },
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (model, percent) = text.rsplit_once('=').ok_or("expected MODEL=PERCENT")?;
    Ok((model.to_owned(), percent.to_owned()))
}

pub(super) async fn run(command: Command, context: &Context) -> Result<(), CliError> {
    let client = context.client()?;
    match command {
        Command::List { archived } => {
            let list = client.list("/plans", &[("archived", archived.then(|| "true".into()))], None).await?;
            show_list(context, &list);
        }
        Command::Get { id } => show(context, &client.get(&format!("/plans/{}", encoded(&id)), &[]).await?),
        Command::Create { id, name, currency, markup, per_model, rules, block_unpriced } => {
            let rules = match (rules, markup) {
                (Some(file), _) => {
                    let text = std::fs::read_to_string(&file).map_err(|error| CliError::failed(format!("{}: {error}", file.display())))?;
                    serde_json::from_str(&text).map_err(|error| CliError::failed(format!("{}: {error}", file.display())))?
                }
                (None, markup) => json!([cost_plus(markup, per_model, &currency)]),
            };
            let unpriced = if block_unpriced { "block" } else { "allow" };
            show(context, &client.post("/plans", &json!({"id": id, "name": name, "currency": currency, "rules": rules, "unpriced": unpriced})).await?);
        }
        Command::Archive { id } => show(context, &client.delete(&format!("/plans/{}", encoded(&id))).await?),
    }
    Ok(())
}

fn cost_plus(markup: Option<String>, per_model: Vec<(String, String)>, currency: &str) -> Value {
    let mut rule = json!({"rule": "cost-plus", "markup_percent": markup});
    if currency != "USD" {
        // The sheet's own word for it, and its default.
        rule["currency"] = currency.into();
    }
    if !per_model.is_empty() {
        rule["per_model"] = per_model.into_iter().map(|(model, percent)| (model, Value::from(percent))).collect::<serde_json::Map<_, _>>().into();
    }
    rule
}

fn show_list(context: &Context, list: &Value) {
    if context.json() {
        return output::print_json(list);
    }
    let columns = [("ID", Left), ("VERSION", Right), ("CURRENCY", Left), ("RULES", Left), ("UNPRICED", Left), ("", Left)];
    let rows = list["data"].as_array().into_iter().flatten().map(|plan| {
        let rules: Vec<String> = plan["rules"].as_array().into_iter().flatten().map(|rule| output::text(&rule["rule"])).collect();
        let marks: Vec<&str> = ["default", "configured", "archived"].into_iter().filter(|mark| plan[*mark] == true).collect();
        vec![
            output::text(&plan["id"]),
            output::text(&plan["version"]),
            output::text(&plan["currency"]),
            rules.join(" → "),
            output::text(&plan["unpriced"]),
            marks.join(", "),
        ]
    });
    output::print(&output::table(&columns, rows));
}

fn show(context: &Context, plan: &Value) {
    if context.json() {
        return output::print_json(plan);
    }
    show_list(context, &json!({"data": [plan]}));
    for rule in plan["rules"].as_array().into_iter().flatten() {
        let sheet: Vec<String> =
            rule.as_object().into_iter().flatten().filter(|(key, _)| *key != "rule").map(|(key, value)| format!("{key}={}", output::text(value))).collect();
        output::print(&format!("  {}: {}", output::text(&rule["rule"]), sheet.join(" ")));
    }
}
