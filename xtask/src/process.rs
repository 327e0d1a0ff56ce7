//! Running other programs: their output passes through, a failure says what was run.

use std::{
    env,
    ffi::OsStr,
    fmt,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Why a command of ours failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It was called wrongly.
    Usage(String),
    /// Something it ran or checked failed.
    Failed(String),
}

impl Failure {
    /// Called wrongly.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Failure::Usage(message.into())
    }
    /// Ran and failed.
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Failure::Failed(message.into())
    }
    /// The exit code: 1 failed, 2 usage.
    pub(crate) fn code(&self) -> u8 {
        match self {
            Failure::Usage(_) => 2,
            Failure::Failed(_) => 1,
        }
    }
}
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Failure::Usage(message) | Failure::Failed(message)) = self;
        f.write_str(message)
    }
}

/// The project's root folder.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

/// Where cargo puts what it builds.
pub(crate) fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// A program, to be run in the root folder.
pub(crate) fn program(name: impl AsRef<OsStr>, arguments: &[&str]) -> Command {
    let mut command = Command::new(name);
    command.args(arguments).current_dir(root());
    command
}

/// The cargo that runs us.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = program(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()), arguments);
    // What the cargo that runs us says of our own package: some build scripts would take it for theirs, and what was built without
    // it would be built again.
    for (name, _) in env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") || ["CARGO_BIN_NAME", "CARGO_CRATE_NAME"].contains(&name.as_str()) {
            command.env_remove(name);
        }
    }
    command
}

/// Runs it; its output passes through.
pub(crate) fn run(mut command: Command) -> Result<(), Failure> {
    let shown = shown(&command);
    println!("$ {shown}");
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Failure::failed(format!("`{shown}` ended with {status}"))),
        Err(error) => Err(Failure::failed(format!("`{shown}` could not be started: {error}"))),
    }
}

/// Runs it; its standard output passes through and each line is also handed to `each`. Returns whether it succeeded.
pub(crate) fn run_watched(mut command: Command, mut each: impl FnMut(&str)) -> Result<bool, Failure> {
    let shown = shown(&command);
    println!("$ {shown}");
    let cannot = |error: std::io::Error| Failure::failed(format!("`{shown}` could not be run: {error}"));
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(cannot)?;
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).lines() {
            let line = line.map_err(cannot)?;
            println!("{line}");
            let _ = std::io::stdout().flush();
            each(&line);
        }
    }
    Ok(child.wait().map_err(cannot)?.success())
}

/// What a program printed, if it succeeded.
pub(crate) fn output_of(mut command: Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).output().ok().filter(|output| output.status.success())?;
    String::from_utf8(output.stdout).ok()
}

/// The command as one would type it.
fn shown(command: &Command) -> String {
    let short = |part: &OsStr| {
        let text = part.to_string_lossy().into_owned();
        let short = Path::new(&text).strip_prefix(root()).map(|path| path.display().to_string());
        short.unwrap_or(text)
    };
    let mut program = short(command.get_program());
    if let Some((_, "cargo")) = program.rsplit_once('/') {
        program = "cargo".into();
    }
    command.get_args().map(short).fold(program, |line, argument| format!("{line} {argument}"))
}
