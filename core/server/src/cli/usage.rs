//! `weighbridge usage`

use clap::{Args, Subcommand};
use serde_json::Value;

use super::{
    CliError, Context,
    client::encoded,
    output::{self, Align, Left, Right},
};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Quantities, cost, charge and margin by group
    Summary {
        /// Some of customer, provider, model, meter, day, session, workflow, step, key, status
        #[arg(long, value_name = "GROUPS", default_value = "customer,model")]
        by: String,
        #[command(flatten)]
        filter: Filter,
    },
    /// List records
    List {
        #[command(flatten)]
        filter: Filter,
        /// Only of this session
        #[arg(long)]
        session: Option<String>,
        /// Only of this workflow
        #[arg(long)]
        workflow: Option<String>,
        /// At most so many
        #[arg(long, default_value_t = 50)]
        limit: usize,
        /// next_cursor of the list before
        #[arg(long)]
        cursor: Option<String>,
    },
    /// Say how the charge of one record came about, line by line
    Explain {
        /// The record's id: x-weighbridge-id of the answer
        id: String,
    },
}

#[derive(Debug, Args)]
pub(super) struct Filter {
    /// Only of this customer
    #[arg(long)]
    customer: Option<String>,
    /// Begun at or after this time, such as 2026-11-01 or 2026-11-01T12:00:00Z
    #[arg(long, value_parser = time)]
    from: Option<String>,
    /// Begun before this time
    #[arg(long, value_parser = time)]
    to: Option<String>,
}

/// A day is its first moment, UTC.
fn time(text: &str) -> Result<String, String> {
    let whole = if text.len() == "2026-11-01".len() { format!("{text}T00:00:00Z") } else { text.to_owned() };
    let parsed: Result<weighbridge_domain::Timestamp, _> = whole.parse();
    parsed.map(|time| time.to_string()).map_err(|_| "expected a day such as 2026-11-01 or a time such as 2026-11-01T12:00:00Z".into())
}

pub(super) async fn run(command: Command, context: &Context) -> Result<(), CliError> {
    let client = context.client()?;
    match command {
        Command::Summary { by, filter } => {
            let query = [("group_by", Some(by.clone())), ("customer", filter.customer), ("from", filter.from), ("to", filter.to)];
            let list = client.list("/usage-summary", &query, None).await?;
            if context.json() { output::print_json(&list) } else { output::print(&summary(&by, &list)) }
        }
        Command::List { filter, session, workflow, limit, cursor } => {
            let query = [
                ("customer", filter.customer),
                ("from", filter.from),
                ("to", filter.to),
                ("session", session),
                ("workflow", workflow),
                ("limit", Some(limit.to_string())),
                ("cursor", cursor),
            ];
            let list = client.get("/usage-events", &query).await?;
            if context.json() { output::print_json(&list) } else { output::print(&records(&list)) }
        }
        Command::Explain { id } => {
            let explanation = client.get(&format!("/usage-events/{}/explain", encoded(&id)), &[]).await?;
            if context.json() {
                output::print_json(&explanation);
            } else {
                let lines: Vec<String> = explanation["lines"].as_array().into_iter().flatten().filter_map(Value::as_str).map(output::plain).collect();
                output::print(&lines.join("\n"));
                output::print(if explanation["adds_up"] == true {
                    "Every line is its quantity times its rate, every sum the sum of its lines."
                } else {
                    "IT DOES NOT ADD UP: run `weighbridge ledger verify`."
                });
            }
        }
    }
    Ok(())
}

fn summary(by: &str, list: &Value) -> String {
    let groups: Vec<&str> = by.split(',').map(str::trim).filter(|group| !group.is_empty()).collect();
    let headings: Vec<String> = groups.iter().map(|group| group.to_ascii_uppercase()).collect();
    let by_meter = groups.contains(&"meter");
    let mut columns: Vec<(&str, Align)> = headings.iter().map(|heading| (heading.as_str(), Left)).collect();
    columns.extend(if by_meter { vec![("QUANTITY", Right), ("UNIT", Left)] } else { vec![("EVENTS", Right), ("INPUT", Right), ("OUTPUT", Right)] });
    columns.extend([("COST", Right), ("CHARGE", Right), ("MARGIN", Right), ("", Left), ("", Left)]);
    let rows = list["data"].as_array().into_iter().flatten().map(|row| {
        let mut cells = output::row(row, &groups);
        match by_meter {
            true => cells.extend(output::row(row, &["quantity", "unit"])),
            false => cells.extend([
                output::text(&row["events"]),
                tokens(&row["usage"], weighbridge_domain::Meter::is_input),
                tokens(&row["usage"], weighbridge_domain::Meter::is_output),
            ]),
        }
        cells.extend(output::row(row, &["cost", "charge", "margin", "currency"]));
        cells.push(missing(row));
        cells
    });
    output::table(&columns, rows)
}

/// Tokens of the meters that count as input, or as output.
fn tokens(usage: &Value, counts: fn(&weighbridge_domain::Meter) -> bool) -> String {
    let quantities = usage.as_object().into_iter().flatten();
    let counted = quantities.filter(|(name, _)| weighbridge_domain::Meter::new(name).is_some_and(|meter| counts(&meter)));
    let sum: weighbridge_domain::Decimal = counted.filter_map(|(_, value)| weighbridge_domain::exact::parse(value.as_str()?).ok()).sum();
    sum.normalize().to_string()
}

fn missing(row: &Value) -> String {
    let of = |field: &str| row[field].as_u64().filter(|count| *count > 0).map(|count| format!("{count} {field}"));
    [of("unpriced"), of("unrated")].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn records(list: &Value) -> String {
    let columns = [
        ("ID", Left),
        ("STARTED", Left),
        ("CUSTOMER", Left),
        ("MODEL", Left),
        ("STATUS", Left),
        ("INPUT", Right),
        ("OUTPUT", Right),
        ("COST", Right),
        ("CHARGE", Right),
        ("", Left),
    ];
    let rows = list["data"].as_array().into_iter().flatten().map(|record| {
        let model = format!("{}/{}", output::text(&record["provider"]), output::text(&record["routed_model"]));
        let usage = &record["usage"];
        vec![
            output::text(&record["id"]),
            output::moment(&record["started_at"]),
            output::text(&record["customer"]),
            model,
            output::text(&record["status"]),
            tokens(usage, weighbridge_domain::Meter::is_input),
            tokens(usage, weighbridge_domain::Meter::is_output),
            output::text(&record["cost"]["amount"]),
            output::text(&record["charge"]["amount"]),
            output::text(&record["charge"]["currency"]),
        ]
    });
    let mut text = output::table(&columns, rows);
    if let Some(cursor) = list["next_cursor"].as_str() {
        text.push_str(&format!("There is more: --cursor {cursor}\n"));
    }
    text
}
