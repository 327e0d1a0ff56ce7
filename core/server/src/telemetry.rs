//! Logging: to stderr, by `RUST_LOG` or `[log] level`.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

use crate::config::{Environment, Log, LogFormat};

/// Why logging cannot begin.
#[derive(Debug, thiserror::Error)]
#[error("{origin}: {filter:?} is not a log level: {reason}; expected error, warn, info, debug, trace, or a filter such as info,weighbridge_ledger=debug")]
pub struct LogError {
    origin: &'static str,
    filter: String,
    reason: String,
}

/// Begins to log. The first call counts; tests and the demo may have been there before.
pub fn start(log: &Log, environment: &Environment) -> Result<(), LogError> {
    let (origin, filter) = match environment.get("RUST_LOG") {
        Some(filter) => ("RUST_LOG", filter),
        None => ("log.level", log.level.as_str()),
    };
    let filter = EnvFilter::try_new(filter).map_err(|error| LogError { origin, filter: filter.to_owned(), reason: error.to_string() })?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal());
    let _ = match log.format {
        LogFormat::Text => builder.with_target(false).try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
    Ok(())
}
