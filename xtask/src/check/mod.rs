//! `check`: everything that is wrong without running a test. All checks run; the first failure does not hide the others.

mod layers;
mod names;
mod sizes;
mod sources;

use crate::{
    guests,
    process::{self, Failure, cargo},
};

/// Runs it.
pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    if let Some(argument) = arguments.first() {
        return Err(Failure::usage(format!("check takes no arguments, found {argument:?}")));
    }
    guests::add_target()?;
    let mut report = Report::default();
    report.finding("direction of dependencies", layers::check());
    report.finding("no provider's name in core/", names::check());
    report.command("formatting", process::run(cargo(&["fmt", "--all", "--check"])));
    report.command("formatting of the yardstick", process::run(cargo(&["fmt", "--manifest-path", "tests/bench/Cargo.toml", "--check"])));
    report.command("clippy", process::run(cargo(&["clippy", "--release", "--workspace", "--all-targets", "--", "-D", "warnings"])));
    for manifest in guests::manifests() {
        let manifest = manifest.display().to_string();
        let folder = manifest.trim_start_matches(&process::root().display().to_string()).trim_matches('/').trim_end_matches("/Cargo.toml").to_owned();
        report.command(&format!("formatting of the guests in {folder}"), process::run(cargo(&["fmt", "--all", "--manifest-path", &manifest, "--check"])));
        let target = process::target().join("guest-tests").display().to_string();
        let clippy = ["clippy", "--release", "--manifest-path", &manifest, "--target-dir", &target, "--workspace", "--all-targets", "--", "-D", "warnings"];
        report.command(&format!("clippy of the guests in {folder}"), process::run(cargo(&clippy)));
    }
    for warning in sizes::check() {
        println!("warning: {warning}");
    }
    report.close()
}

/// What was checked, and how it went.
#[derive(Default)]
struct Report {
    lines: Vec<String>,
    failed: usize,
}

impl Report {
    fn finding(&mut self, what: &str, findings: Vec<String>) {
        for finding in &findings {
            println!("error: {finding}");
        }
        let detail = if findings.is_empty() { String::new() } else { format!("{} found, see above", findings.len()) };
        self.line(what, findings.is_empty(), &detail);
    }
    fn command(&mut self, what: &str, done: Result<(), Failure>) {
        let detail = done.as_ref().err().map(ToString::to_string).unwrap_or_default();
        self.line(what, done.is_ok(), &detail);
    }
    fn line(&mut self, what: &str, passed: bool, detail: &str) {
        self.failed += usize::from(!passed);
        self.lines.push(format!("{} {what}{}{detail}", if passed { "ok    " } else { "FAILED" }, if detail.is_empty() { "" } else { ": " }));
    }
    fn close(self) -> Result<(), Failure> {
        println!();
        for line in &self.lines {
            println!("{line}");
        }
        if self.failed == 0 {
            println!("all checks passed");
            return Ok(());
        }
        Err(Failure::failed(format!("{} of {} checks failed", self.failed, self.lines.len())))
    }
}
