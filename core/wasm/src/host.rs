//! The host: installs plugins and hands out filled sockets.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::{Mutex, RwLock};
use weighbridge_domain::Digest;
use weighbridge_plugin_api::pricing::{LoadError, PricingRule as PricingSocket, PricingRules};
use weighbridge_plugin_api::{Adapter as AdapterSocket, Counter as CounterSocket, Kind, Manifest, PluginError, PluginIdentity, manifest::ManifestError};

use crate::adapter::Adapter;
use crate::capability::{Linked, Unlinked};
use crate::counter::Counter;
use crate::instances::Instances;
use crate::log::PluginLog;
use crate::pool::{Plugin, Runtime};
use crate::pricing::PricingRule;
use crate::ticker::Ticker;
use crate::{HostOptions, cache, engine, v0_1_0};

/// Why there is no host.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// The engine would not start.
    #[error("the WebAssembly engine could not be started: {0}")]
    Engine(String),
    /// No thread for the deadlines.
    #[error("the thread that keeps the plugins' deadlines could not be started: {0}")]
    Ticker(#[from] std::io::Error),
}

/// Why a plugin was not installed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InstallError {
    /// Its manifest was not read.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// Not WebAssembly, or not a component.
    #[error("plugin \"{name}\": this is not a component that can be run here: {reason}")]
    Component {
        /// The plugin.
        name: String,
        /// What the compiler says.
        reason: String,
    },
    /// It asks for more than a plugin gets.
    #[error("plugin \"{name}\" imports \"{import}\": a plugin of kind \"{kind}\" may import \"{}\" and nothing else", v0_1_0::LOG)]
    Import {
        /// The plugin.
        name: String,
        /// What it asks for.
        import: String,
        /// Its kind.
        kind: &'static str,
    },
    /// It is not what its manifest says.
    #[error("plugin \"{name}\": its manifest says kind \"{kind}\", but it does not export \"{interface}\"")]
    Export {
        /// The plugin.
        name: String,
        /// Its kind.
        kind: &'static str,
        /// What it should export.
        interface: &'static str,
    },
    /// It is data over a component that is not there.
    #[error("plugin \"{name}\" uses the component of \"{component}\", but no {kind} of that name is installed; there is: {known}")]
    Base {
        /// The plugin.
        name: String,
        /// What it names.
        component: String,
        /// Its kind.
        kind: &'static str,
        /// What there is.
        known: String,
    },
    /// A manifest without a component, neither its own nor another's.
    #[error("plugin \"{name}\" has no component: give its .wasm, or name in plugin.toml the `component` that it configures")]
    NoComponent {
        /// The plugin.
        name: String,
    },
}

/// Why a socket was not filled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UseError {
    /// No plugin of that name.
    #[error("there is no {kind} plugin named \"{name}\"; there is: {known}")]
    Unknown {
        /// The kind.
        kind: &'static str,
        /// The name.
        name: String,
        /// The names that exist.
        known: String,
    },
    /// The plugin failed, or refused its configuration.
    #[error(transparent)]
    Plugin(#[from] PluginError),
}

/// What is installed.
#[derive(Debug, Clone)]
pub struct InstalledPlugin {
    /// Its manifest.
    pub manifest: Manifest,
    /// SHA-256 of its component.
    pub digest: Digest,
}

/// Runs plugins. Cheap to clone.
#[derive(Clone)]
pub struct PluginHost {
    inner: Arc<Inner>,
}

struct Inner {
    options: HostOptions,
    runtime: Arc<Runtime>,
    installed: RwLock<BTreeMap<(Kind, String), Arc<Installed>>>,
    /// Rules by plugin, digest and sheet, so that plans which share a sheet share instances.
    rules: Mutex<BTreeMap<(String, Digest, Digest), std::sync::Weak<PricingRule>>>,
}

struct Installed {
    manifest: Manifest,
    plugin: Plugin,
}

impl PluginHost {
    /// Starts the engine; nothing is installed yet.
    pub fn new(options: HostOptions) -> Result<Self, HostError> {
        let engine = engine::new(&options).map_err(|error| HostError::Engine(format!("{error:#}")))?;
        let ticker = Ticker::start(&engine)?;
        let idle = std::thread::available_parallelism().map_or(4, usize::from).max(2) * 2;
        let instances = Instances::new(options.instances);
        let runtime = Arc::new(Runtime { engine, ticker, clock: options.clock.clone(), instances, configure_ms: options.configure_ms, idle });
        let inner = Inner { options, runtime, installed: RwLock::default(), rules: Mutex::default() };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Installs a plugin with a component of its own; one of the same kind and name is replaced, and serves whoever holds it
    /// until they let go.
    pub fn install(&self, manifest: Manifest, wasm: &[u8]) -> Result<InstalledPlugin, InstallError> {
        let name = || manifest.name.clone();
        let (engine, kind) = (&self.inner.runtime.engine, manifest.kind);
        let digest = Digest::of(wasm);
        let component = cache::component(engine, self.inner.options.cache_dir.as_deref(), wasm, digest)
            .map_err(|error| InstallError::Component { name: name(), reason: format!("{error:#}") })?;
        let linked = Linked::new(engine, &component, kind).map_err(|unlinked| match unlinked {
            Unlinked::Import(import) => InstallError::Import { name: name(), import, kind: kind.as_str() },
            Unlinked::Export => InstallError::Export { name: name(), kind: kind.as_str(), interface: v0_1_0::interface(kind) },
            Unlinked::Type(reason) => InstallError::Component { name: name(), reason },
        })?;
        Ok(self.put(manifest, linked, digest))
    }

    /// Installs a plugin that is data over the component of another of its kind, which must be installed.
    pub fn install_data(&self, manifest: Manifest) -> Result<InstalledPlugin, InstallError> {
        let Some(component) = manifest.component.clone() else { return Err(InstallError::NoComponent { name: manifest.name }) };
        let base = self.inner.installed.read().get(&(manifest.kind, component.clone())).cloned();
        let Some(base) = base else {
            return Err(InstallError::Base { kind: manifest.kind.as_str(), known: self.known(manifest.kind), name: manifest.name, component });
        };
        Ok(self.put(manifest, base.plugin.linked.clone(), base.plugin.identity.digest))
    }

    /// Installs from the text of a `plugin.toml` and, where the plugin has one, its component.
    pub fn install_text(&self, manifest: &str, wasm: Option<&[u8]>) -> Result<InstalledPlugin, InstallError> {
        let manifest = Manifest::parse(manifest)?;
        match wasm {
            Some(wasm) => self.install(manifest, wasm),
            None => self.install_data(manifest),
        }
    }

    fn put(&self, manifest: Manifest, linked: Linked, digest: Digest) -> InstalledPlugin {
        let identity = PluginIdentity { name: manifest.name.as_str().into(), version: manifest.version.as_str().into(), digest };
        let log = Arc::new(PluginLog::new(identity.name.clone(), self.inner.options.clock.clone()));
        let plugin = Plugin { identity: Arc::new(identity), linked, limits: self.inner.options.limits(manifest.kind), log };
        let key = (manifest.kind, manifest.name.clone());
        self.inner.installed.write().insert(key, Arc::new(Installed { manifest: manifest.clone(), plugin }));
        InstalledPlugin { manifest, digest }
    }

    /// An adapter, configured by its manifest and the operator.
    pub fn adapter(&self, name: &str, operator: &BTreeMap<String, toml::Value>) -> Result<Arc<dyn AdapterSocket>, UseError> {
        let installed = self.get(Kind::Adapter, name)?;
        let adapter = Adapter::open(self.inner.runtime.clone(), installed.plugin.clone(), installed.manifest.config_json(operator))?;
        Ok(Arc::new(adapter))
    }

    /// A counter, configured by its manifest and the operator.
    pub fn counter(&self, name: &str, operator: &BTreeMap<String, toml::Value>) -> Result<Arc<dyn CounterSocket>, UseError> {
        let installed = self.get(Kind::Counter, name)?;
        let counter = Counter::open(self.inner.runtime.clone(), installed.plugin.clone(), installed.manifest.config_json(operator))?;
        Ok(Arc::new(counter))
    }

    /// Everything installed, by kind and name.
    pub fn list(&self) -> Vec<InstalledPlugin> {
        let installed = self.inner.installed.read();
        installed.values().map(|plugin| InstalledPlugin { manifest: plugin.manifest.clone(), digest: plugin.plugin.identity.digest }).collect()
    }

    fn get(&self, kind: Kind, name: &str) -> Result<Arc<Installed>, UseError> {
        let found = self.inner.installed.read().get(&(kind, name.to_owned())).cloned();
        found.ok_or_else(|| UseError::Unknown { kind: kind.as_str(), name: name.to_owned(), known: self.known(kind) })
    }

    fn known(&self, kind: Kind) -> String {
        let installed = self.inner.installed.read();
        let names: Vec<_> = installed.keys().filter(|(of, _)| *of == kind).map(|(_, name)| name.as_str()).collect();
        if names.is_empty() { "none".into() } else { names.join(", ") }
    }
}

impl PricingRules for PluginHost {
    fn load(&self, rule: &str, sheet_json: &str) -> Result<Arc<dyn PricingSocket>, LoadError> {
        let installed = self.get(Kind::Pricing, rule).map_err(|_| LoadError::Unknown { name: rule.to_owned(), known: self.known(Kind::Pricing) })?;
        let key = (rule.to_owned(), installed.plugin.identity.digest, Digest::of(sheet_json.as_bytes()));
        if let Some(loaded) = self.inner.rules.lock().get(&key).and_then(std::sync::Weak::upgrade) {
            return Ok(loaded);
        }
        let loaded = Arc::new(PricingRule::open(self.inner.runtime.clone(), installed.plugin.clone(), sheet_json)?);
        let mut rules = self.inner.rules.lock();
        rules.retain(|_, rule| rule.strong_count() > 0);
        rules.insert(key, Arc::downgrade(&loaded));
        Ok(loaded)
    }
}

impl std::fmt::Debug for PluginHost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PluginHost").field("installed", &self.list().len()).finish_non_exhaustive()
    }
}
