//! `weighbridge invoices`

use clap::{Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::{
    AdminClient, CliError, Context,
    client::encoded,
    output::{self, Left, Right},
};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// What a customer would be invoiced by what is in the books now
    Preview {
        customer: String,
        /// A month such as 2026-11, or 2026-11-01..2026-11-16 (the last day not included) [default: this month]
        #[arg(long)]
        period: Option<String>,
        /// A format of its own instead of a table
        #[arg(long, value_enum)]
        format: Option<Format>,
        /// What happens to an amount exactly between two cents
        #[arg(long, value_enum, default_value_t = RoundingArg::HalfEven)]
        rounding: RoundingArg,
    },
    /// Read an invoice in a format of its own
    Get {
        /// Its id, such as preview-acme-2026-11
        id: String,
        #[arg(long, value_enum, default_value_t = Format::Json)]
        format: Format,
        /// What happens to an amount exactly between two cents
        #[arg(long, value_enum, default_value_t = RoundingArg::HalfEven)]
        rounding: RoundingArg,
    },
}

/// The policies of the API, under their names there.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum RoundingArg {
    /// To the even neighbour
    #[value(name = "half_even")]
    HalfEven,
    /// Away from zero
    #[value(name = "half_up")]
    HalfUp,
}

impl RoundingArg {
    fn as_str(self) -> &'static str {
        match self {
            RoundingArg::HalfEven => "half_even",
            RoundingArg::HalfUp => "half_up",
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Format {
    Json,
    Csv,
}

pub(super) async fn run(command: Command, context: &Context) -> Result<(), CliError> {
    let client = context.client()?;
    match command {
        Command::Preview { customer, period, format, rounding } => {
            let mut body = json!({"customer": customer, "rounding": rounding.as_str()});
            if let Some(period) = period {
                body["period"] = period.into();
            }
            let invoice = client.post("/invoices/preview", &body).await?;
            match format {
                Some(format) => output::print(&file(&client, &output::text(&invoice["id"]), format, rounding).await?),
                None if context.json() => output::print_json(&invoice),
                None => output::print(&shown(&invoice)),
            }
        }
        Command::Get { id, format, rounding } => output::print(&file(&client, &id, format, rounding).await?),
    }
    Ok(())
}

async fn file(client: &AdminClient, id: &str, format: Format, rounding: RoundingArg) -> Result<String, CliError> {
    let extension = match format {
        Format::Json => "json",
        Format::Csv => "csv",
    };
    client.get_text(&format!("/invoices/{}.{extension}?rounding={}", encoded(id), rounding.as_str())).await
}

/// An invoice for reading on a terminal.
pub(crate) fn shown(invoice: &Value) -> String {
    let mut text = format!(
        "{} for {} ({}), {}\n\n",
        output::text(&invoice["id"]),
        output::text(&invoice["customer"]["name"]),
        output::text(&invoice["customer"]["id"]),
        output::text(&invoice["period"]["label"])
    );
    let currency = output::text(&invoice["currency"]);
    let columns = [("DESCRIPTION", Left), ("QUANTITY", Right), ("UNIT", Left), ("EXACT", Right), (currency.as_str(), Right)];
    let rows = invoice["lines"].as_array().into_iter().flatten().map(|line| output::row(line, &["description", "quantity", "unit", "amount_exact", "amount"]));
    let total = vec!["Total".to_owned(), String::new(), String::new(), output::text(&invoice["total_exact"]), output::text(&invoice["total"])];
    text.push_str(&output::table_with_total(&columns, rows, Some(total)));
    for notice in invoice["notices"].as_array().into_iter().flatten() {
        text.push_str(&format!("Note: {}\n", output::text(&notice["message"])));
    }
    text
}
