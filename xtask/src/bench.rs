//! `bench`: builds the yardstick and the gateway, then hands over to the benchmark (tests/src/bin/bench). `--dist` measures what
//! is shipped, built with link-time optimisation as the yardstick is; that build takes some minutes more.

use crate::process::{self, Failure, cargo, program};

/// Runs it; the arguments are the benchmark's.
pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    let yardstick = process::target().join("yardstick").display().to_string();
    process::run(cargo(&["build", "--release", "--manifest-path", "tests/bench/Cargo.toml", "--target-dir", &yardstick]))?;
    // The same selection as for the tests, so that nothing is built twice.
    process::run(cargo(&["build", "--release", "--workspace", "--all-targets"]))?;
    let (dist, arguments): (Vec<&String>, Vec<&String>) = arguments.iter().partition(|argument| *argument == "--dist");
    let mut command = program(process::target().join("release/weighbridge-bench"), &[]);
    if !dist.is_empty() {
        process::run(cargo(&["build", "--profile", "dist"]))?;
        command.env("WEIGHBRIDGE_BINARY", process::target().join("dist/weighbridge"));
    }
    command.args(arguments);
    process::run(command)
}
