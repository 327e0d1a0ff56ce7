//! The Rust source of the table: what `src/lib.rs` includes.

use std::fmt::Write as _;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use crate::{Problem, discover::Plugin};

/// Renders the table and the embedded catalogue.
pub(crate) fn render(root: &Path, out: &Path, plugins: &[Plugin]) -> Result<String, Problem> {
    let mut text = String::from("const FIRST_PARTY: &[Bundled] = &[\n");
    for plugin in plugins {
        let manifest = plugin.folder.join("plugin.toml");
        let (wasm, digest) = match plugin.package {
            Some(_) => {
                let bytes = std::fs::read(out.join(plugin.file_name())).map_err(|error| format!("{}: {error}", plugin.file_name()))?;
                let digest: [u8; 32] = Sha256::digest(bytes).into();
                (format!("Some(include_bytes!(concat!(env!(\"OUT_DIR\"), \"/\", {:?})))", plugin.file_name()), format!("Some({digest:?})"))
            }
            None => ("None".into(), "None".into()),
        };
        let (name, kind) = (&plugin.name, plugin.kind);
        let _ = writeln!(text, "    Bundled {{ name: {name:?}, kind: {kind:?}, manifest: include_str!({manifest:?}), wasm: {wasm}, digest: {digest} }},");
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
