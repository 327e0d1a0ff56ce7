//! Puts everything together: plugins, configuration, ledger, office, routes, gateway. Whatever is wrong with the
//! configuration is found before the books are opened.

mod plugins;
mod routes;

use std::sync::Arc;

use arc_swap::ArcSwap;
use weighbridge_domain::{Clock, IdSource};
use weighbridge_gateway::{Directory, Gateway, GatewayOptions, GatewayParts, Routes};
use weighbridge_ledger::{Ledger, LedgerOptions, OpenError, RecoveryReport};
use weighbridge_pricing::PriceBook;

pub use plugins::Plugins;

use crate::{
    app::{App, Settings},
    config::{Config, ConfigError, Environment, HoldPolicy, Loaded, Problem, check, providers},
    metrics::Metrics,
    office::{Office, OfficeError},
};

/// Why it does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The plugins cannot be run.
    #[error("{0}")]
    Plugins(String),
    /// The books do not open.
    #[error(transparent)]
    Ledger(#[from] OpenError),
    /// The documents in the books cannot be read.
    #[error(transparent)]
    Office(#[from] OfficeError),
    /// The gateway cannot be put together.
    #[error(transparent)]
    Gateway(#[from] weighbridge_gateway::GatewayError),
}

/// Where time and ids come from.
#[derive(Clone)]
pub struct Sources {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// New ids.
    pub ids: Arc<dyn IdSource>,
}

impl Sources {
    /// The system's.
    pub fn of_system() -> Self {
        Self { clock: Arc::new(weighbridge_domain::time::SystemClock), ids: Arc::new(weighbridge_domain::ids::RandomIds::new()) }
    }
}

/// Opens the books and everything over them.
pub async fn open(loaded: Loaded, environment: &Environment, sources: Sources) -> Result<(Arc<App>, RecoveryReport), StartError> {
    let plugins = Plugins::start(&loaded, &sources.clock)?;
    let providers = providers::resolve(&loaded, plugins.manifests(), environment).map_err(ConfigError)?;
    refuse(check::check(&loaded, &providers))?;
    let routes = routes::routes(&loaded, &plugins, &providers, &Routes::default())?;
    let counters = plugins.counters(&loaded)?;
    let (office, recovery) = open_office(&loaded.config, &plugins, &sources)?;
    let mut troubles = office.read()?;
    adopt_plans(&office, &loaded).await?;
    // A stored plan that could not be compiled may have been replaced by the configuration's just now.
    troubles.retain(|trouble| !loaded.config.plans.keys().any(|id| trouble.starts_with(&format!("the plan \"{id}\""))));
    let rules = plugins.rules();
    let (routes, metrics) = (Arc::new(ArcSwap::from_pointee(routes)), Arc::new(Metrics::default()));
    let gateway = Gateway::new(GatewayParts {
        options: options(&loaded.config),
        ledger: office.ledger.clone(),
        directory: office.directory.clone(),
        book: office.prices.clone(),
        routes: routes.clone(),
        rules,
        counters,
        clock: sources.clock.clone(),
        ids: sources.ids.clone(),
        observer: metrics.clone(),
    })?;
    let settings = ArcSwap::from_pointee(Settings { loaded, providers });
    let plugins = plugins.into_host();
    Ok((Arc::new(App { office, gateway, routes, plugins, settings, metrics, troubles }), recovery))
}

/// The books with their writing desk, without a gateway: what `init` and the commands on a data folder need.
pub fn open_office(config: &Config, plugins: &Plugins, sources: &Sources) -> Result<(Office, RecoveryReport), StartError> {
    let opened = Ledger::open(LedgerOptions::at(&config.store.path), sources.clock.clone())?;
    let prices = Arc::new(ArcSwap::from_pointee(PriceBook::default()));
    let office = Office::new(opened.ledger, Arc::new(Directory::new()), prices, plugins.rules(), sources.clock.clone(), sources.ids.clone());
    Ok((office, opened.recovery))
}

/// Takes over what a changed configuration says of providers, models and plans. Everything is checked first: on an error
/// the old one goes on serving.
pub async fn reload(app: &App, loaded: Loaded, environment: &Environment) -> Result<(), StartError> {
    let plugins = Plugins::running(app.plugins.clone(), &loaded)?;
    let providers = providers::resolve(&loaded, plugins.manifests(), environment).map_err(ConfigError)?;
    refuse(check::check(&loaded, &providers))?;
    let routes = routes::routes(&loaded, &plugins, &providers, &app.routes.load())?;
    adopt_plans(&app.office, &loaded).await?;
    app.routes.store(Arc::new(routes));
    app.settings.store(Arc::new(Settings { loaded, providers }));
    Ok(())
}

/// Takes over the plans of the configuration.
pub async fn adopt_plans(office: &Office, loaded: &Loaded) -> Result<(), StartError> {
    let plans = office.check_configured_plans(&loaded.config.plans).map_err(|error| {
        let named = |problem: weighbridge_plugin_api::pricing::SheetProblem| {
            let id = problem.path.split('.').nth(1).unwrap_or_default().to_owned();
            loaded.problem(&["plans", &id], problem.path, problem.message)
        };
        ConfigError(error.problems.into_iter().map(named).collect())
    })?;
    office.adopt_configured_plans(plans).await?;
    Ok(())
}

fn refuse(problems: Vec<Problem>) -> Result<(), ConfigError> {
    if problems.is_empty() { Ok(()) } else { Err(ConfigError(problems)) }
}

fn options(config: &Config) -> GatewayOptions {
    GatewayOptions {
        hold_answers: config.ledger.hold == HoldPolicy::Durable,
        max_body_bytes: usize::try_from(config.limits.max_body_bytes).unwrap_or(usize::MAX),
        body_timeout: std::time::Duration::from_millis(config.limits.body_timeout_ms),
        connect_timeout: std::time::Duration::from_millis(config.limits.connect_timeout_ms),
        ..GatewayOptions::default()
    }
}

/// What opening the books found and did, for the log; empty when there was nothing to do.
pub fn recovery_lines(report: &RecoveryReport) -> Vec<String> {
    let mut lines = Vec::new();
    if report.cut_bytes > 0 {
        lines.push(format!("{} bytes of an unfinished write were cut off the journal; nothing acknowledged was in them", report.cut_bytes));
    }
    if !report.abandoned.is_empty() {
        lines.push(format!("{} calls were in progress when the process died; each is an abandoned event now", report.abandoned.len()));
    }
    if report.replayed_events > 0 {
        lines.push(format!("{} events were brought from the journal into the store", report.replayed_events));
    }
    if let Some(why) = &report.rebuilt {
        lines.push(format!("the store was set aside and rebuilt from the journal: {why}"));
    }
    lines
}
