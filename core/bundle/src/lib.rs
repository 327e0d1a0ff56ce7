//! The first-party plugins and the price catalogue, embedded. `build/main.rs` builds them from `plugins/` and writes the table.

/// A first-party plugin.
#[derive(Debug, Clone, Copy)]
pub struct Bundled {
    /// The manifest's name.
    pub name: &'static str,
    /// `adapter`, `counter`, `pricing` or `exporter`.
    pub kind: &'static str,
    /// The text of its `plugin.toml`.
    pub manifest: &'static str,
    /// The component; `None` for a plugin that is data over another plugin's component or over a part of the host.
    pub wasm: Option<&'static [u8]>,
    /// SHA-256 of the component, known without reading it: a plugin that is never used is never paged in.
    pub digest: Option<[u8; 32]>,
}

include!(concat!(env!("OUT_DIR"), "/table.rs"));

/// Every first-party plugin; a component comes before the plugins that are data over it.
pub fn first_party() -> &'static [Bundled] {
    FIRST_PARTY
}

/// The price catalogue, `plugins/catalogue/prices.toml`.
pub fn catalogue() -> &'static str {
    CATALOGUE
}

/// How imported price files map onto ours, `plugins/catalogue/import.toml`.
pub fn import_maps() -> &'static str {
    IMPORT_MAPS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn components_are_components_and_data_names_one_of_them() {
        let plugins = first_party();
        assert!(plugins.iter().any(|plugin| plugin.kind == "pricing" && plugin.name == "cost-plus"));
        for (at, plugin) in plugins.iter().enumerate() {
            match plugin.wasm {
                // The preamble of a component: magic, version 13, layer 1.
                Some(wasm) => assert_eq!(&wasm[..8], b"\0asm\x0d\0\x01\0", "{}", plugin.name),
                None if plugin.manifest.contains("native = ") => {}
                None => {
                    let base = |other: &&Bundled| {
                        other.kind == plugin.kind && other.wasm.is_some() && plugin.manifest.contains(&format!("component = \"{}\"", other.name))
                    };
                    assert!(plugins[..at].iter().any(|other| base(&other)), "{} names no component before it", plugin.name);
                }
            }
        }
    }
}
