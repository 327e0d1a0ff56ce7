//! Reload: SIGHUP or a change of the file reads the configuration again. It is checked as a whole first; a bad file leaves
//! the old one serving.

use std::{path::PathBuf, sync::Arc, time::Duration};

use notify::{RecursiveMode, Watcher as _};
use tokio::sync::mpsc;

use crate::{
    app::App,
    config::{self, Config, Environment, Flags},
    wiring,
};

/// What a reload reads again.
#[derive(Clone)]
pub struct Source {
    /// The file that is in use.
    pub file: PathBuf,
    /// As at the start.
    pub environment: Environment,
    /// As at the start.
    pub flags: Flags,
}

/// Editors write a file in several steps: wait for quiet.
const QUIET: Duration = Duration::from_millis(300);

/// Reloads whenever it is asked to, until the process ends.
pub async fn watch(app: Arc<App>, source: Source) {
    let (changed, mut changes) = mpsc::channel(1);
    let _watcher = watch_file(&source, changed.clone());
    #[cfg(unix)]
    tokio::spawn(hang_ups(changed));
    while changes.recv().await.is_some() {
        tokio::time::sleep(QUIET).await;
        while changes.try_recv().is_ok() {}
        reload(&app, &source).await;
    }
}

/// The folder is watched, not the file: editors and orchestrators replace files rather than write into them.
fn watch_file(source: &Source, changed: mpsc::Sender<()>) -> Option<notify::RecommendedWatcher> {
    let file = std::fs::canonicalize(&source.file).unwrap_or_else(|_| source.file.clone());
    let folder = file.parent()?.to_owned();
    let name = file.file_name()?.to_owned();
    let told = move |event: notify::Result<notify::Event>| {
        let concerns = event.is_ok_and(|event| !event.kind.is_access() && event.paths.iter().any(|path| path.file_name() == Some(&name)));
        if concerns {
            // Full means that a reload is coming anyway.
            let _ = changed.try_send(());
        }
    };
    let watching = notify::recommended_watcher(told).and_then(|mut watcher| {
        watcher.watch(&folder, RecursiveMode::NonRecursive)?;
        Ok(watcher)
    });
    watching.map_err(|error| tracing::warn!(%error, "the configuration file cannot be watched; SIGHUP still reloads it")).ok()
}

#[cfg(unix)]
async fn hang_ups(changed: mpsc::Sender<()>) {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut hang_up) = signal(SignalKind::hangup()) else { return };
    while hang_up.recv().await.is_some() {
        let _ = changed.try_send(());
    }
}

async fn reload(app: &App, source: &Source) {
    let folder = std::path::Path::new("");
    let loaded = match config::load(Some(&source.file), folder, &source.environment, &source.flags) {
        Ok(loaded) => loaded,
        Err(error) => return refused(&error),
    };
    let before = app.settings.load().loaded.config.clone();
    if loaded.config == before {
        tracing::info!("the configuration says the same as before");
        return;
    }
    let needs_restart = needs_restart(&before, &loaded.config);
    match wiring::reload(app, loaded, &source.environment).await {
        Ok(()) => tracing::info!(file = %source.file.display(), "the configuration was reloaded"),
        Err(error) => return refused(&error),
    }
    if !needs_restart.is_empty() {
        tracing::warn!("these changes need a restart: {}", needs_restart.join(", "));
    }
}

fn refused(error: &dyn std::fmt::Display) {
    for line in error.to_string().lines() {
        tracing::error!("the changed configuration is not taken, the old one goes on: {line}");
    }
}

/// The sections that a reload does not touch and that have changed.
fn needs_restart(before: &Config, after: &Config) -> Vec<&'static str> {
    let sections = [
        ("[server]", before.server == after.server),
        ("[store]", before.store == after.store),
        ("[ledger]", before.ledger == after.ledger),
        ("[admin]", before.admin == after.admin),
        ("[limits]", before.limits == after.limits),
        ("[log]", before.log == after.log),
        ("[[plugins]]", before.plugins == after.plugins),
    ];
    sections.into_iter().filter(|(_, same)| !same).map(|(name, _)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_reload_cannot_change_is_named() {
        let mut after = Config::default();
        assert!(needs_restart(&Config::default(), &after).is_empty());
        after.limits.max_body_bytes = 1;
        after.plans.insert("x".into(), config::Plan { name: None, currency: Default::default(), rules: Vec::new(), unpriced: Default::default() });
        assert_eq!(needs_restart(&Config::default(), &after), ["[limits]"]);
    }
}
