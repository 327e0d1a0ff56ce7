//! One-word commands. One command does all that CI does: `.ci/run` calls `check` and `test`.
//!
//! | command | does |
//! |---|---|
//! | `cargo xtask check` | formatting, clippy, the direction of dependencies, no provider's name in core/, file sizes |
//! | `cargo xtask test` | builds once, runs every suite: the workspace's, the guests', the Python clients' |
//! | `cargo xtask bench` | gateway against the plain proxy, interleaved, as ratios |
//! | `cargo xtask tidy` | formats, and lets clippy mend what it can |

mod bench;
mod check;
mod guests;
mod node;
mod process;
mod python;
mod test;
mod tidy;

use std::{env, process::ExitCode};

use process::Failure;

const USAGE: &str = "usage: cargo xtask <command>

  check    formatting, clippy, direction of dependencies, no provider's name in core/, file sizes
  test     all tests: the workspace's, the guests', the Python clients'
             --only workspace|guests|clients   one suite
  bench    the gateway against a plain proxy, in ratios, and the ledger alone
             --quick  --json  --rounds N  --seconds N  --hold durable|relaxed|both  --no-ledger
  tidy     formats, and lets clippy mend what it can
";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let (command, rest) = arguments.split_first().map_or(("help", &[][..]), |(first, rest)| (first.as_str(), rest));
    let done = match command {
        "check" => check::run(rest),
        "test" => test::run(rest),
        "bench" => bench::run(rest),
        "tidy" => tidy::run(rest),
        "help" | "--help" | "-h" => {
            print!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        unknown => Err(Failure::usage(format!("there is no command {unknown:?}\n\n{USAGE}"))),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("xtask {command}: {failure}");
            ExitCode::from(failure.code())
        }
    }
}
