//! The plugins: the built-in ones, those of `[[plugins]]`, and what each is configured with.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use weighbridge_bundle::Bundled;
use weighbridge_domain::{Clock, Digest};
use weighbridge_gateway::Dialects;
use weighbridge_plugin_api::{Adapter, Counter, Kind, Manifest, PluginIdentity, pricing::PricingRules};
use weighbridge_tokenizer::TokenizerFile;
use weighbridge_wasm::{HostOptions, InstallError, PluginHost};

use super::StartError;
use crate::config::{self, ConfigError, Loaded, Problem};

/// A plugin's manifest, in its folder.
const MANIFEST: &str = "plugin.toml";

type Settings = BTreeMap<String, toml::Value>;

/// Every plugin that is installed.
pub struct Plugins {
    host: PluginHost,
    manifests: Vec<Manifest>,
    /// What `[plugins.config]` says, by the plugin's name.
    configs: BTreeMap<String, Settings>,
    /// What `[[plugins]]` names, in its order, by the place there: a part of the host may be named more than once.
    named: Vec<(usize, String, Settings)>,
}

/// A plugin that `[[plugins]]` names by its file or folder.
struct Component {
    manifest: Manifest,
    /// Absent: it is data over an installed plugin's component.
    wasm: Option<Vec<u8>>,
}

impl Plugins {
    /// Starts the host and installs everything; what comes with the program is compiled when it is first used. Compiled components
    /// are kept in the data folder.
    pub fn start(loaded: &Loaded, clock: &Arc<dyn Clock>) -> Result<Self, StartError> {
        let entries = read(loaded)?;
        let cache_dir = Some(loaded.config.store.path.join("plugin-cache"));
        let host = PluginHost::new(HostOptions { cache_dir, clock: clock.clone(), ..HostOptions::default() })
            .map_err(|error| StartError::Plugins(error.to_string()))?;
        let mut manifests = Vec::new();
        for bundled in weighbridge_bundle::first_party() {
            let broken = |error: &dyn std::fmt::Display| StartError::Plugins(format!("the built-in plugin \"{}\": {error}", bundled.name));
            let manifest = Manifest::parse(bundled.manifest).map_err(|error| broken(&error))?;
            install(&host, manifest.clone(), bundled).map_err(|error| broken(&error))?;
            manifests.push(manifest);
        }
        let (mut configs, mut named) = (BTreeMap::new(), Vec::new());
        for (at, entry, component) in entries {
            let name = match component {
                None => entry.path.clone(),
                Some(Component { manifest, wasm }) => {
                    if manifests.iter().any(|known| known.name == manifest.name && known.kind == manifest.kind) {
                        let message = format!("there is a plugin named \"{}\" already; choose another name in its plugin.toml", manifest.name);
                        return Err(ConfigError(vec![problem(loaded, at, "path", message)]).into());
                    }
                    let name = manifest.name.clone();
                    let installed = match wasm {
                        Some(wasm) => host.install(manifest.clone(), &wasm),
                        None => host.install_data(manifest.clone()),
                    };
                    installed.map_err(|error| ConfigError(vec![problem(loaded, at, "path", error.to_string())]))?;
                    manifests.push(manifest);
                    name
                }
            };
            named.push((at, name.clone(), entry.config.clone()));
            configs.insert(name, entry.config.clone());
        }
        Ok(Self { host, manifests, configs, named })
    }
    /// The plugins of a running host, for a reload: the list of plugins itself is not changed by one.
    pub fn running(host: PluginHost, loaded: &Loaded) -> Result<Self, StartError> {
        let manifests = host.list().into_iter().map(|plugin| plugin.manifest).collect();
        let mut configs = BTreeMap::new();
        for (_, entry, component) in read(loaded)? {
            configs.insert(component.map_or_else(|| entry.path.clone(), |component| component.manifest.name), entry.config.clone());
        }
        Ok(Self { host, manifests, configs, named: Vec::new() })
    }
    /// Their manifests, the built-in ones first.
    pub fn manifests(&self) -> &[Manifest] {
        &self.manifests
    }
    /// What clients may speak: the built-in dialects and those that the plugins declare. Every one that cannot be taken up is told.
    pub fn dialects(&self) -> Result<Dialects, ConfigError> {
        let mut dialects = Dialects::built_in();
        let mut problems = Vec::new();
        for manifest in &self.manifests {
            for (at, facts) in manifest.dialects.iter().enumerate() {
                if let Err(bad) = dialects.add(facts) {
                    let origin = format!("plugin.toml of \"{}\"", manifest.name);
                    problems.push(Problem { origin, key: format!("dialects[{at}].{}", bad.key()), message: bad.to_string() });
                }
            }
        }
        if problems.is_empty() { Ok(dialects) } else { Err(ConfigError(problems)) }
    }
    /// Loads the rules of plans.
    pub fn rules(&self) -> Arc<dyn PricingRules> {
        Arc::new(self.host.clone())
    }
    /// An adapter, configured by `[plugins.config]` and, over that, by its provider's own.
    pub fn adapter(&self, name: &str, of_provider: &Settings) -> Result<Arc<dyn Adapter>, String> {
        let mut settings = self.configs.get(name).cloned().unwrap_or_default();
        settings.extend(of_provider.clone());
        self.host.adapter(name, &settings).map_err(|error| error.to_string())
    }
    /// The counters for what providers do not report: those that the operator names first, then the rest that there is.
    pub fn counters(&self, loaded: &Loaded) -> Result<Vec<Arc<dyn Counter>>, StartError> {
        let counter = |name: &str| self.manifests.iter().find(|manifest| manifest.kind == Kind::Counter && manifest.name == name);
        let mut counters = Vec::new();
        for (at, name, settings) in &self.named {
            let Some(manifest) = counter(name) else { continue };
            let opened = self.counter(manifest, settings, &folder(loaded));
            counters.push(opened.map_err(|message| ConfigError(vec![problem(loaded, *at, "config", message)]))?);
        }
        let unnamed = |manifest: &&Manifest| manifest.kind == Kind::Counter && manifest.native.is_none() && !self.configs.contains_key(&manifest.name);
        for manifest in self.manifests.iter().filter(unnamed) {
            let opened = self.host.counter(&manifest.name, &Settings::new());
            counters.push(opened.map_err(|error| StartError::Plugins(error.to_string()))?);
        }
        Ok(counters)
    }
    /// A counter that the operator names. What is configured is tried, so that a mistake is found at the start.
    fn counter(&self, manifest: &Manifest, settings: &Settings, folder: &Path) -> Result<Arc<dyn Counter>, String> {
        match manifest.native.as_deref() {
            None => {
                let counter = self.host.counter(&manifest.name, settings).map_err(|error| error.to_string())?;
                if !settings.is_empty() {
                    counter.count_texts("", &[""]).map_err(|error| error.to_string())?;
                }
                Ok(counter)
            }
            Some(weighbridge_tokenizer::NATIVE) => {
                let installed = self.host.list().into_iter().find(|plugin| plugin.manifest.kind == manifest.kind && plugin.manifest.name == manifest.name);
                let digest = installed.map_or(Digest([0; 32]), |plugin| plugin.digest);
                let identity = PluginIdentity { name: manifest.name.as_str().into(), version: manifest.version.as_str().into(), digest };
                let counter = TokenizerFile::open(Arc::new(identity), manifest, settings, folder).map_err(|error| error.to_string())?;
                Ok(Arc::new(counter))
            }
            Some(other) => Err(format!("there is no part of the host named \"{other}\"")),
        }
    }
    /// The host alone.
    pub fn into_host(self) -> PluginHost {
        self.host
    }
}

fn problem(loaded: &Loaded, at: usize, key: &str, message: impl Into<String>) -> Problem {
    loaded.problem(&["plugins"], format!("plugins[{at}].{key}"), message)
}

/// Paths in the configuration are taken from where its file is.
fn folder(loaded: &Loaded) -> PathBuf {
    loaded.file.as_deref().and_then(Path::parent).map(PathBuf::from).unwrap_or_default()
}

/// Installs what comes with the program.
fn install(host: &PluginHost, manifest: Manifest, bundled: &Bundled) -> Result<(), InstallError> {
    match (bundled.wasm, bundled.digest) {
        (Some(wasm), Some(digest)) => drop(host.install_embedded(manifest, wasm, Digest(digest))),
        _ if manifest.native.is_some() => drop(host.install_native(manifest, Digest::of(bundled.manifest.as_bytes()))),
        _ => drop(host.install_data(manifest)?),
    }
    Ok(())
}

/// The entries of `[[plugins]]`, each with its component if it names a file. Every problem is told.
#[expect(clippy::type_complexity, reason = "an entry, its place, and what was read for it")]
fn read(loaded: &Loaded) -> Result<Vec<(usize, &config::Plugin, Option<Component>)>, ConfigError> {
    let folder = folder(loaded);
    let mut entries = Vec::new();
    let mut problems = Vec::new();
    for (at, entry) in loaded.config.plugins.iter().enumerate() {
        if !entry.grant.http.is_empty() {
            problems.push(problem(loaded, at, "grant.http", "no plugin of this version can reach the network; leave it empty"));
        }
        match component(&folder, &entry.path) {
            Ok(component) => entries.push((at, entry, component)),
            Err(message) => problems.push(problem(loaded, at, "path", message)),
        }
    }
    if problems.is_empty() { Ok(entries) } else { Err(ConfigError(problems)) }
}

fn component(folder: &Path, path: &str) -> Result<Option<Component>, String> {
    if path.starts_with("oci://") {
        return Err("plugins from a registry are not yet in this version; give the path of a .wasm file, or of a folder with a plugin.toml".into());
    }
    let known: Vec<&str> = weighbridge_bundle::first_party().iter().map(|bundled| bundled.name).collect();
    if known.contains(&path) {
        return Ok(None);
    }
    let place = folder.join(path);
    if path.ends_with(".wasm") {
        let wasm = std::fs::read(&place).map_err(|error| format!("{} cannot be read: {error}", place.display()))?;
        let manifest = manifest(&place.with_file_name(MANIFEST), "; a plugin's manifest lies beside its .wasm file")?;
        return Ok(Some(Component { manifest, wasm: Some(wasm) }));
    }
    let named = place.file_name().is_some_and(|name| name == MANIFEST);
    if !named && !place.is_dir() {
        let known = known.join(", ");
        return Err(format!(
            "there is no built-in plugin named \"{path}\"; expected the path of a .wasm file, of a folder with a plugin.toml, or one of: {known}"
        ));
    }
    let place = if named { place } else { place.join(MANIFEST) };
    let manifest = manifest(&place, "")?;
    if manifest.component.is_none() {
        let place = place.display();
        return Err(format!(
            "{place}: without a .wasm file a plugin is data and names in `component` the plugin it configures; one of code is given by the path of its .wasm file"
        ));
    }
    Ok(Some(Component { manifest, wasm: None }))
}

fn manifest(path: &Path, hint: &str) -> Result<Manifest, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{} cannot be read: {error}{hint}", path.display()))?;
    Manifest::parse(&text).map_err(|error| format!("{}: {error}", path.display()))
}
