//! `test`: builds once, runs every suite, and closes with a line for each.

use std::time::{Duration, Instant};

use crate::{
    guests, node,
    process::{self, Failure, cargo, program, root, run_watched},
    python,
};

/// What a suite's runner said.
#[derive(Default)]
struct Tally {
    passed: u64,
    failed: u64,
    skipped: u64,
}

impl Tally {
    /// A line of node's runner: at its end it says `# pass 12`.
    fn read_tap(&mut self, line: &str) {
        let number = |name| line.strip_prefix(name).and_then(|number| number.parse().ok());
        self.passed = number("# pass ").unwrap_or(self.passed);
        self.failed = number("# fail ").unwrap_or(self.failed);
        self.skipped = number("# skipped ").unwrap_or(self.skipped);
    }
}

struct Suite {
    name: String,
    tally: Tally,
    succeeded: bool,
    took: Duration,
}

/// Runs it.
pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    let only = match arguments {
        [] => None,
        [flag, suite] if flag == "--only" && ["workspace", "guests", "clients"].contains(&suite.as_str()) => Some(suite.as_str()),
        _ => return Err(Failure::usage(format!("test takes nothing, or --only workspace|guests|clients; found {}", arguments.join(" ")))),
    };
    let wanted = |suite: &str| only.is_none_or(|only| only == suite);
    if !root().join("../shared/corpus/index.jsonl").exists() {
        println!("note: there is no corpus at ../shared/corpus; the tests that read it are skipped");
    }
    guests::add_target()?;
    // With --workspace throughout: another selection of packages would mean other features, and building everything twice.
    process::run(cargo(&["build", "--release", "--workspace", "--all-targets"]))?;
    let mut suites = Vec::new();
    if wanted("workspace") {
        suites.push(rust_suite("workspace", &["test", "--release", "--workspace", "--no-fail-fast"])?);
    }
    if wanted("guests") {
        for (name, manifest) in guests::tested() {
            let manifest = manifest.display().to_string();
            let target = process::target().join("guest-tests").display().to_string();
            suites.push(rust_suite(name, &["test", "--release", "--manifest-path", &manifest, "--target-dir", &target, "--workspace", "--no-fail-fast"])?);
        }
    }
    if wanted("clients") {
        for name in python::ENVIRONMENTS {
            suites.push(python_suite(name)?);
        }
        suites.push(node_suite()?);
    }
    close(&suites)
}

fn rust_suite(name: &str, arguments: &[&str]) -> Result<Suite, Failure> {
    let start = Instant::now();
    let mut tally = Tally::default();
    let succeeded = run_watched(cargo(arguments), |line| {
        if let Some(result) = line.strip_prefix("test result: ") {
            tally.passed += number_before(result, " passed");
            tally.failed += number_before(result, " failed");
            tally.skipped += number_before(result, " ignored");
        }
    })?;
    Ok(Suite { name: name.into(), tally, succeeded, took: start.elapsed() })
}

fn python_suite(name: &str) -> Result<Suite, Failure> {
    let start = Instant::now();
    let python = python::environment(name)?;
    let mut tally = Tally::default();
    let folder = format!("tests/clients/{name}");
    let succeeded = run_watched(program(python, &["-B", "-m", "pytest", "-q", &folder]), |line| {
        if line.contains(" passed") || line.contains(" failed") || line.contains(" error") {
            tally = Tally {
                passed: number_before(line, " passed"),
                failed: number_before(line, " failed") + number_before(line, " error"),
                skipped: number_before(line, " skipped"),
            };
        }
    })?;
    Ok(Suite { name: format!("Python clients ({name})"), tally, succeeded, took: start.elapsed() })
}

fn node_suite() -> Result<Suite, Failure> {
    let start = Instant::now();
    let folder = node::environment()?;
    let mut tally = Tally::default();
    let mut node = program("node", &["--test", "--test-reporter=tap"]);
    node.current_dir(folder).env("WEIGHBRIDGE_STAGE", process::target().join("release/weighbridge-stage"));
    let succeeded = run_watched(node, |line| tally.read_tap(line))?;
    Ok(Suite { name: "JavaScript clients".into(), tally, succeeded, took: start.elapsed() })
}

/// The whole number that stands before a word, or 0.
fn number_before(text: &str, word: &str) -> u64 {
    let Some(at) = text.find(word) else { return 0 };
    let digits = text[..at].chars().rev().take_while(char::is_ascii_digit).count();
    text[at - digits..at].parse().unwrap_or(0)
}

fn close(suites: &[Suite]) -> Result<(), Failure> {
    println!();
    for suite in suites {
        let Tally { passed, failed, skipped } = suite.tally;
        let verdict = if suite.succeeded { "ok    " } else { "FAILED" };
        println!("{verdict} {}: {passed} passed, {failed} failed, {skipped} skipped, in {} s", suite.name, suite.took.as_secs());
    }
    let failed: Vec<&str> = suites.iter().filter(|suite| !suite.succeeded).map(|suite| suite.name.as_str()).collect();
    if failed.is_empty() {
        println!("all suites passed");
        return Ok(());
    }
    Err(Failure::failed(format!("failed: {}", failed.join(", "))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_from_the_runners_lines() {
        let rust = "FAILED. 12 passed; 3 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.10s";
        assert_eq!((number_before(rust, " passed"), number_before(rust, " failed"), number_before(rust, " ignored")), (12, 3, 1));
        assert_eq!(number_before("7 passed, 2 skipped in 3.21s", " failed"), 0);
        let mut tally = Tally::default();
        ["# tests 5", "# pass 3", "# fail 1", "# cancelled 0", "# skipped 1", "# pass on"].iter().for_each(|line| tally.read_tap(line));
        assert_eq!((tally.passed, tally.failed, tally.skipped), (3, 1, 1));
    }
}
