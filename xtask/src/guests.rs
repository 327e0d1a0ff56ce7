//! The guests: what is built for the sandbox, in workspaces of its own.

use std::path::PathBuf;

use crate::process::{Failure, output_of, program, root, run};

/// The target that guests are built for.
const TARGET: &str = "wasm32-unknown-unknown";

/// The manifests of the guests' workspaces that are there.
pub(crate) fn manifests() -> Vec<PathBuf> {
    ["plugins/Cargo.toml", "sdk/rust/Cargo.toml", "tests/hostile/guests/Cargo.toml"].iter().map(|path| root().join(path)).filter(|path| path.exists()).collect()
}

/// Those that have tests of their own, with their names.
pub(crate) fn tested() -> Vec<(&'static str, PathBuf)> {
    [("plugins", "plugins/Cargo.toml"), ("guest SDK", "sdk/rust/Cargo.toml")]
        .into_iter()
        .map(|(name, path)| (name, root().join(path)))
        .filter(|(_, path)| path.exists())
        .collect()
}

/// Adds the wasm target if it is missing.
pub(crate) fn add_target() -> Result<(), Failure> {
    let sysroot = output_of(program("rustc", &["--print", "sysroot"])).unwrap_or_default();
    if PathBuf::from(sysroot.trim()).join("lib/rustlib").join(TARGET).exists() {
        return Ok(());
    }
    run(program("rustup", &["target", "add", TARGET])).map_err(|failure| {
        Failure::failed(format!(
            "the Rust target {TARGET} is missing and could not be added ({failure}); install rustup, or the target by your system's packages"
        ))
    })
}
