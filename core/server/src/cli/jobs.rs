//! `weighbridge jobs`

use super::{
    CliError, Context,
    output::{self, Left},
};
use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List batches and jobs, the newest first
    List {
        /// Only of this customer
        #[arg(long)]
        customer: Option<String>,
        /// open, ended, settled, expired or kept [default: all but those that are kept]
        #[arg(long)]
        stage: Option<String>,
        /// At most so many
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
}

pub(super) async fn run(command: Command, context: &Context) -> Result<(), CliError> {
    let Command::List { customer, stage, limit } = command;
    let list = context.client()?.list("/jobs", &[("customer", customer), ("stage", stage)], Some(limit)).await?;
    if context.json() {
        output::print_json(&list);
        return Ok(());
    }
    let columns = [("STARTED", Left), ("STAGE", Left), ("CUSTOMER", Left), ("KIND", Left), ("PROVIDER", Left), ("MODEL", Left), ("ID", Left)];
    let rows = list["data"].as_array().into_iter().flatten().map(|job| {
        let mut row = output::row(job, &["started_at", "stage", "customer", "dialect", "provider", "model", "id"]);
        row[0] = output::moment(&job["started_at"]);
        row
    });
    output::print(&output::table(&columns, rows));
    Ok(())
}
