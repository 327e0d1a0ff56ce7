//! Which plugins there are: every folder of `plugins/<kind>/` with a `plugin.toml`.

use std::path::{Path, PathBuf};

use crate::Problem;

/// Folder and the kind that its plugins have.
const KINDS: [(&str, &str); 4] = [("adapters", "adapter"), ("counters", "counter"), ("pricing", "pricing"), ("exporters", "exporter")];

/// A plugin's folder.
pub(crate) struct Plugin {
    /// Where it is.
    pub(crate) folder: PathBuf,
    /// The manifest's name.
    pub(crate) name: String,
    /// The manifest's kind, which is the folder's.
    pub(crate) kind: &'static str,
    /// The crate in it, if it is code.
    pub(crate) package: Option<String>,
}

impl Plugin {
    /// The component's file name in `OUT_DIR`.
    pub(crate) fn file_name(&self) -> String {
        format!("{}.{}.wasm", self.kind, self.name)
    }
}

/// Every plugin: code first, then data, each by kind and name.
pub(crate) fn plugins(root: &Path) -> Result<Vec<Plugin>, Problem> {
    let mut found = Vec::new();
    for (folder, kind) in KINDS {
        let Ok(entries) = std::fs::read_dir(root.join(folder)) else { continue };
        for entry in entries.flatten().filter(|entry| entry.path().join("plugin.toml").is_file()) {
            found.push(plugin(entry.path(), kind)?);
        }
    }
    found.sort_by(|a, b| (a.package.is_none(), a.kind, &a.name).cmp(&(b.package.is_none(), b.kind, &b.name)));
    Ok(found)
}

fn plugin(folder: PathBuf, kind: &'static str) -> Result<Plugin, Problem> {
    let path = folder.join("plugin.toml");
    let manifest = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let name = top_level(&manifest, "name").ok_or_else(|| format!("{}: has no `name`", path.display()))?;
    let declared = top_level(&manifest, "kind").unwrap_or_default();
    if declared != kind {
        return Err(format!("{}: kind is \"{declared}\"; in this folder it is \"{kind}\"", path.display()));
    }
    let package = match std::fs::read_to_string(folder.join("Cargo.toml")) {
        Ok(text) => {
            Some(top_level(text.trim_start_matches("[package]"), "name").ok_or_else(|| format!("{}: Cargo.toml has no package name", folder.display()))?)
        }
        Err(_) if ["component", "native"].iter().any(|key| top_level(&manifest, key).is_some()) => None,
        Err(_) => {
            return Err(format!("{}: without a Cargo.toml it is data and must name the `component`, or the `native` part, that it configures", path.display()));
        }
    };
    Ok(Plugin { folder, name, kind, package })
}

/// `key = "value"` before the first table of a TOML text. The host reads manifests in full; this is what the build needs.
fn top_level(text: &str, key: &str) -> Option<String> {
    let lines = text.lines().map(str::trim).take_while(|line| !line.starts_with('['));
    let values = lines.filter_map(|line| line.strip_prefix(key)?.trim_start().strip_prefix('=')?.trim().strip_prefix('"')?.split_once('"'));
    values.map(|(value, _)| value.to_owned()).next()
}

/// What the components depend on. A path that is not there would make cargo run this every time.
pub(crate) fn sources(root: &Path) -> impl Iterator<Item = PathBuf> {
    let folders = KINDS.map(|(folder, _)| format!("plugins/{folder}"));
    let others = ["plugins/catalogue", "plugins/Cargo.toml", "plugins/Cargo.lock", "sdk/wit", "sdk/rust/src", "sdk/rust/Cargo.toml", "core/bundle/build"];
    folders.into_iter().chain(others.map(String::from)).map(|path| root.join(path)).filter(|path| path.exists())
}
