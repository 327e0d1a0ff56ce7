//! The host: installs plugins and hands out filled sockets.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::{Mutex, RwLock};
use weighbridge_domain::Digest;
use weighbridge_plugin_api::pricing::{LoadError, PricingRule as PricingSocket, PricingRules};
use weighbridge_plugin_api::{
    Adapter as AdapterSocket, Counter as CounterSocket, Failure, Kind, Manifest, PluginError, PluginIdentity, manifest::ManifestError,
};

use crate::adapter::Adapter;
use crate::code::{Code, Compiler, NotLinked};
use crate::counter::Counter;
use crate::installed::Installed;
use crate::instances::Instances;
use crate::log::PluginLog;
use crate::pool::{Plugin, Runtime};
use crate::pricing::PricingRule;
use crate::ticker::Ticker;
use crate::{HostOptions, engine, v0_1_0};

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
    /// What comes with the program could not be compiled.
    #[error(transparent)]
    Install(#[from] InstallError),
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
    compiler: Compiler,
    runtime: Arc<Runtime>,
    installed: RwLock<BTreeMap<(Kind, String), Arc<Installed>>>,
    /// Rules by plugin, digest and sheet, so that plans which share a sheet share instances.
    rules: Mutex<BTreeMap<(String, Digest, Digest), std::sync::Weak<PricingRule>>>,
}

impl PluginHost {
    /// Starts the engine; nothing is installed yet.
    pub fn new(options: HostOptions) -> Result<Self, HostError> {
        let engine = engine::new(&options).map_err(|error| HostError::Engine(format!("{error:#}")))?;
        let ticker = Ticker::start(&engine)?;
        let idle = std::thread::available_parallelism().map_or(4, usize::from).max(2) * 2;
        let instances = Instances::new(options.instances);
        let compiler = Compiler { engine: engine.clone(), cache_dir: options.cache_dir.clone() };
        let runtime = Arc::new(Runtime { engine, ticker, clock: options.clock.clone(), instances, configure_ms: options.configure_ms, idle });
        let inner = Inner { options, compiler, runtime, installed: RwLock::default(), rules: Mutex::default() };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Installs a plugin with a component of its own; one of the same kind and name is replaced, and serves whoever holds it
    /// until they let go.
    pub fn install(&self, manifest: Manifest, wasm: &[u8]) -> Result<InstalledPlugin, InstallError> {
        let digest = Digest::of(wasm);
        let linked = self.inner.compiler.link(wasm, digest, manifest.kind).map_err(|why| not_linked(&manifest, why))?;
        Ok(self.put(manifest, Code::Linked(linked), digest))
    }

    /// Installs a plugin that comes with the program and was checked when that was built: it is compiled when it is first used.
    pub fn install_embedded(&self, manifest: Manifest, wasm: &'static [u8], digest: Digest) -> InstalledPlugin {
        let code = Code::embedded(wasm, digest, manifest.kind);
        self.put(manifest, code, digest)
    }

    /// Installs a plugin whose work a part of the host does: it is listed and configured as any other, and filled elsewhere.
    pub fn install_native(&self, manifest: Manifest, digest: Digest) -> InstalledPlugin {
        self.put(manifest, Code::Native, digest)
    }

    /// Installs a plugin that is data over the component of another of its kind, which must be installed.
    pub fn install_data(&self, manifest: Manifest) -> Result<InstalledPlugin, InstallError> {
        let Some(component) = manifest.component.clone() else { return Err(InstallError::NoComponent { name: manifest.name }) };
        let base = self.inner.installed.read().get(&(manifest.kind, component.clone())).cloned();
        let Some(base) = base else {
            return Err(InstallError::Base { kind: manifest.kind.as_str(), known: self.known(manifest.kind), name: manifest.name, component });
        };
        Ok(self.put(manifest, base.code.clone(), base.identity.digest))
    }

    /// Installs from the text of a `plugin.toml` and, where the plugin has one, its component.
    pub fn install_text(&self, manifest: &str, wasm: Option<&[u8]>) -> Result<InstalledPlugin, InstallError> {
        let manifest = Manifest::parse(manifest)?;
        match wasm {
            Some(wasm) => self.install(manifest, wasm),
            None => self.install_data(manifest),
        }
    }

    fn put(&self, manifest: Manifest, code: Code, digest: Digest) -> InstalledPlugin {
        let identity = PluginIdentity { name: manifest.name.as_str().into(), version: manifest.version.as_str().into(), digest };
        let log = Arc::new(PluginLog::new(identity.name.clone(), self.inner.options.clock.clone()));
        let limits = self.inner.options.limits(manifest.kind);
        let key = (manifest.kind, manifest.name.clone());
        let installed = Installed { manifest: manifest.clone(), identity: Arc::new(identity), code, limits, log };
        self.inner.installed.write().insert(key, Arc::new(installed));
        InstalledPlugin { manifest, digest }
    }

    /// An adapter, configured by its manifest and the operator.
    pub fn adapter(&self, name: &str, operator: &BTreeMap<String, toml::Value>) -> Result<Arc<dyn AdapterSocket>, UseError> {
        let installed = self.get(Kind::Adapter, name)?;
        let (runtime, plugin) = self.ready(&installed)?;
        let adapter = Adapter::open(runtime, plugin, installed.manifest.config_json(operator))?;
        Ok(Arc::new(adapter))
    }

    /// A counter, configured by its manifest and the operator. One that says its models in its configuration is loaded when it is first
    /// used.
    pub fn counter(&self, name: &str, operator: &BTreeMap<String, toml::Value>) -> Result<Arc<dyn CounterSocket>, UseError> {
        let installed = self.get(Kind::Counter, name)?;
        let (config, scope) = (installed.manifest.config_json(operator), installed.manifest.scope(operator));
        let counter = Counter::new(self.clone(), installed, config, scope)?;
        Ok(Arc::new(counter))
    }

    /// Everything installed, by kind and name.
    pub fn list(&self) -> Vec<InstalledPlugin> {
        let installed = self.inner.installed.read();
        installed.values().map(|plugin| InstalledPlugin { manifest: plugin.manifest.clone(), digest: plugin.identity.digest }).collect()
    }

    /// What a pool of the plugin's instances is made from; compiles it if nobody did.
    pub(crate) fn ready(&self, installed: &Installed) -> Result<(Arc<Runtime>, Plugin), InstallError> {
        let linked = installed.code.linked(&self.inner.compiler).map_err(|why| not_linked(&installed.manifest, why))?;
        let plugin = Plugin { identity: installed.identity.clone(), linked, limits: installed.limits, log: installed.log.clone() };
        Ok((self.inner.runtime.clone(), plugin))
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

fn not_linked(manifest: &Manifest, why: NotLinked) -> InstallError {
    let (name, kind) = (manifest.name.clone(), manifest.kind);
    match why {
        NotLinked::Component(reason) => InstallError::Component { name, reason },
        NotLinked::Import(import) => InstallError::Import { name, import, kind: kind.as_str() },
        NotLinked::Export => InstallError::Export { name, kind: kind.as_str(), interface: v0_1_0::interface(kind) },
    }
}

impl PricingRules for PluginHost {
    fn load(&self, rule: &str, sheet_json: &str) -> Result<Arc<dyn PricingSocket>, LoadError> {
        let installed = self.get(Kind::Pricing, rule).map_err(|_| LoadError::Unknown { name: rule.to_owned(), known: self.known(Kind::Pricing) })?;
        let key = (rule.to_owned(), installed.identity.digest, Digest::of(sheet_json.as_bytes()));
        if let Some(loaded) = self.inner.rules.lock().get(&key).and_then(std::sync::Weak::upgrade) {
            return Ok(loaded);
        }
        let (runtime, plugin) = self
            .ready(&installed)
            .map_err(|error| LoadError::Plugin(PluginError { plugin: installed.identity.clone(), call: "load", failure: Failure::Host(error.to_string()) }))?;
        let loaded = Arc::new(PricingRule::open(runtime, plugin, sheet_json)?);
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
