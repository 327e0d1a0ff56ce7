//! Who is measured: the plain proxy, and the gateway with each setting of `ledger.hold`.

use std::{
    fs,
    net::{SocketAddr, TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use weighbridge_tests::{Config, Weighbridge, binary};

use crate::options::Options;

/// A running proxy.
pub(crate) struct Contender {
    /// `plain`, `durable`, `relaxed`
    pub(crate) name: &'static str,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// The key to call it with.
    pub(crate) key: String,
    /// How many calls it has answered so far.
    pub(crate) answered: u64,
    /// Resident memory before any call, in KiB.
    pub(crate) idle_kib: u64,
    process: Process,
}

enum Process {
    Plain(Yardstick),
    Gateway(Box<Weighbridge>),
}

impl Contender {
    fn new(name: &'static str, address: SocketAddr, key: String, process: Process) -> Self {
        let mut contender = Self { name, address, key, answered: 0, idle_kib: 0, process };
        contender.idle_kib = contender.resident_kib();
        contender
    }
    fn pid(&self) -> u32 {
        match &self.process {
            Process::Plain(yardstick) => yardstick.child.id(),
            Process::Gateway(weighbridge) => weighbridge.pid(),
        }
    }
    /// Processor time so far, user and system, in ticks.
    pub(crate) fn cpu_ticks(&self) -> u64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid())).unwrap_or_default();
        // The name in parentheses may contain anything; the numbers follow it.
        let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
        let field = |at: usize| fields.get(at).and_then(|field| field.parse::<u64>().ok()).unwrap_or(0);
        field(11) + field(12)
    }
    /// Resident memory, in KiB.
    pub(crate) fn resident_kib(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
        line.trim().trim_end_matches(" kB").parse().unwrap_or(0)
    }
    /// Whether every call that was answered is on the books: a benchmark that loses records measures nothing.
    pub(crate) fn all_weighed(&self) -> bool {
        let Process::Gateway(weighbridge) = &self.process else { return true };
        let summary = weighbridge.admin().get("usage-summary?group_by=customer");
        let weighed: u64 = summary["data"].as_array().into_iter().flatten().filter_map(|row| row["events"].as_u64()).sum();
        // Calls in flight when a measurement ends are weighed but not counted as answered.
        let fine = weighed >= self.answered;
        eprintln!("{}: {} calls answered, {weighed} on the books{}", self.name, self.answered, if fine { "" } else { ": RECORDS ARE MISSING" });
        fine
    }
}

/// A program of the yardstick, killed when dropped.
pub(crate) struct Yardstick {
    child: Child,
    port: u16,
}

impl Yardstick {
    fn start(program: &str, arguments: &[&str], core: Option<usize>) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port();
        let mut command = binary::pinned(core, &yardstick(program));
        let child =
            command.args(["--port", &port.to_string()]).args(arguments).stderr(Stdio::null()).spawn().expect("the yardstick is built by `cargo xtask bench`");
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(start.elapsed() < Duration::from_secs(10), "{program} does not listen");
            thread::sleep(Duration::from_millis(5));
        }
        Self { child, port }
    }
    /// Where it listens.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for Yardstick {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn yardstick(program: &str) -> PathBuf {
    binary::target().join("yardstick/release").join(program)
}

/// The load generator, on the core of the mock provider.
pub(crate) fn load_generator(pinned: bool) -> Command {
    binary::pinned(pinned.then_some(1), &yardstick("load"))
}

/// The mock provider.
pub(crate) fn start_mock(pinned: bool) -> Yardstick {
    Yardstick::start("mock-upstream", &[], pinned.then_some(1))
}

/// The plain proxy first: all ratios are to it.
pub(crate) fn start_all(options: &Options, mock_port: u16, pinned: bool) -> Vec<Contender> {
    let core = pinned.then_some(0);
    let plain = Yardstick::start("plain-proxy", &["--upstream", &format!("127.0.0.1:{mock_port}")], core);
    let address = SocketAddr::from(([127, 0, 0, 1], plain.port));
    let mut contenders = vec![Contender::new("plain", address, "none".into(), Process::Plain(plain))];
    for hold in &options.holds {
        let config = Config::new().hold(hold).provider("openai", "openai", &format!("http://127.0.0.1:{mock_port}/v1")).pinned_to(core);
        let mut weighbridge = Weighbridge::start(config);
        // Hundreds of thousands of records would be read page by page; their number is checked instead.
        weighbridge.unchecked();
        let key = weighbridge.admin().customer_with_key("acme", Some("standard"));
        let address = weighbridge.address();
        contenders.push(Contender::new(hold, address, key, Process::Gateway(Box::new(weighbridge))));
    }
    contenders
}
