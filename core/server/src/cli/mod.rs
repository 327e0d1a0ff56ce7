//! The command line. Each noun is a file; its commands talk to a running gateway's admin API, except those that set up,
//! serve, check or look into a data folder.

mod client;
mod customers;
mod demo;
mod doctor;
mod init;
mod invoices;
mod jobs;
mod keys;
mod ledger;
pub mod output;
mod plans;
mod plugins;
mod prices;
mod serve;
mod starter;
#[cfg(test)]
mod tests;
mod usage;

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand};
use weighbridge_domain::Secret;

pub use client::AdminClient;
pub(crate) use invoices::shown as shown_invoice;

use crate::{
    config::{self, Environment, Flags},
    token,
};

/// The command line.
#[derive(Debug, Parser)]
#[command(
    name = "weighbridge",
    version,
    about = "Weighs every LLM token that passes, prices it by your rules, and turns it into an invoice you can prove.",
    propagate_version = true
)]
pub struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

/// What every command takes.
#[derive(Debug, Clone, Args)]
pub struct Common {
    /// The configuration [default: weighbridge.toml in this folder, if there is one]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The admin API of a running gateway [default: [server] admin_listen]
    #[arg(long, global = true, value_name = "URL", env = "WEIGHBRIDGE_URL", hide_env_values = true)]
    url: Option<String>,
    /// The admin token [default: admin-token in the data folder]
    #[arg(long, global = true, value_name = "TOKEN", env = "WEIGHBRIDGE_ADMIN_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// JSON instead of a table
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Try it: a gateway with a simulated provider, sample customers, plans and traffic
    Demo(demo::DemoArgs),
    /// Run the gateway
    Serve(serve::ServeArgs),
    /// Set up: a configuration, a plan, an admin token, a first customer and key
    Init(init::InitArgs),
    /// Say what is wrong and how to mend it
    Doctor,
    /// Who is billed
    #[command(subcommand)]
    Customers(customers::Command),
    /// The API keys that clients call with
    #[command(subcommand)]
    Keys(keys::Command),
    /// The rules by which customers pay
    #[command(subcommand)]
    Plans(plans::Command),
    /// The price book
    #[command(subcommand)]
    Prices(prices::Command),
    /// What was used, what it cost, what it is charged
    #[command(subcommand)]
    Usage(usage::Command),
    /// Batches and jobs that go on after their answer
    #[command(subcommand)]
    Jobs(jobs::Command),
    /// Invoices
    #[command(subcommand)]
    Invoices(invoices::Command),
    /// The plugins
    #[command(subcommand)]
    Plugins(plugins::Command),
    /// The books
    #[command(subcommand)]
    Ledger(ledger::Command),
}

/// Why a command did not do what it should. Exit code 1; what was said to clap ends with 2.
#[derive(Debug)]
pub struct CliError {
    message: Option<String>,
}

impl CliError {
    /// With what is wrong.
    pub fn failed(message: impl Into<String>) -> Self {
        Self { message: Some(message.into()) }
    }
    /// The command has said already what is wrong.
    pub fn said() -> Self {
        Self { message: None }
    }
}

impl<E: std::error::Error> From<E> for CliError {
    fn from(error: E) -> Self {
        Self::failed(error.to_string())
    }
}

/// What a command needs to know of its surroundings.
pub struct Context {
    common: Common,
    environment: Environment,
}

impl Context {
    /// Whether JSON was asked for.
    pub fn json(&self) -> bool {
        self.common.json
    }
    fn load(&self, flags: &Flags) -> Result<config::Loaded, CliError> {
        let folder = PathBuf::new();
        Ok(config::load(self.common.config.as_deref(), &folder, &self.environment, flags)?)
    }
    /// The admin API: named by a flag or the environment, else what the configuration here says.
    fn client(&self) -> Result<AdminClient, CliError> {
        let (url, token) = (self.common.url.clone(), self.common.token.clone().map(Secret::new));
        if let (Some(url), Some(token)) = (&url, &token) {
            return Ok(AdminClient::new(url, token.clone()));
        }
        let config = self.load(&Flags::default())?.config;
        let url = url.unwrap_or_else(|| format!("http://{}", config.server.admin_listen));
        let token = match token {
            Some(token) => token,
            None => token::find(&config, &self.environment)?.map(|found| found.token).ok_or_else(|| {
                CliError::failed(format!(
                    "there is no admin token: set WEIGHBRIDGE_ADMIN_TOKEN, give --token, or run this where {} is",
                    token::file(&config).display()
                ))
            })?,
        };
        Ok(AdminClient::new(&url, token))
    }
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    // On one core a second thread only costs: handing tasks over, parking, waking.
    let several_cores = std::thread::available_parallelism().is_ok_and(|cores| cores.get() > 1);
    let threads = several_cores && matches!(cli.command, Command::Serve(_) | Command::Demo(_));
    let mut runtime = if threads { tokio::runtime::Builder::new_multi_thread() } else { tokio::runtime::Builder::new_current_thread() };
    let runtime = match runtime.enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: the runtime cannot be started: {error}");
            return ExitCode::FAILURE;
        }
    };
    let context = Context { common: cli.common, environment: Environment::of_process() };
    match runtime.block_on(run(cli.command, &context)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(CliError { message }) => {
            for line in message.iter().flat_map(|message| message.lines()) {
                eprintln!("error: {line}");
            }
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command, context: &Context) -> Result<(), CliError> {
    match command {
        Command::Demo(args) => demo::run(args).await,
        Command::Serve(args) => serve::run(args, context).await,
        Command::Init(args) => init::run(args, context).await,
        Command::Doctor => doctor::run(context).await,
        Command::Customers(command) => customers::run(command, context).await,
        Command::Keys(command) => keys::run(command, context).await,
        Command::Plans(command) => plans::run(command, context).await,
        Command::Prices(command) => prices::run(command, context).await,
        Command::Usage(command) => usage::run(command, context).await,
        Command::Jobs(command) => jobs::run(command, context).await,
        Command::Invoices(command) => invoices::run(command, context).await,
        Command::Plugins(command) => plugins::run(command, context).await,
        Command::Ledger(command) => ledger::run(command, context).await,
    }
}
