//! The demo: the real gateway on a temporary data folder, a simulated provider behind it, customers in front of it.
//!
//! Nothing is faked but the provider: the traffic goes over HTTP with real keys, through adapter and pricing plugins, into a
//! durable ledger, and what is printed is read back from there. If any two ways of adding it up differ, it says so and ends with 1.

mod cast;
mod report;
mod traffic;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tempfile::TempDir;
use weighbridge_domain::Secret;

use crate::{
    admin::AdminToken,
    app::App,
    cli::output,
    config::{self, ConfigError, Environment, Flags},
    office::OfficeError,
    serve::{self, ListenError, Listeners, Running},
    simulator::Simulator,
    telemetry,
    wiring::{self, Sources, StartError},
};

/// Why the demo ended with 1.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// No place for it.
    #[error("{0}: {1}")]
    Io(&'static str, std::io::Error),
    /// Its own configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// It does not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// No ports.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// Its customers cannot be written down.
    #[error(transparent)]
    Office(#[from] OfficeError),
    /// A call was not answered.
    #[error("a call of the demo's own traffic failed: {0}")]
    Call(String),
    /// Its figures do not agree: a defect.
    #[error("the figures do not agree: {0}")]
    Disagreement(String),
    /// Nobody gave randomness for the admin token.
    #[error("the system gives no randomness: {0}")]
    Randomness(getrandom::Error),
}

/// How many calls are made before the figures are shown: some minutes' worth.
const CALLS: usize = 720;

/// Runs until Ctrl-C, or for so long.
pub async fn run(exit_after: Option<Duration>) -> Result<(), DemoError> {
    let began = Instant::now();
    let folder = tempfile::Builder::new().prefix("weighbridge-demo-").tempdir().map_err(|error| DemoError::Io("a temporary folder", error))?;
    let simulator = Simulator::start(Duration::from_millis(1)).await.map_err(|error| DemoError::Io("the simulated provider", error))?;
    let token = new_token()?;
    let (app, running) = start(&folder, &simulator, &token).await?;
    let outcome = show(&app, &running, &token, &folder, began, exit_after).await;
    running.stop().await;
    drop(simulator);
    outcome
}

fn new_token() -> Result<Secret, DemoError> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(DemoError::Randomness)?;
    Ok(Secret::new(format!("wba-{}", hex::encode(random))))
}

async fn start(folder: &TempDir, simulator: &Simulator, token: &Secret) -> Result<(Arc<App>, Running), DemoError> {
    let file = folder.path().join("weighbridge.toml");
    std::fs::write(&file, cast::configuration(&folder.path().join("data"), &simulator.base_url()))
        .map_err(|error| DemoError::Io("the demo's configuration", error))?;
    // An empty environment: no real provider is on, whatever keys this machine has.
    let environment = Environment::default();
    let loaded = config::load(Some(&file), folder.path(), &environment, &Flags::default())?;
    // The level is ours and a level.
    let _ = telemetry::start(&loaded.config.log, &Environment::of_process());
    let (app, _) = wiring::open(loaded, &environment, Sources::of_system()).await?;
    let server = app.settings.load().loaded.config.server.clone();
    let listeners = Listeners::bind_or_free(server.listen, server.admin_listen).await?;
    let running = serve::start(app.clone(), listeners, AdminToken::new(token)).map_err(|error| DemoError::Io("listening", error))?;
    Ok((app, running))
}

async fn show(app: &Arc<App>, running: &Running, token: &Secret, folder: &TempDir, began: Instant, exit_after: Option<Duration>) -> Result<(), DemoError> {
    output::print(&format!("Weighbridge {}: a gateway, a simulated provider, {} customers.\n", env!("CARGO_PKG_VERSION"), cast::CUSTOMERS.len()));
    let keys = cast::enter(&app.office).await?;
    let traffic = traffic::Traffic::new(running.data, keys.clone());
    let started = Instant::now();
    traffic.send(CALLS).await?;
    output::print(&format!("{CALLS} calls in {} ms, half of them streamed; each record was on disk before its answer ended.\n", started.elapsed().as_millis()));
    let report = app.blocking(report::Report::read).await?;
    output::print(&report.text());
    output::print(&directions(running, token, folder, &keys[0], exit_after));
    go_on(&traffic, began, exit_after).await?;
    let app = app.clone();
    let last = app.blocking(report::verified).await?;
    output::print(&last);
    Ok(())
}

/// A call now and then, until it is time to end.
async fn go_on(traffic: &traffic::Traffic, began: Instant, exit_after: Option<Duration>) -> Result<(), DemoError> {
    let end = async {
        match exit_after {
            Some(after) => tokio::time::sleep(after.saturating_sub(began.elapsed())).await,
            None => std::future::pending().await,
        }
    };
    let asked = serve::asked_to_stop();
    tokio::pin!(end, asked);
    loop {
        tokio::select! {
            () = &mut end => return Ok(()),
            () = &mut asked => return Ok(()),
            () = tokio::time::sleep(Duration::from_millis(700)) => traffic.send(1).await?,
        }
    }
}

fn directions(running: &Running, token: &Secret, folder: &TempDir, key: &Secret, exit_after: Option<Duration>) -> String {
    let (data, admin) = (running.data, running.admin);
    let until = exit_after.map_or_else(|| "until Ctrl-C".to_owned(), |after| format!("for {} s", after.as_secs()));
    format!(
        "\nIt runs {until}; a call comes in now and then.\n\n\
         \x20 clients       http://{data}/v1\n\
         \x20 status page   http://{admin}/\n\
         \x20 metrics       http://{admin}/metrics\n\
         \x20 admin API     http://{admin}/admin/v1/openapi.json\n\
         \x20 data folder   {}\n\n\
         Try it:\n\n\
         curl http://{data}/v1/chat/completions -H \"Authorization: Bearer {}\" -H \"Content-Type: application/json\" -d '{{\"model\":\"sim-large\",\"messages\":[{{\"role\":\"user\",\"content\":\"What does a token weigh?\"}}]}}'\n\n\
         weighbridge usage list --url http://{admin} --token {}\n",
        folder.path().display(),
        key.expose(),
        token.expose()
    )
}
