//! Advances the engine's epoch every millisecond while guests run, and sleeps while none does.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
};
use std::thread::Thread;
use std::time::Duration;

use wasmtime::Engine;

const PERIOD: Duration = Duration::from_millis(1);
/// Ticks without a call before it parks: waking it costs a call a system call, so it does not park between two calls in a row.
const IDLE_TICKS: u32 = 250;

/// The ticking thread; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Ticker {
    shared: Arc<Shared>,
    thread: Thread,
}

#[derive(Debug, Default)]
struct Shared {
    entered: AtomicU64,
    left: AtomicU64,
    parked: AtomicBool,
    stop: AtomicBool,
}

/// A call in progress.
#[derive(Debug)]
pub(crate) struct Running<'a>(&'a Shared);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.left.fetch_add(1, SeqCst);
    }
}

impl Ticker {
    /// Starts the thread, parked.
    pub(crate) fn start(engine: &Engine) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let (state, engine) = (shared.clone(), engine.weak());
        let builder = std::thread::Builder::new().name("plugin-ticker".into()).stack_size(64 * 1024);
        let handle = builder.spawn(move || {
            while !state.stop.load(SeqCst) {
                tick_while_busy(&state, &|| {
                    engine.upgrade().is_some_and(|engine| {
                        engine.increment_epoch();
                        true
                    })
                });
                park(&state);
            }
        })?;
        Ok(Self { shared, thread: handle.thread().clone() })
    }
    /// A call begins: from here on the epoch advances.
    pub(crate) fn enter(&self) -> Running<'_> {
        self.shared.entered.fetch_add(1, SeqCst);
        // The thread sets `parked` and then looks at `entered`; we add and then look at `parked`: one of us sees the other.
        if self.shared.parked.load(SeqCst) {
            self.thread.unpark();
        }
        Running(&self.shared)
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.shared.stop.store(true, SeqCst);
        self.thread.unpark();
    }
}

fn tick_while_busy(state: &Shared, advance: &dyn Fn() -> bool) {
    let (mut idle, mut seen) = (0, 0);
    while idle < IDLE_TICKS && !state.stop.load(SeqCst) {
        std::thread::sleep(PERIOD);
        if !advance() {
            state.stop.store(true, SeqCst);
        }
        let entered = state.entered.load(SeqCst);
        let busy = entered != seen || entered != state.left.load(SeqCst);
        idle = if busy { 0 } else { idle + 1 };
        seen = entered;
    }
}

fn park(state: &Shared) {
    state.parked.store(true, SeqCst);
    let entered = state.entered.load(SeqCst);
    while entered == state.left.load(SeqCst) && entered == state.entered.load(SeqCst) && !state.stop.load(SeqCst) {
        std::thread::park();
    }
    state.parked.store(false, SeqCst);
}
