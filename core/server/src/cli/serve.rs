//! `weighbridge serve`

use clap::Args;

use super::{CliError, Context, output};
use crate::{
    admin::{self, AdminToken},
    config::Flags,
    reload,
    serve::{self, Listeners},
    telemetry,
    token::{self, Origin},
    wiring::{self, Sources, recovery_lines},
};

#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    /// Where clients call, such as 0.0.0.0:4000
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// Where the admin API is
    #[arg(long, value_name = "ADDRESS")]
    admin_listen: Option<String>,
    /// The data folder
    #[arg(long, value_name = "FOLDER")]
    data: Option<String>,
}

pub(super) async fn run(args: ServeArgs, context: &Context) -> Result<(), CliError> {
    let flags = Flags { listen: args.listen, admin_listen: args.admin_listen, store_path: args.data };
    let loaded = context.load(&flags)?;
    telemetry::start(&loaded.config.log, &context.environment)?;
    let found = token::find_or_make(&loaded.config, &context.environment)?;
    let file = loaded.file.clone();
    let (app, recovery) = wiring::open(loaded, &context.environment, Sources::of_system()).await?;
    recovery_lines(&recovery).iter().for_each(|line| tracing::warn!("{line}"));
    let server = app.settings.load().loaded.config.server.clone();
    let asked_to_stop = serve::asked_to_stop();
    let listeners = Listeners::bind(server.listen, server.admin_listen).await?;
    let running = serve::start(app.clone(), listeners, AdminToken::new(&found.token))?;
    tell(&app, &running, &found.origin, file.as_deref());
    if let Some(file) = file {
        tokio::spawn(reload::watch(app, reload::Source { file, environment: context.environment.clone(), flags }));
    }
    asked_to_stop.await;
    tracing::info!("stopping: no new calls are taken, those in flight are settled");
    running.stop().await;
    tracing::info!("stopped");
    Ok(())
}

fn tell(app: &crate::app::App, running: &serve::Running, token: &Origin, file: Option<&std::path::Path>) {
    match file {
        Some(file) => tracing::info!("configuration: {}", file.display()),
        None => tracing::info!("configuration: none, the defaults hold"),
    }
    let settings = app.settings.load();
    let names: Vec<&str> = settings.providers.iter().map(|provider| provider.name.as_str()).collect();
    match names.is_empty() {
        true => tracing::warn!("no provider is on: set a provider's usual key variable, or write [providers] in the configuration"),
        false => tracing::info!("providers: {}", names.join(", ")),
    }
    match token {
        Origin::Variable(name) => tracing::info!("admin token: from the variable {name}"),
        Origin::File(path) => tracing::info!("admin token: in {}", path.display()),
    }
    tracing::info!("clients call http://{}/v1", running.data);
    tracing::info!("the admin API is at http://{}/admin/v1", running.admin);
    // What is in the alerts is worth a line at the start; a ledger that cannot be read says so itself.
    for alert in admin::alerts(app).unwrap_or_default() {
        // It names models as clients did: on one line.
        tracing::warn!("{}", output::plain(&alert.message));
    }
}
