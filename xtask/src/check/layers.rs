//! The direction of dependencies: the crates of core/ depend on each other as the design says, and nobody but the one who owns it
//! names an engine.

use std::fs;

use crate::process::root;

/// Each crate of core/ and which others it may depend on. A crate that is missing here is an error, so that a new one is placed.
const LAYERS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("ledger", &["domain"]),
    ("plugin", &["domain"]),
    ("wasm", &["plugin", "domain"]),
    ("bundle", &[]),
    ("tokenizer", &["plugin", "domain"]),
    ("pricing", &["plugin", "domain"]),
    ("gateway", &["ledger", "pricing", "plugin", "domain"]),
    ("billing", &["ledger", "pricing", "plugin", "domain"]),
    ("server", &["domain", "ledger", "plugin", "wasm", "bundle", "tokenizer", "pricing", "gateway", "billing"]),
];

/// Dependencies that only one crate may name.
const OWNED: &[(&str, &str)] = &[
    ("wasmtime", "wasm"),
    ("tokenizers", "tokenizer"),
    ("sled", "ledger"),
    ("tokio-postgres", "ledger"),
    ("wit-component", "bundle"),
    ("axum", "server"),
    ("clap", "server"),
    ("figment", "server"),
];

/// A sentence for each violation.
pub(super) fn check() -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root().join("core")).into_iter().flatten().flatten() {
        let folder = entry.file_name().to_string_lossy().into_owned();
        let Ok(manifest) = fs::read_to_string(entry.path().join("Cargo.toml")) else { continue };
        match LAYERS.iter().find(|(name, _)| *name == folder) {
            None => found.push(format!("core/{folder} has no place in the layers: add it to xtask/src/check/layers.rs with what it may depend on")),
            Some((_, allowed)) => check_manifest(&folder, &manifest, allowed, &mut found),
        }
    }
    found.sort();
    found
}

fn check_manifest(folder: &str, manifest: &str, allowed: &[&str], found: &mut Vec<String>) {
    for dependency in dependencies(manifest) {
        if let Some(other) = dependency.strip_prefix("weighbridge-") {
            let other = other.trim_end_matches("-api");
            if !allowed.contains(&other) {
                found.push(format!(
                    "core/{folder}/Cargo.toml depends on {dependency}; it may depend on: {}",
                    if allowed.is_empty() { "nothing of ours".into() } else { allowed.join(", ") }
                ));
            }
        } else if let Some((_, owner)) = OWNED.iter().find(|(name, owner)| *name == dependency && *owner != folder) {
            found.push(format!("core/{folder}/Cargo.toml depends on {dependency}, which only core/{owner} may name"));
        }
    }
}

/// The names in `[dependencies]` and `[build-dependencies]`; tests may depend on what they like.
fn dependencies(manifest: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut inside = false;
    for line in manifest.lines().map(str::trim) {
        if line.starts_with('[') {
            inside = line == "[dependencies]" || line == "[build-dependencies]";
        } else if inside && !line.is_empty() && !line.starts_with('#') {
            names.extend(line.split(['.', ' ', '=']).next());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dependency_against_the_direction_is_named() {
        let manifest = "[package]\nname = \"weighbridge-domain\"\n[dependencies]\nweighbridge-ledger.workspace = true\nwasmtime = \"48\"\n[dev-dependencies]\nsled = \"1\"\n";
        let mut found = Vec::new();
        check_manifest("domain", manifest, &[], &mut found);
        assert_eq!(
            found,
            [
                "core/domain/Cargo.toml depends on weighbridge-ledger; it may depend on: nothing of ours",
                "core/domain/Cargo.toml depends on wasmtime, which only core/wasm may name",
            ]
        );
    }
}
