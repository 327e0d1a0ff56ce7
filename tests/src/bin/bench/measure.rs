//! One measurement: one load on one contender.

use std::{fmt, process::Stdio};

use serde_json::Value;
use weighbridge_tests::binary;

use crate::{
    contender::{Contender, load_generator},
    options::Options,
};

/// What is put on a contender.
pub(crate) struct Load {
    /// Connections, one request at a time on each.
    pub(crate) connections: u32,
    /// Streams of 64 chunks instead of whole answers.
    pub(crate) streamed: bool,
}

impl fmt::Display for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "c = {}{}", self.connections, if self.streamed { ", streamed" } else { "" })
    }
}

/// What came out.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Measured {
    pub(crate) requests: u64,
    pub(crate) errors: u64,
    /// Microseconds that the requests took together.
    pub(crate) micros: u64,
    pub(crate) p50_us: u64,
    pub(crate) p99_us: u64,
    /// Processor time of a request in hundredths of a microsecond.
    pub(crate) cpu_centi_us: u64,
    /// Afterwards.
    pub(crate) resident_kib: u64,
}

impl Measured {
    /// Requests a second.
    pub(crate) fn per_second(&self) -> u64 {
        self.requests * 1_000_000 / self.micros.max(1)
    }
}

/// Puts a load on a contender.
pub(crate) fn run(contender: &mut Contender, load: &Load, options: &Options, pinned: bool) -> Measured {
    let mut command = load_generator(pinned);
    command.args(["--target", &contender.address.to_string(), "--key", &contender.key, "--connections", &load.connections.to_string()]);
    command.args(["--millis", &options.millis.to_string(), "--warmup-ms", &options.warmup_millis.to_string()]);
    if load.streamed {
        command.arg("--stream");
    }
    let ticks_before = contender.cpu_ticks();
    let output = command.stderr(Stdio::inherit()).output().expect("the load generator is built by `cargo xtask bench`");
    let ticks = contender.cpu_ticks() - ticks_before;
    let said: Value = serde_json::from_slice(&output.stdout).expect("the load generator prints JSON");
    let field = |name: &str| said[name].as_u64().unwrap_or(0);
    let answered = field("answered");
    contender.answered += answered;
    Measured {
        requests: field("requests"),
        errors: field("errors"),
        micros: field("micros"),
        p50_us: field("p50_us"),
        p99_us: field("p99_us"),
        cpu_centi_us: ticks * micros_per_tick() * 100 / answered.max(1),
        resident_kib: contender.resident_kib(),
    }
}

/// The kernel counts processor time in these.
fn micros_per_tick() -> u64 {
    static TICK: std::sync::OnceLock<u64> = std::sync::OnceLock::new();
    *TICK.get_or_init(|| {
        let output = binary::pinned(None, "getconf".as_ref()).arg("CLK_TCK").output().ok();
        let ticks = output.and_then(|output| String::from_utf8(output.stdout).ok()?.trim().parse::<u64>().ok());
        1_000_000 / ticks.unwrap_or(100).max(1)
    })
}
