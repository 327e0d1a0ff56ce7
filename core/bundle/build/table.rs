//! The Rust source of the table: what `src/lib.rs` includes.

use std::fmt::Write as _;
use std::path::Path;

use crate::{Problem, discover::Plugin};

/// Renders the table and the embedded catalogue.
pub(crate) fn render(root: &Path, plugins: &[Plugin]) -> Result<String, Problem> {
    let mut text = String::from("const FIRST_PARTY: &[Bundled] = &[\n");
    for plugin in plugins {
        let manifest = plugin.folder.join("plugin.toml");
        let wasm = match plugin.package {
            Some(_) => format!("Some(include_bytes!(concat!(env!(\"OUT_DIR\"), \"/\", {:?})))", plugin.file_name()),
            None => "None".into(),
        };
        let _ = writeln!(text, "    Bundled {{ name: {:?}, kind: {:?}, manifest: include_str!({manifest:?}), wasm: {wasm} }},", plugin.name, plugin.kind);
    }
    text.push_str("];\n");
    for (constant, file) in [("CATALOGUE", "prices.toml"), ("IMPORT_MAPS", "import.toml")] {
        let path = root.join("plugins/catalogue").join(file);
        if !path.is_file() {
            return Err(format!("{} is missing", path.display()));
        }
        let _ = writeln!(text, "const {constant}: &str = include_str!({path:?});");
    }
    Ok(text)
}
