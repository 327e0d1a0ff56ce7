//! `weighbridge demo`

use std::time::Duration;

use clap::Args;

use super::CliError;
use crate::demo;

#[derive(Debug, Args)]
pub(super) struct DemoArgs {
    /// End by itself, for scripts
    #[arg(long, value_name = "SECONDS")]
    exit_after: Option<u64>,
}

pub(super) async fn run(args: DemoArgs) -> Result<(), CliError> {
    Ok(demo::run(args.exit_after.map(Duration::from_secs)).await?)
}
