//! The circuit breaker: a plugin that crashes again and again is left alone for a while.

use std::collections::VecDeque;
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering::SeqCst},
};

use parking_lot::Mutex;
use weighbridge_domain::Clock;
use weighbridge_plugin_api::Failure;

const FAILURES: usize = 5;
const WINDOW_MICROS: i64 = 60_000_000;
const FIRST_BACK_OFF_MICROS: i64 = 1_000_000;
const LONGEST_BACK_OFF_MICROS: i64 = 60_000_000;

/// Closed: calls pass. Open: they are refused until the back-off is over. Then one call is let through as a probe: if it
/// succeeds the circuit closes, if it fails the back-off doubles.
pub(crate) struct Circuit {
    clock: Arc<dyn Clock>,
    /// When the next call may pass; 0 is closed. Read without the lock on every call.
    open_until: AtomicI64,
    history: Mutex<History>,
}

#[derive(Default)]
struct History {
    failures: VecDeque<i64>,
    back_off: i64,
}

/// Leave to make one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pass {
    /// As always.
    Ordinary,
    /// The one that finds out whether the plugin works again.
    Probe,
}

impl Circuit {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, open_until: AtomicI64::new(0), history: Mutex::default() }
    }
    /// Asks before a call.
    pub(crate) fn enter(&self) -> Result<Pass, Failure> {
        let until = self.open_until.load(SeqCst);
        if until == 0 {
            return Ok(Pass::Ordinary);
        }
        let now = self.clock.now().micros();
        let mut history = self.history.lock();
        let until = self.open_until.load(SeqCst);
        if until == 0 {
            return Ok(Pass::Ordinary);
        }
        if now < until {
            let retry_in_ms = u64::try_from(until - now).unwrap_or(0).div_ceil(1_000);
            return Err(Failure::CircuitOpen { failures: FAILURES as u32, retry_in_ms });
        }
        // Whoever comes while the probe is out waits for another back-off.
        self.open_until.store(now + history.back_off.max(FIRST_BACK_OFF_MICROS), SeqCst);
        history.failures.clear();
        Ok(Pass::Probe)
    }
    /// A call ended without losing its instance.
    pub(crate) fn succeeded(&self, pass: Pass) {
        if pass == Pass::Probe {
            let mut history = self.history.lock();
            *history = History::default();
            self.open_until.store(0, SeqCst);
        }
    }
    /// A call lost its instance: a trap, a deadline, memory.
    pub(crate) fn failed(&self, pass: Pass) {
        let now = self.clock.now().micros();
        let mut history = self.history.lock();
        history.failures.push_back(now);
        history.failures.retain(|at| now - at < WINDOW_MICROS);
        if pass == Pass::Probe || history.failures.len() >= FAILURES {
            history.back_off = (history.back_off * 2).clamp(FIRST_BACK_OFF_MICROS, LONGEST_BACK_OFF_MICROS);
            history.failures.clear();
            self.open_until.store(now + history.back_off, SeqCst);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use weighbridge_domain::{Timestamp, time::ManualClock};

    fn circuit() -> (Arc<ManualClock>, Circuit) {
        let clock = Arc::new(ManualClock::at(Timestamp::from_micros(1_000)));
        (clock.clone(), Circuit::new(clock))
    }
    fn fail(circuit: &Circuit, times: usize) {
        for _ in 0..times {
            let pass = circuit.enter().unwrap();
            circuit.failed(pass);
        }
    }
    fn open(retry_in_ms: u64) -> Result<Pass, Failure> {
        Err(Failure::CircuitOpen { failures: 5, retry_in_ms })
    }

    #[test]
    fn five_failures_within_a_minute_open_it_and_a_good_probe_closes_it() {
        let (clock, circuit) = circuit();
        fail(&circuit, 4);
        assert_eq!(circuit.enter(), Ok(Pass::Ordinary));
        fail(&circuit, 1);
        assert_eq!(circuit.enter(), open(1_000));
        clock.advance(1_000_000);
        assert_eq!(circuit.enter(), Ok(Pass::Probe));
        assert_eq!(circuit.enter(), open(1_000), "one probe at a time");
        circuit.succeeded(Pass::Probe);
        assert_eq!(circuit.enter(), Ok(Pass::Ordinary));
        fail(&circuit, 4);
        assert_eq!(circuit.enter(), Ok(Pass::Ordinary), "the count begins anew");
    }
    #[test]
    fn failures_that_are_spread_out_do_not_open_it() {
        let (clock, circuit) = circuit();
        for _ in 0..20 {
            fail(&circuit, 1);
            clock.advance(15_000_001);
        }
        assert_eq!(circuit.enter(), Ok(Pass::Ordinary));
    }
    #[test]
    fn a_bad_probe_doubles_the_back_off_up_to_a_minute() {
        let (clock, circuit) = circuit();
        fail(&circuit, 5);
        for expected in [2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000] {
            clock.advance(60_000_000);
            fail(&circuit, 1);
            assert_eq!(circuit.enter(), open(expected));
        }
    }
}
