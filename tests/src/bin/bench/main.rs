//! The benchmark: the gateway against a plain reverse proxy with no logic, interleaved in rounds on the same machine, as ratios.
//!
//! The proxy under test has processor core 0 for itself, load generator and mock provider share core 1. The gateway runs with
//! everything on: key, adapter plugin, price book, cost-plus plan, durable ledger. Started by `cargo xtask bench`, which builds what
//! it needs. Numbers of one run compare with each other only: other load on the machine falls on all alike, and makes them noisy.

mod contender;
mod measure;
mod options;
mod report;

use std::process::{Command, ExitCode};

use contender::Contender;
use measure::{Load, Measured};
use options::Options;
use weighbridge_tests::binary;

/// The load shapes: connections, and whether answers are streamed.
const LOADS: &[Load] = &[
    Load { connections: 1, streamed: false },
    Load { connections: 16, streamed: false },
    Load { connections: 64, streamed: false },
    Load { connections: 16, streamed: true },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let options = match Options::parse(&arguments) {
        Ok(options) => options,
        Err(message) => {
            eprintln!("{message}");
            return ExitCode::from(2);
        }
    };
    let pinned = can_pin();
    if !pinned {
        eprintln!("note: not pinned to cores (that needs taskset and two cores): the ratios say little");
    }
    warn_of_other_load();
    let mock = contender::start_mock(pinned);
    let mut contenders = contender::start_all(&options, mock.port(), pinned);
    let measured = measure_all(&options, &mut contenders, pinned);
    let weighed = contenders.iter().all(Contender::all_weighed);
    report::print(&options, &contenders, &measured);
    drop(contenders);
    drop(mock);
    if options.ledger && !ledger_alone() {
        return ExitCode::FAILURE;
    }
    if weighed { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// For each load and contender, what each round measured. Rounds are interleaved, so that what disturbs one disturbs all.
fn measure_all(options: &Options, contenders: &mut [Contender], pinned: bool) -> Vec<Vec<Vec<Measured>>> {
    let mut measured = vec![vec![Vec::new(); contenders.len()]; LOADS.len()];
    for round in 1..=options.rounds {
        for (load, results) in LOADS.iter().zip(&mut measured) {
            for (contender, results) in contenders.iter_mut().zip(results) {
                let result = measure::run(contender, load, options, pinned);
                eprintln!("round {round} of {}, {load}, {}: {} requests/s", options.rounds, contender.name, result.per_second());
                results.push(result);
            }
        }
    }
    measured
}

fn can_pin() -> bool {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    cores >= 2 && Command::new("taskset").arg("--version").output().is_ok_and(|output| output.status.success())
}

/// What else runs here takes from all alike, but not in the same proportion.
fn warn_of_other_load() {
    let average = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let last_minute = average.split(' ').next().unwrap_or_default();
    if !last_minute.starts_with("0.") {
        eprintln!("note: the machine is busy (load {last_minute} in the last minute): the numbers will be noisy");
    }
}

/// The ledger by itself, with many writers: its own example.
fn ledger_alone() -> bool {
    let example = binary::target().join("release/examples/ledger_bench");
    if !example.exists() {
        eprintln!("note: the ledger's example ledger_bench is not built; it is left out");
        return true;
    }
    println!("\nThe ledger alone");
    Command::new(example).status().is_ok_and(|status| status.success())
}
