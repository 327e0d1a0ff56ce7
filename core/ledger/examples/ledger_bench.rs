//! How many calls a second the ledger makes durable, beside a bare checksummed log with the same group commit.
//!
//! `cargo run --release -p weighbridge-ledger --example ledger_bench [-- WRITERS SECONDS]`

#[path = "../tests/support/mod.rs"]
mod support;

use std::{
    collections::BTreeMap,
    fs::File,
    os::unix::fs::FileExt,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use parking_lot::{Condvar, Mutex};
use weighbridge_domain::time::SystemClock;
use weighbridge_ledger::{Ledger, LedgerOptions};

fn main() {
    let arguments: Vec<u64> = std::env::args().skip(1).filter_map(|argument| argument.parse().ok()).collect();
    let seconds = Duration::from_secs(arguments.get(1).copied().unwrap_or(5));
    let writers = arguments.first().map_or_else(|| vec![256, 16, 1], |writers| vec![*writers]);
    for writers in writers {
        let bare = measure(seconds, writers, Bare::start());
        let ledger = measure(seconds, writers, Books::open());
        // Whole percents: a ratio for people.
        println!("{writers:4} writers: ratio ledger / bare log {} %", ledger * 100 / bare.max(1));
    }
}

/// Something that makes calls durable.
trait Subject: Send + Sync + 'static {
    const NAME: &'static str;
    fn call(&self) -> impl Future<Output = ()> + Send;
    fn commits(&self) -> u64;
    fn end(&self) {}
}

fn measure<S: Subject>(duration: Duration, writers: u64, (subject, _folder): (S, tempfile::TempDir)) -> u64 {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().expect("a runtime");
    let subject = Arc::new(subject);
    let (stop, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let (begun, cpu) = (Instant::now(), cpu_ticks());
    let tasks: Vec<_> = (0..writers)
        .map(|_| {
            let (subject, stop, done) = (subject.clone(), stop.clone(), done.clone());
            runtime.spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    subject.call().await;
                    done.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    std::thread::sleep(duration);
    stop.store(true, Ordering::Relaxed);
    runtime.block_on(async {
        for task in tasks {
            task.await.expect("a writer");
        }
    });
    let micros = begun.elapsed().as_micros() as u64;
    let commits = subject.commits();
    subject.end();
    let events = done.load(Ordering::Relaxed).max(1);
    let per_second = events * 1_000_000 / micros;
    let after = cpu_ticks();
    let spent: BTreeMap<_, _> = after.iter().map(|(thread, ticks)| (thread, ticks - cpu.get(thread).copied().unwrap_or(0).min(*ticks))).collect();
    // A tick is 10 ms; figures in hundredths of a microsecond.
    let each = |ticks: u64| ticks * 1_000_000 / events;
    let show = |hundredths: u64| format!("{}.{:02}", hundredths / 100, hundredths % 100);
    let parts: Vec<_> = spent.iter().filter(|(_, ticks)| **ticks > 0).map(|(thread, ticks)| format!("{thread} {}", show(each(*ticks)))).collect();
    println!(
        "{writers:4} writers: {:10} {per_second:7} durable events/s, {} a commit, CPU µs/event {} ({})",
        S::NAME,
        events / commits.max(1),
        show(each(spent.values().sum())),
        parts.join(", ")
    );
    per_second
}

/// Clock ticks by thread name.
fn cpu_ticks() -> BTreeMap<String, u64> {
    let mut ticks = BTreeMap::new();
    for task in std::fs::read_dir("/proc/self/task").expect("procfs").flatten() {
        let Ok(stat) = std::fs::read_to_string(task.path().join("stat")) else { continue };
        let Some((name, rest)) = stat.split_once('(').and_then(|(_, rest)| rest.rsplit_once(") ")) else { continue };
        let fields: Vec<&str> = rest.split(' ').collect();
        let used = fields[11].parse::<u64>().unwrap_or(0) + fields[12].parse::<u64>().unwrap_or(0);
        *ticks.entry(name.to_owned()).or_insert(0) += used;
    }
    ticks
}

struct Books {
    ledger: Ledger,
    calls: support::Calls,
    next: AtomicU64,
}

impl Books {
    fn open() -> (Self, tempfile::TempDir) {
        let folder = tempfile::tempdir_in(".").expect("a folder");
        let clock = Arc::new(SystemClock);
        let ledger = Ledger::open(LedgerOptions::at(folder.path()), clock.clone()).unwrap_or_else(|error| panic!("{error}")).ledger;
        (Self { ledger, calls: support::Calls::new(clock), next: AtomicU64::new(0) }, folder)
    }
}

impl Subject for Books {
    const NAME: &'static str = "ledger";

    async fn call(&self) {
        const CUSTOMERS: [&str; 8] = ["acme", "beta", "corp", "delta", "echo", "fox", "golf", "hotel"];
        let customer = CUSTOMERS[(self.next.fetch_add(1, Ordering::Relaxed) % 8) as usize];
        let hold = self.calls.hold(customer);
        let event = support::usual(&hold);
        let reservation = self.ledger.reserve(hold).unwrap_or_else(|error| panic!("{error}"));
        // The call itself: others run meanwhile.
        tokio::task::yield_now().await;
        self.ledger.settle(reservation, vec![event]).await.unwrap_or_else(|error| panic!("{error}"));
    }

    fn commits(&self) -> u64 {
        self.ledger.stats().commits
    }

    fn end(&self) {
        // Waits for the store, whose work belongs to the bill.
        self.ledger.aggregates(&Default::default()).unwrap_or_else(|error| panic!("{error}"));
    }
}

/// A log and nothing else: each record has a checksum, all that wait are written and synced at once.
struct Bare {
    shared: Arc<BareShared>,
}

struct BareShared {
    queue: Mutex<(Vec<u8>, Vec<tokio::sync::oneshot::Sender<()>>, bool)>,
    wake: Condvar,
    commits: AtomicU64,
}

impl Bare {
    fn start() -> (Self, tempfile::TempDir) {
        let folder = tempfile::tempdir_in(".").expect("a folder");
        let file = File::create(folder.path().join("log")).expect("a file");
        let shared = Arc::new(BareShared { queue: Mutex::default(), wake: Condvar::new(), commits: AtomicU64::new(0) });
        let also = shared.clone();
        std::thread::Builder::new().name("bare-commit".into()).spawn(move || also.run(&file)).expect("a thread");
        (Self { shared }, folder)
    }
}

impl BareShared {
    fn run(&self, file: &File) {
        let mut offset = 0;
        loop {
            let mut queue = self.queue.lock();
            while queue.1.is_empty() && !queue.2 {
                self.wake.wait(&mut queue);
            }
            if queue.2 {
                return;
            }
            let (bytes, waiting) = (std::mem::take(&mut queue.0), std::mem::take(&mut queue.1));
            drop(queue);
            file.write_all_at(&bytes, offset).expect("a write");
            file.sync_data().expect("a sync");
            offset += bytes.len() as u64;
            self.commits.fetch_add(1, Ordering::Relaxed);
            for waiter in waiting {
                let _ = waiter.send(());
            }
        }
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        self.shared.queue.lock().2 = true;
        self.shared.wake.notify_one();
    }
}

impl Subject for Bare {
    const NAME: &'static str = "bare log";

    async fn call(&self) {
        let record = [7u8; 1_000];
        let (sender, receiver) = tokio::sync::oneshot::channel();
        {
            let mut queue = self.shared.queue.lock();
            queue.0.extend_from_slice(&(record.len() as u32).to_le_bytes());
            queue.0.extend_from_slice(&crc32fast::hash(&record).to_le_bytes());
            queue.0.extend_from_slice(&record);
            queue.1.push(sender);
            if queue.1.len() == 1 {
                self.shared.wake.notify_one();
            }
        }
        receiver.await.expect("an answer");
    }

    fn commits(&self) -> u64 {
        self.shared.commits.load(Ordering::Relaxed)
    }
}
