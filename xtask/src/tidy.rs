//! `tidy`: formats, and lets clippy mend what it can.

use crate::{
    guests,
    process::{self, Failure, cargo},
};

/// Runs it.
pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    if let Some(argument) = arguments.first() {
        return Err(Failure::usage(format!("tidy takes no arguments, found {argument:?}")));
    }
    process::run(cargo(&["clippy", "--release", "--workspace", "--all-targets", "--fix", "--allow-dirty", "--allow-staged"]))?;
    process::run(cargo(&["fmt", "--all"]))?;
    process::run(cargo(&["fmt", "--manifest-path", "tests/bench/Cargo.toml"]))?;
    for manifest in guests::manifests() {
        process::run(cargo(&["fmt", "--all", "--manifest-path", &manifest.display().to_string()]))?;
    }
    Ok(())
}
