//! A plugin's code: compiled and linked when it is installed, or, for what comes with the program, when it is first used.

use std::path::PathBuf;
use std::sync::Arc;

use parking_lot::Mutex;
use wasmtime::Engine;
use weighbridge_domain::Digest;
use weighbridge_plugin_api::Kind;

use crate::cache;
use crate::capability::{Linked, Unlinked};

/// Why a component was not linked.
pub(crate) enum NotLinked {
    /// Not WebAssembly, not a component, or not of these types.
    Component(String),
    /// It wants what no plugin gets.
    Import(String),
    /// It does not fill the socket of its manifest.
    Export,
}

/// What a plugin runs. Cheap to clone: plugins that are data share the code of their base.
#[derive(Clone)]
pub(crate) enum Code {
    /// Ready to be instantiated.
    Linked(Linked),
    /// Embedded in the program and not looked at before it is needed.
    Embedded(Arc<Embedded>),
    /// A part of the host.
    Native,
}

/// A component that is compiled at its first use.
pub(crate) struct Embedded {
    wasm: &'static [u8],
    digest: Digest,
    kind: Kind,
    linked: Mutex<Option<Linked>>,
}

/// Compiles, keeps what was compiled, and links.
pub(crate) struct Compiler {
    pub(crate) engine: Engine,
    pub(crate) cache_dir: Option<PathBuf>,
}

impl Compiler {
    /// Makes a component ready to be instantiated.
    pub(crate) fn link(&self, wasm: &[u8], digest: Digest, kind: Kind) -> Result<Linked, NotLinked> {
        let component = cache::component(&self.engine, self.cache_dir.as_deref(), wasm, digest).map_err(|error| NotLinked::Component(format!("{error:#}")))?;
        Linked::new(&self.engine, &component, kind).map_err(|unlinked| match unlinked {
            Unlinked::Import(import) => NotLinked::Import(import),
            Unlinked::Export => NotLinked::Export,
            Unlinked::Type(reason) => NotLinked::Component(reason),
        })
    }
}

impl Code {
    pub(crate) fn embedded(wasm: &'static [u8], digest: Digest, kind: Kind) -> Self {
        Self::Embedded(Arc::new(Embedded { wasm, digest, kind, linked: Mutex::default() }))
    }
    /// The code, linked. Whoever comes first compiles; the others wait for it.
    pub(crate) fn linked(&self, compiler: &Compiler) -> Result<Linked, NotLinked> {
        match self {
            Self::Linked(linked) => Ok(linked.clone()),
            Self::Native => Err(NotLinked::Component("it is a part of the host".into())),
            Self::Embedded(embedded) => {
                let mut linked = embedded.linked.lock();
                if let Some(linked) = &*linked {
                    return Ok(linked.clone());
                }
                let fresh = compiler.link(embedded.wasm, embedded.digest, embedded.kind)?;
                Ok(linked.insert(fresh).clone())
            }
        }
    }
}
