//! From a core module to a component whose import list is the capability list: `log` and nothing else.

use wit_component::{ComponentEncoder, DecodedWasm};
use wit_parser::{Resolve, World, WorldItem, WorldKey};

const LOG: &str = "weighbridge:plugin/log@0.1.0";

/// Componentises a module without any adapter, and checks what it imports and that it exports this interface.
pub(crate) fn componentise(module: &[u8], export: &str) -> Result<Vec<u8>, String> {
    let mut encoder = ComponentEncoder::default();
    let encoded = encoder.validate(true).module(module).and_then(ComponentEncoder::encode);
    let wasm = encoded.map_err(|error| format!("it does not make a component: {error:#}"))?;
    check(&wasm, export)?;
    Ok(wasm)
}

fn check(wasm: &[u8], export: &str) -> Result<(), String> {
    let decoded = wit_component::decode(wasm).map_err(|error| format!("the component cannot be read back: {error:#}"))?;
    let DecodedWasm::Component(resolve, world) = decoded else { return Err("it is a WIT package, not a component".into()) };
    let world: &World = &resolve.worlds[world];
    for (key, item) in &world.imports {
        let name = name(&resolve, key);
        // An interface that only names types gives no capability.
        let types_only = matches!(item, WorldItem::Interface { id, .. } if resolve.interfaces[*id].functions.is_empty());
        if name != LOG && !types_only {
            return Err(format!("it imports \"{name}\"; a plugin may import \"{LOG}\" and nothing else"));
        }
    }
    if world.exports.keys().any(|key| name(&resolve, key) == export) {
        return Ok(());
    }
    Err(format!("it does not export \"{export}\": is the `register_…!` macro there?"))
}

fn name(resolve: &Resolve, key: &WorldKey) -> String {
    resolve.name_world_key(key)
}
