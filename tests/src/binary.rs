//! Where the binary is, and how to run its short commands.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::OnceLock,
};

/// The project's root folder.
pub fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the project")
}

/// Where cargo puts what it builds.
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| project().join("target"), PathBuf::from)
}

/// The binary under test; built once if it is missing.
pub fn weighbridge() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        if let Some(path) = std::env::var_os("WEIGHBRIDGE_BINARY") {
            return PathBuf::from(path);
        }
        let binary = target().join("release/weighbridge");
        if !binary.exists() {
            let built = Command::new(env!("CARGO")).args(["build", "--release", "--package", "weighbridge-server"]).current_dir(project()).status();
            assert!(built.is_ok_and(|status| status.success()), "the binary is missing and could not be built: run `cargo build --release`");
        }
        binary
    })
}

/// `weighbridge` with these arguments, in this folder, with nothing of the caller's environment but the search path.
pub fn command(folder: &Path, arguments: &[&str]) -> Command {
    command_on(None, folder, arguments)
}

/// The same, pinned to a processor core by `taskset`.
pub fn command_on(core: Option<usize>, folder: &Path, arguments: &[&str]) -> Command {
    let mut command = pinned(core, weighbridge());
    command.args(arguments).current_dir(folder).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command
}

/// A program, pinned to a processor core by `taskset` (which becomes the program: the process id is the program's own).
pub fn pinned(core: Option<usize>, program: &Path) -> Command {
    let Some(core) = core else { return Command::new(program) };
    let mut command = Command::new("taskset");
    command.args(["-c", &core.to_string()]).arg(program);
    command
}

/// Runs a short command to its end.
pub fn run(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).output().expect("the binary runs")
}
