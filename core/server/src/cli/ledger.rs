//! `weighbridge ledger`

use std::{io::IsTerminal as _, path::PathBuf, sync::Arc};

use clap::Subcommand;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use weighbridge_domain::time::SystemClock;
use weighbridge_ledger::{Ledger, LedgerOptions};

use super::{
    CliError, Context,
    output::{self, Left, Right},
};
use crate::{
    admin::{StatsView, VerifyView},
    wiring::recovery_lines,
};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Recompute everything from the journal: sums, aggregates, reservations
    Verify {
        /// A data folder that no gateway has open; without it, the running gateway verifies itself
        #[arg(long, value_name = "FOLDER")]
        path: Option<PathBuf>,
    },
    /// Figures
    Stats {
        /// A data folder that no gateway has open
        #[arg(long, value_name = "FOLDER")]
        path: Option<PathBuf>,
    },
}

pub(super) async fn run(command: Command, context: &Context) -> Result<(), CliError> {
    match command {
        Command::Verify { path } => {
            let report = match path {
                Some(path) => verify_folder(&path)?,
                None => context.client()?.post("/ledger/verify", &json!({})).await?,
            };
            if context.json() {
                output::print_json(&report)
            } else {
                output::print(&verified(&report))
            }
            if report["clean"] != true {
                return Err(CliError::said());
            }
        }
        Command::Stats { path } => {
            let stats = match path {
                Some(path) => {
                    let ledger = open(&path)?;
                    let stats = serde_json::to_value(StatsView::from(ledger.stats()))?;
                    ledger.close();
                    stats
                }
                None => context.client()?.get("/ledger/stats", &[]).await?,
            };
            if context.json() {
                output::print_json(&stats);
            } else {
                let rows = stats.as_object().into_iter().flatten().map(|(name, value)| vec![name.replace('_', " "), output::text(value)]);
                output::print(&output::table(&[("FIGURE", Left), ("VALUE", Right)], rows));
            }
        }
    }
    Ok(())
}

fn open(path: &std::path::Path) -> Result<Ledger, CliError> {
    // Opening a folder makes one: looking must not.
    if !path.is_dir() {
        return Err(CliError::failed(format!("{} is not a folder; give the data folder ([store] path)", path.display())));
    }
    let opened = Ledger::open(LedgerOptions::at(path), Arc::new(SystemClock))?;
    recovery_lines(&opened.recovery).iter().for_each(|line| eprintln!("{line}"));
    Ok(opened.ledger)
}

fn verify_folder(path: &std::path::Path) -> Result<Value, CliError> {
    let ledger = open(path)?;
    let report = if std::io::stderr().is_terminal() { verify_with_bar(&ledger) } else { verify_with_lines(&ledger) }?;
    ledger.close();
    Ok(serde_json::to_value(VerifyView::from(report))?)
}

fn verify_with_bar(ledger: &Ledger) -> Result<weighbridge_ledger::VerifyReport, CliError> {
    let style = ProgressStyle::with_template("verifying {bar:40} {bytes}/{total_bytes} {eta}").unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::new(0).with_style(style);
    let report = ledger.verify(&mut |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    Ok(report?)
}

/// A line for each tenth.
fn verify_with_lines(ledger: &Ledger) -> Result<weighbridge_ledger::VerifyReport, CliError> {
    let mut tenth = 0;
    let report = ledger.verify(&mut |done, total| {
        let reached = (done * 10).checked_div(total).unwrap_or(10);
        if reached > tenth {
            tenth = reached;
            eprintln!("verified {} % ({done} of {total} bytes)", reached * 10);
        }
    });
    Ok(report?)
}

fn verified(report: &Value) -> String {
    let mut text = format!(
        "{} events in {} segments ({} bytes), {} calls in progress\n",
        output::text(&report["events"]),
        output::text(&report["segments"]),
        output::text(&report["bytes"]),
        output::text(&report["held"])
    );
    for sums in report["sums"].as_array().into_iter().flatten() {
        text.push_str(&format!("{}: cost {}, charge {}\n", output::text(&sums["currency"]), output::text(&sums["cost"]), output::text(&sums["charge"])));
    }
    for problem in report["problems"].as_array().into_iter().flatten() {
        text.push_str(&format!("PROBLEM {}: {}\n", output::text(&problem["place"]), output::text(&problem["what"])));
    }
    text.push_str(match report["clean"] == true {
        true => "Everything adds up.\n",
        false => "The books do NOT add up. Keep the data folder as it is, make a copy, and restore the journal from a backup.\n",
    });
    text
}
