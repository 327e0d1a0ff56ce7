//! Builds the first-party plugins from `plugins/` and writes the table that `src/lib.rs` includes.

mod component;
mod discover;
mod guests;
mod table;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What went wrong, for whoever runs the build.
type Problem = String;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("\nerror: the first-party plugins could not be built\n{problem}\n");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Problem> {
    let root = repository()?;
    let plugins = discover::plugins(&root.join("plugins"))?;
    let crates: Vec<&str> = plugins.iter().filter_map(|plugin| plugin.package.as_deref()).collect();
    let built = guests::build(&root.join("plugins"), &crates)?;
    for path in discover::sources(&root) {
        println!("cargo::rerun-if-changed={}", path.display());
    }
    let out = PathBuf::from(env("OUT_DIR")?);
    for plugin in &plugins {
        if let Some(package) = &plugin.package {
            let module = guests::module(&built, package)?;
            let wasm = component::componentise(&module, &format!("weighbridge:plugin/{}@0.1.0", plugin.kind))
                .map_err(|problem| format!("{}: {problem}", plugin.folder.display()))?;
            write(&out.join(plugin.file_name()), &wasm)?;
        }
    }
    write(&out.join("table.rs"), table::render(&root, &out, &plugins)?.as_bytes())
}

fn repository() -> Result<PathBuf, Problem> {
    let here = PathBuf::from(env("CARGO_MANIFEST_DIR")?);
    here.join("../..").canonicalize().map_err(|error| format!("{}: {error}", here.display()))
}

fn env(name: &str) -> Result<String, Problem> {
    std::env::var(name).map_err(|_| format!("cargo did not set {name}"))
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Problem> {
    std::fs::write(path, bytes).map_err(|error| format!("{}: {error}", path.display()))
}
