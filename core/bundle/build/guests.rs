//! Builds guest crates with a cargo of their own: another target, another profile, none of this build's environment.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const TARGET: &str = "wasm32-unknown-unknown";

/// Builds these packages of the guest workspace; gives the folder of the modules.
pub(crate) fn build(workspace: &Path, packages: &[&str]) -> Result<PathBuf, String> {
    ensure_target(workspace)?;
    let target_dir = target_dir()?;
    let mut cargo = clean(Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())));
    cargo.current_dir(workspace).args(["build", "--release", "--target", TARGET, "--target-dir"]).arg(&target_dir);
    if workspace.join("Cargo.lock").is_file() {
        cargo.arg("--locked");
    }
    for package in packages {
        cargo.args(["--package", package]);
    }
    let status = cargo.stdout(Stdio::null()).status().map_err(|error| format!("cargo could not be started: {error}"))?;
    if !status.success() {
        return Err(format!(
            "the guests of {} did not compile: cargo's messages are above. By hand: cargo build --release --target {TARGET} --manifest-path {0}/Cargo.toml\n\
             (a plugin with a Cargo.toml must be listed in `members` there; after a change of dependencies run that line once to update Cargo.lock)",
            workspace.display()
        ));
    }
    Ok(target_dir.join(TARGET).join("release"))
}

/// Reads a built module.
pub(crate) fn module(folder: &Path, package: &str) -> Result<Vec<u8>, String> {
    let path = folder.join(format!("{}.wasm", package.replace('-', "_")));
    std::fs::read(&path).map_err(|error| format!("{}: {error}; the crate must be a `cdylib` and its library must have the package's name", path.display()))
}

/// `target/guests`, beside the profile that this build script was compiled for.
fn target_dir() -> Result<PathBuf, String> {
    let out = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("cargo did not set OUT_DIR")?);
    let build = out.ancestors().find(|folder| folder.ends_with("build")).ok_or("OUT_DIR is not in cargo's build folder")?;
    build.ancestors().nth(2).map(|target| target.join("guests")).ok_or_else(|| "OUT_DIR is not in a target folder".into())
}

/// Adds the target where it is missing.
fn ensure_target(workspace: &Path) -> Result<(), String> {
    let run = |mut command: Command| clean_ref(&mut command).current_dir(workspace).stdin(Stdio::null()).output();
    let mut rustc = Command::new("rustc");
    rustc.args(["--print", "target-libdir", "--target", TARGET]);
    let library = run(rustc).ok().map(|output| PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
    if library.is_some_and(|folder| folder.is_dir()) {
        return Ok(());
    }
    let mut rustup = Command::new("rustup");
    rustup.args(["target", "add", TARGET]);
    let said = match run(rustup) {
        Ok(output) if output.status.success() => return Ok(()),
        Ok(output) => String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        Err(error) => format!("rustup could not be started: {error}"),
    };
    Err(format!("the Rust target {TARGET} is missing and could not be added ({said}).\nInstall it by hand: rustup target add {TARGET}"))
}

/// What cargo set for this build must not reach the guests': flags of the host, features, profiles, clippy's wrapper.
fn clean(mut command: Command) -> Command {
    clean_ref(&mut command);
    command
}

fn clean_ref(command: &mut Command) -> &mut Command {
    const INHERITED: [&str; 12] = [
        "CARGO_ENCODED_RUSTFLAGS",
        "CARGO_BUILD_",
        "CARGO_CFG_",
        "CARGO_CRATE_NAME",
        "CARGO_FEATURE_",
        "CARGO_MANIFEST_",
        "CARGO_PKG_",
        "CARGO_PRIMARY_PACKAGE",
        "CARGO_PROFILE_",
        "CARGO_TARGET_",
        "CLIPPY_",
        "__CARGO",
    ];
    const ALSO: [&str; 8] = ["RUSTFLAGS", "RUSTDOCFLAGS", "RUSTC", "RUSTDOC", "RUSTC_LINKER", "RUSTC_WORKSPACE_WRAPPER", "TARGET", "PROFILE"];
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if INHERITED.iter().any(|prefix| text.starts_with(prefix)) || ALSO.contains(&text.as_ref()) {
            command.env_remove(&name);
        }
    }
    command
}
