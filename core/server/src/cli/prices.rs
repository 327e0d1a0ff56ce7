//! `weighbridge prices`

use std::{collections::BTreeMap, path::PathBuf};

use clap::Subcommand;
use serde_json::{Value, json};

use super::{
    CliError, Context,
    client::encoded,
    output::{self, Left, Right},
};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List the prices that hold now
    List {
        /// Only this provider's
        #[arg(long)]
        provider: Option<String>,
        /// Only models whose name contains this
        #[arg(long)]
        model: Option<String>,
    },
    /// Show every rate of a model, as provider/model or by its bare name
    Show { model: String },
    /// Import a price file: prices that differ become new versions, valid from now on
    Import {
        /// The file, or its http(s) address
        file: String,
        #[command(flatten)]
        options: ImportArgs,
    },
    /// Say what an import would change, and write nothing
    Diff {
        /// The file, or its http(s) address
        file: String,
        #[command(flatten)]
        options: ImportArgs,
    },
    /// Say what a usage would cost and charge, line by line
    Quote {
        #[arg(long)]
        provider: String,
        #[arg(long)]
        model: String,
        /// Disjoint quantities, such as input=1000,output=50
        #[arg(long, value_name = "METER=QUANTITY,…", value_parser = usage)]
        usage: Usage,
        /// When [default: now]
        #[arg(long, value_name = "TIME")]
        at: Option<String>,
        #[arg(long, value_name = "TIER")]
        service_tier: Option<String>,
        /// Whose rules [default: the default plan]
        #[arg(long)]
        plan: Option<String>,
    },
}

#[derive(Debug, clap::Args)]
pub(super) struct ImportArgs {
    /// Whose format it is
    #[arg(long, value_enum, default_value_t = crate::office::ImportFormat::Litellm)]
    format: crate::office::ImportFormat,
    /// A row (provider/model) that looks wrong and is right
    #[arg(long, value_name = "ID")]
    confirm: Vec<String>,
}

#[derive(Debug, Clone)]
pub(super) struct Usage(BTreeMap<String, String>);

fn usage(text: &str) -> Result<Usage, String> {
    let mut usage = BTreeMap::new();
    for part in text.split(',') {
        let (meter, quantity) = part.split_once('=').ok_or("expected METER=QUANTITY, such as input=1000,output=50")?;
        if usage.insert(meter.trim().to_owned(), quantity.trim().to_owned()).is_some() {
            return Err(format!("{} is there twice", meter.trim()));
        }
    }
    Ok(Usage(usage))
}

pub(super) async fn run(command: Command, context: &Context) -> Result<(), CliError> {
    let client = context.client()?;
    match command {
        Command::List { provider, model } => {
            let list = client.list("/prices", &[("provider", provider), ("model", model)], None).await?;
            if context.json() { output::print_json(&list) } else { output::print(&table(&list)) }
        }
        Command::Show { model } => {
            let rows = match model.split_once('/') {
                Some((provider, name)) => vec![client.get(&format!("/prices/{}/{}", encoded(provider), encoded(name)), &[]).await?],
                None => named(&client.list("/prices", &[("model", Some(model.clone()))], None).await?, &model),
            };
            if rows.is_empty() {
                return Err(CliError::failed(format!(
                    "there is no price for a model named \"{model}\"; `weighbridge prices list --model {model}` finds similar names"
                )));
            }
            match context.json() {
                true => output::print_json(&json!({"data": rows, "next_cursor": null})),
                false => rows.iter().for_each(|row| output::print(&rates(row))),
            }
        }
        Command::Import { file, options } => import(&client, context, &file, options, false).await?,
        Command::Diff { file, options } => import(&client, context, &file, options, true).await?,
        Command::Quote { provider, model, usage, at, service_tier, plan } => {
            let body = json!({"provider": provider, "model": model, "usage": usage.0, "at": at, "service_tier": service_tier, "plan": plan});
            let quote = client.post("/prices/quote", &body).await?;
            if context.json() { output::print_json(&quote) } else { output::print(&quoted(&quote)) }
        }
    }
    Ok(())
}

/// Rows of that very name, or with it as an alias.
fn named(list: &Value, model: &str) -> Vec<Value> {
    let is_named = |row: &&Value| row["model"] == model || row["aliases"].as_array().into_iter().flatten().any(|alias| alias == model);
    list["data"].as_array().into_iter().flatten().filter(is_named).cloned().collect()
}

fn table(list: &Value) -> String {
    let columns = [
        ("PROVIDER", Left),
        ("MODEL", Left),
        ("INPUT", Right),
        ("CACHE READ", Right),
        ("OUTPUT", Right),
        ("PER", Right),
        ("", Left),
        ("VERSION", Right),
        ("SOURCE", Left),
        ("AS OF", Left),
    ];
    let rows = list["data"].as_array().into_iter().flatten().map(|row| {
        let rates = &row["tiers"]["default"][0]["rates"];
        let rate = |meter: &str| output::text(&rates[meter]["rate"]);
        vec![
            output::text(&row["provider"]),
            output::text(&row["model"]),
            rate("input"),
            rate("cache_read"),
            rate("output"),
            output::text(&rates["input"]["per"]),
            output::text(&row["currency"]),
            output::text(&row["version"]),
            output::text(&row["source"]["name"]),
            output::text(&row["source"]["date"]),
        ]
    });
    output::table(&columns, rows)
}

/// Every tier, band and rate of one row.
fn rates(row: &Value) -> String {
    let mut text = format!(
        "{}/{} version {}, {}, from {} of {}\n",
        output::text(&row["provider"]),
        output::text(&row["model"]),
        output::text(&row["version"]),
        output::text(&row["currency"]),
        output::text(&row["source"]["name"]),
        output::text(&row["source"]["date"])
    );
    if row["aliases"].as_array().is_some_and(|aliases| !aliases.is_empty()) {
        text.push_str(&format!("also named {}\n", output::text(&row["aliases"])));
    }
    let columns = [("  TIER", Left), ("INPUT ABOVE", Right), ("METER", Left), ("RATE", Right), ("PER", Right)];
    let mut cells = Vec::new();
    for (tier, bands) in row["tiers"].as_object().into_iter().flatten() {
        for band in bands.as_array().into_iter().flatten() {
            for (meter, rate) in band["rates"].as_object().into_iter().flatten() {
                cells.push(vec![
                    format!("  {tier}"),
                    output::text(&band["above"]["tokens"]),
                    meter.clone(),
                    output::text(&rate["rate"]),
                    output::text(&rate["per"]),
                ]);
            }
        }
    }
    for (meter, fee) in row["fees"].as_object().into_iter().flatten() {
        cells.push(vec!["  (fee)".into(), "–".into(), meter.clone(), output::text(&fee["rate"]), output::text(&fee["per"])]);
    }
    text.push_str(&output::table(&columns, cells));
    for (meter, least) in row["minimums"].as_object().into_iter().flatten() {
        text.push_str(&format!("  at least {} of {meter} a request\n", output::text(least)));
    }
    text
}

async fn import(client: &super::AdminClient, context: &Context, file: &str, options: ImportArgs, dry_run: bool) -> Result<(), CliError> {
    let format = match options.format {
        crate::office::ImportFormat::Litellm => "litellm",
        crate::office::ImportFormat::Weighbridge => "weighbridge",
    };
    let mut body = json!({"format": format, "confirm": options.confirm, "dry_run": dry_run});
    if file.starts_with("http://") || file.starts_with("https://") {
        body["url"] = file.into();
    } else {
        let path = PathBuf::from(file);
        body["content"] = std::fs::read_to_string(&path).map_err(|error| CliError::failed(format!("{}: {error}", path.display())))?.into();
    }
    let summary = client.post("/prices/import", &body).await?;
    if context.json() {
        output::print_json(&summary);
        return Ok(());
    }
    let count = |field: &str| summary[field].as_array().map_or(0, Vec::len);
    if dry_run {
        for (mark, field) in [("+", "added"), ("~", "changed")] {
            summary[field].as_array().into_iter().flatten().for_each(|id| output::print(&format!("{mark} {}", output::text(id))));
        }
    }
    for row in summary["quarantined"].as_array().into_iter().flatten() {
        output::print(&format!("? {}: {}", output::text(&row["id"]), output::text(&row["reasons"])));
    }
    let verb = if dry_run { "Would take" } else { "Took" };
    output::print(&format!(
        "{verb} {} new and {} changed prices; {} are the same, {} look wrong and were not taken (--confirm ID takes one), {} entries are not prices of calls.",
        count("added"),
        count("changed"),
        output::text(&summary["unchanged"]),
        count("quarantined"),
        output::text(&summary["skipped"])
    ));
    Ok(())
}

fn quoted(quote: &Value) -> String {
    let sum = |part: &Value| match part["amount"].as_str() {
        Some(amount) => format!("{amount} {} ({})", output::text(&part["currency"]), output::text(&part["status"])),
        None => format!("not known ({}){}", output::text(&part["status"]), part["reason"].as_str().map(|reason| format!(": {reason}")).unwrap_or_default()),
    };
    let mut text = format!("cost    {}\n", sum(&quote["cost"]));
    for line in quote["cost"]["lines"].as_array().into_iter().flatten() {
        let [meter, quantity, rate, per, amount, price, version] =
            ["meter", "quantity", "rate", "per", "amount", "price_id", "price_version"].map(|field| output::text(&line[field]));
        let note = line["note"].as_str().map(|note| format!(" ({note})")).unwrap_or_default();
        text.push_str(&format!("  {meter}: {quantity} × {rate} ÷ {per} = {amount}; price {price} version {version}{note}\n"));
    }
    text.push_str(&format!(
        "charge  {}{}\n",
        sum(&quote["charge"]),
        quote["charge"]["plan"].as_str().map(|plan| format!(" by plan {plan}")).unwrap_or_default()
    ));
    for line in quote["charge"]["lines"].as_array().into_iter().flatten() {
        let [description, quantity, unit, price, amount, rule] =
            ["description", "quantity", "unit", "unit_price", "amount", "rule"].map(|field| output::text(&line[field]));
        text.push_str(&format!("  {description}: {quantity} {unit} at {price} = {amount}; rule {rule}\n"));
    }
    text
}
