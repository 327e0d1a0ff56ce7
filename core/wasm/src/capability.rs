//! The import list is the capability list: which imports a component may have, and the linker that provides them.

use wasmtime::component::{Component, Instance, InstancePre, Linker, types::ComponentItem};
use wasmtime::{Engine, Store};
use weighbridge_plugin_api::Kind;

use crate::guest::Guest;
use crate::v0_1_0;

/// A component whose imports are provided for.
#[derive(Clone)]
pub(crate) struct Linked(InstancePre<Guest>);

/// Why a component was not linked.
pub(crate) enum Unlinked {
    /// It wants what no plugin gets.
    Import(String),
    /// It does not fill the socket of its manifest.
    Export,
    /// It fits by name but not by type.
    Type(String),
}

impl Linked {
    /// Checks imports and exports by name and links `log`.
    pub(crate) fn new(engine: &Engine, component: &Component, kind: Kind) -> Result<Self, Unlinked> {
        let ty = component.component_type();
        for (name, import) in ty.imports(engine) {
            // An instance that only names types gives no capability.
            let types_only = |item: &ComponentItem| matches!(item, ComponentItem::Type(_));
            let harmless = matches!(&import.ty, ComponentItem::ComponentInstance(instance) if instance.exports(engine).all(|(_, item)| types_only(&item.ty)));
            if name != v0_1_0::LOG && !harmless {
                return Err(Unlinked::Import(name.to_owned()));
            }
        }
        if component.get_export_index(None, v0_1_0::interface(kind)).is_none() {
            return Err(Unlinked::Export);
        }
        let link = || {
            let mut linker = Linker::new(engine);
            v0_1_0::provide_log(&mut linker)?;
            linker.instantiate_pre(component)
        };
        link().map(Self).map_err(|error: wasmtime::Error| Unlinked::Type(format!("{error:#}")))
    }
    pub(crate) fn instantiate(&self, store: &mut Store<Guest>) -> wasmtime::Result<Instance> {
        self.0.instantiate(store)
    }
}
