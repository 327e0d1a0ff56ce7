//! Killed at any moment: a writer process is ended by SIGKILL again and again, and after each time everything that it
//! had said to be durable is there, once, and adds up.
#![allow(clippy::unwrap_used, reason = "a test's helpers may")]

mod support;

use std::{
    collections::{BTreeMap, HashMap},
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};

use support::{Calls, options, usual};
use weighbridge_domain::{EventId, IdSource, ids::RandomIds, time::SystemClock};
use weighbridge_ledger::{AggregateQuery, EventQuery, Ledger, LedgerOptions};

const FOLDER: &str = "LEDGER_KILL_TEST_FOLDER";
const ROUNDS: usize = 20;

fn options_here(folder: &Path) -> LedgerOptions {
    LedgerOptions { segment_bytes: 256 << 10, ..options(folder) }
}

/// The writer: this test binary again, with the folder named. It says an id only after its receipt.
#[test]
fn writer() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let ledger = Ledger::open(options_here(Path::new(&folder)), Arc::new(SystemClock)).unwrap_or_else(|error| panic!("{error}")).ledger;
    println!("\nopen");
    let calls = Arc::new(Calls::new(Arc::new(SystemClock)));
    for number in 0..8 {
        let (ledger, calls) = (ledger.clone(), calls.clone());
        std::thread::spawn(move || {
            let customer = format!("customer-{}", number % 3);
            loop {
                let (hold, long) = (calls.hold(&customer), calls.hold("slow"));
                let event = usual(&hold);
                let reservation = ledger.reserve(hold).unwrap();
                // One that is in progress while others are settled.
                let long = ledger.reserve(long).unwrap();
                let receipt = ledger.settle(reservation, vec![event]).wait().unwrap();
                // One write, so that lines of several threads do not mix.
                std::io::stdout().write_all(format!("{} {}\n", receipt.id, receipt.seq).as_bytes()).unwrap();
                let event = usual(long.hold());
                let _not_awaited = ledger.settle(long, vec![event]);
            }
        });
    }
    loop {
        std::thread::park();
    }
}

#[test]
fn everything_acknowledged_survives_sigkill_exactly_once() {
    let folder = tempfile::tempdir().unwrap();
    let random = RandomIds::new();
    let mut acknowledged: HashMap<EventId, u64> = HashMap::new();
    for round in 0..ROUNDS {
        let before = acknowledged.len();
        acknowledged.extend(one_life(folder.path(), random_moment(&random)));
        assert!(acknowledged.len() > before, "round {round}: nothing was acknowledged");
        check(folder.path(), &acknowledged, round);
    }
}

/// Between 0 and 120 ms after its first receipt.
fn random_moment(random: &RandomIds) -> Duration {
    let bytes = random.next(weighbridge_domain::Timestamp::default()).bytes();
    Duration::from_micros(u64::from(u32::from_be_bytes([bytes[12], bytes[13], bytes[14], bytes[15]])) % 120_000)
}

/// Starts a writer, lets it work for a moment, kills it, and gives what it said before.
fn one_life(folder: &Path, moment: Duration) -> Vec<(EventId, u64)> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["writer", "--exact", "--nocapture", "--test-threads=1"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    let (said, first_said) = std::sync::mpsc::channel();
    let reader = std::thread::spawn(move || {
        let lines = output.split(b'\n').map_while(Result::ok);
        let receipts = lines.filter_map(|line| parse(std::str::from_utf8(&line).ok()?));
        receipts.inspect(|_| said.send(()).unwrap_or_default()).collect::<Vec<_>>()
    });
    // It lives until it has said its first receipt, and that moment longer.
    first_said.recv_timeout(Duration::from_secs(60)).expect("the writer says a receipt");
    std::thread::sleep(moment);
    child.kill().unwrap();
    child.wait().unwrap();
    reader.join().unwrap()
}

/// A line that was cut short by the kill is not one.
fn parse(line: &str) -> Option<(EventId, u64)> {
    let (id, seq) = line.split_once(' ')?;
    Some((id.parse().ok()?, seq.parse().ok()?))
}

fn check(folder: &Path, acknowledged: &HashMap<EventId, u64>, round: usize) {
    let opened = Ledger::open(options_here(folder), support::clock()).unwrap_or_else(|error| panic!("round {round}: {error}"));
    let ledger = opened.ledger;
    assert_eq!(opened.recovery.rebuilt, None, "round {round}");
    assert_eq!(ledger.held(), [], "round {round}");
    let mut there: BTreeMap<u64, EventId> = BTreeMap::new();
    let mut times: HashMap<EventId, u32> = HashMap::new();
    ledger
        .for_each_event(&EventQuery::default(), |stored| {
            there.insert(stored.seq, stored.event.id);
            *times.entry(stored.event.id).or_default() += 1;
            std::ops::ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(there.keys().copied().collect::<Vec<_>>(), (1..=there.len() as u64).collect::<Vec<_>>(), "round {round}");
    for (id, seq) in acknowledged {
        assert_eq!((times.get(id), there.get(seq)), (Some(&1), Some(id)), "round {round}: event {seq}");
    }
    let counted: u64 = ledger.aggregates(&AggregateQuery::default()).unwrap().iter().map(|row| row.events).sum();
    assert_eq!(counted, there.len() as u64, "round {round}");
    let report = ledger.verify(&mut |_, _| {}).unwrap();
    assert!(report.is_clean(), "round {round}: {report:?}");
    assert_eq!(report.held, 0);
}
