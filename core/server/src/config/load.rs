//! Reads the configuration in layers: defaults < file < environment < flags.

use std::path::{Path, PathBuf};

use figment::{
    Error, Figment, Metadata, Profile, Provider,
    providers::{Format, Toml},
    value::{Dict, Map, Value},
};

use super::{Config, ConfigError, Engine, Environment, Problem, error::origin_of};

/// The file that is taken when none is named.
pub const FILE_NAME: &str = "weighbridge.toml";
/// What a layer's errors call it.
pub(super) const FLAGS_LAYER: &str = "command line";

/// What the command line sets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flags {
    /// `--listen`
    pub listen: Option<String>,
    /// `--admin-listen`
    pub admin_listen: Option<String>,
    /// `--data`
    pub store_path: Option<String>,
}

/// A configuration and where it came from.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The configuration.
    pub config: Config,
    /// The file, if there was one.
    pub file: Option<PathBuf>,
    layers: Figment,
}

impl Loaded {
    /// A problem with the value at `path` (`["providers", "x", "plugin"]`), naming the layer that set it.
    pub fn problem(&self, path: &[&str], key: impl Into<String>, message: impl Into<String>) -> Problem {
        let metadata = self.layers.find_metadata(&path.join("."));
        let path: Vec<String> = path.iter().map(|part| (*part).to_owned()).collect();
        let origin = match origin_of(metadata, &path) {
            unknown if unknown.is_empty() => self.file.as_deref().map(|file| file.display().to_string()).unwrap_or_default(),
            origin => origin,
        };
        Problem { origin, key: key.into(), message: message.into() }
    }
}

/// Reads the configuration. `file`: the one that was asked for, which must exist; else `weighbridge.toml` in `folder` if it is there.
pub fn load(file: Option<&Path>, folder: &Path, environment: &Environment, flags: &Flags) -> Result<Loaded, ConfigError> {
    let file = match file {
        Some(file) => Some(file.to_owned()),
        None => Some(folder.join(FILE_NAME)).filter(|file| file.exists()),
    };
    let mut layers = Figment::new();
    if let Some(file) = &file {
        // Read here, so that a missing or unreadable file says so in the system's words.
        std::fs::read_to_string(file).map_err(|error| ConfigError::one(file.display().to_string(), "", format!("cannot be read: {error}")))?;
        layers = layers.merge(Toml::file_exact(file));
    }
    layers = layers.merge(environment.clone()).merge(flags.clone());
    let config: Config = layers.extract().map_err(|error| relative_to(error.into(), file.as_deref()))?;
    let loaded = Loaded { config, file, layers };
    if loaded.config.store.engine == Engine::Postgres {
        let message = "\"postgres\" is not yet in this version; use \"sled\", which keeps everything in the data folder";
        return Err(ConfigError(vec![loaded.problem(&["store", "engine"], "store.engine", message)]));
    }
    Ok(loaded)
}

/// A missing key has no layer of its own: it is missing from the file.
fn relative_to(mut error: ConfigError, file: Option<&Path>) -> ConfigError {
    for problem in &mut error.0 {
        if let (true, Some(file)) = (problem.origin.is_empty(), file) {
            problem.origin = file.display().to_string();
        }
    }
    error
}

impl Provider for Flags {
    fn metadata(&self) -> Metadata {
        Metadata::named(FLAGS_LAYER)
    }
    fn data(&self) -> Result<Map<Profile, Dict>, Error> {
        let mut root = Dict::new();
        for (section, key, value) in [("server", "listen", &self.listen), ("server", "admin_listen", &self.admin_listen), ("store", "path", &self.store_path)] {
            let Some(value) = value else { continue };
            if let Value::Dict(_, section) = root.entry(section.to_owned()).or_insert_with(|| Value::from(Dict::new())) {
                section.insert(key.to_owned(), Value::from(value.as_str()));
            }
        }
        Ok(Map::from([(Profile::Default, root)]))
    }
}
