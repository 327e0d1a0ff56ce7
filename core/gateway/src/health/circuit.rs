//! The circuit breaker: what fails again and again is left alone for a while.
//!
//! Closed: calls pass. Open: they go elsewhere until the back-off is over. Half-open: then one call is let through as a
//! probe. An answer closes the circuit; a failure doubles the back-off.

use std::{
    sync::atomic::{AtomicI64, AtomicU32, Ordering},
    time::Duration,
};

use parking_lot::Mutex;
use weighbridge_domain::Timestamp;

use super::window::{Tick, Window};
use crate::policy::CircuitPolicy;

/// Calls in a window of which a share says something.
const MIN_CALLS: u64 = 20;

/// Leave to make one try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pass {
    /// As always.
    Ordinary,
    /// The one that finds out whether it works again.
    Probe,
}

/// How a circuit stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CircuitState {
    /// Calls pass.
    Closed,
    /// Calls go elsewhere.
    Open,
    /// The next call is the probe.
    HalfOpen,
}

#[derive(Debug, Default)]
pub(super) struct Circuit {
    /// When a probe may pass, in microseconds; 0: closed. Read without the lock on every call.
    open_until: AtomicI64,
    in_a_row: AtomicU32,
    failures: Window,
    opened: Mutex<Opened>,
}

#[derive(Debug, Default)]
struct Opened {
    back_off: i64,
    since: Option<Timestamp>,
}

/// A failure, with what is needed to judge it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Failed {
    pub(super) now: Timestamp,
    /// All tries in the window.
    pub(super) tries: u64,
    /// How long the provider asked to be left alone: reason enough to do so.
    pub(super) left_alone: Option<Duration>,
}

impl Circuit {
    /// Asks before a try. `None`: open, or another call is the probe.
    pub(super) fn enter(&self, now: Timestamp) -> Option<Pass> {
        match self.open_until.load(Ordering::Acquire) {
            0 => Some(Pass::Ordinary),
            until if until > now.micros() => None,
            until => {
                // A probe that never reports (its call was given up) must not keep the circuit open for ever.
                let next = now.micros() + self.opened.lock().back_off.max(1);
                self.open_until.compare_exchange(until, next, Ordering::AcqRel, Ordering::Acquire).ok().map(|_| Pass::Probe)
            }
        }
    }
    /// For a call that has nowhere else to go: open or not, it passes.
    pub(super) fn enter_anyway(&self, now: Timestamp) -> Pass {
        self.enter(now).unwrap_or(Pass::Probe)
    }
    pub(super) fn is_open(&self, now: Timestamp) -> bool {
        self.open_until.load(Ordering::Acquire) > now.micros()
    }
    /// It answered. In the usual case: one load.
    pub(super) fn succeeded(&self, pass: Pass) {
        if self.in_a_row.load(Ordering::Relaxed) != 0 {
            self.in_a_row.store(0, Ordering::Relaxed);
        }
        if pass == Pass::Probe {
            let mut opened = self.opened.lock();
            *opened = Opened::default();
            self.failures.clear();
            self.open_until.store(0, Ordering::Release);
        }
    }
    /// It failed.
    pub(super) fn failed(&self, pass: Pass, failed: Failed, policy: &CircuitPolicy) {
        let in_a_row = self.in_a_row.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        let tick = Tick::of(failed.now, policy.window);
        self.failures.add(tick);
        let share = failed.tries >= MIN_CALLS && self.failures.count(tick) * 100 >= u64::from(policy.share_percent) * failed.tries;
        let mut opened = self.opened.lock();
        let trips = match (self.open_until.load(Ordering::Acquire) != 0, pass) {
            (false, _) => failed.left_alone.is_some() || in_a_row >= policy.failures || share,
            (true, Pass::Probe) => true,
            // A call that was begun before it opened says nothing new.
            (true, Pass::Ordinary) => false,
        };
        if policy.failures == 0 || !trips {
            return;
        }
        let longest = micros(policy.longest_open);
        opened.back_off = if opened.back_off == 0 { micros(policy.open) } else { opened.back_off.saturating_mul(2) }.clamp(1, longest.max(1));
        opened.since.get_or_insert(failed.now);
        let pause = failed.left_alone.map_or(opened.back_off, |asked| micros(asked).min(longest));
        self.open_until.store(failed.now.micros().saturating_add(pause), Ordering::Release);
    }
    /// How it stands, and since when it has not been closed.
    pub(super) fn state(&self, now: Timestamp) -> (CircuitState, Option<Timestamp>) {
        let since = self.opened.lock().since;
        match self.open_until.load(Ordering::Acquire) {
            0 => (CircuitState::Closed, None),
            until if until > now.micros() => (CircuitState::Open, since),
            _ => (CircuitState::HalfOpen, since),
        }
    }
    /// When the next probe may pass; `None`: it is closed.
    pub(super) fn open_until(&self) -> Option<Timestamp> {
        Some(self.open_until.load(Ordering::Acquire)).filter(|until| *until != 0).map(Timestamp::from_micros)
    }
    pub(super) fn failures_in_a_row(&self) -> u32 {
        self.in_a_row.load(Ordering::Relaxed)
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const POLICY: CircuitPolicy =
        CircuitPolicy { failures: 3, share_percent: 50, window: Duration::from_secs(10), open: Duration::from_secs(1), longest_open: Duration::from_secs(4) };

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_micros(1_790_000_000_000_000 + millis * 1_000)
    }
    fn fail(circuit: &Circuit, millis: i64) {
        let pass = circuit.enter_anyway(at(millis));
        circuit.failed(pass, Failed { now: at(millis), tries: 0, left_alone: None }, &POLICY);
    }

    #[test]
    fn failures_in_a_row_open_it_and_a_good_probe_closes_it() {
        let circuit = Circuit::default();
        fail(&circuit, 0);
        fail(&circuit, 0);
        circuit.succeeded(Pass::Ordinary);
        fail(&circuit, 0);
        fail(&circuit, 0);
        assert_eq!(circuit.enter(at(0)), Some(Pass::Ordinary), "an answer begins the count anew");
        fail(&circuit, 0);
        assert_eq!((circuit.enter(at(0)), circuit.state(at(0))), (None, (CircuitState::Open, Some(at(0)))));
        assert_eq!(circuit.state(at(1_000)).0, CircuitState::HalfOpen);
        assert_eq!(circuit.enter(at(1_000)), Some(Pass::Probe));
        assert_eq!(circuit.enter(at(1_000)), None, "one probe at a time");
        circuit.succeeded(Pass::Probe);
        assert_eq!((circuit.enter(at(1_000)), circuit.state(at(1_000))), (Some(Pass::Ordinary), (CircuitState::Closed, None)));
    }

    #[test]
    fn a_bad_probe_doubles_the_back_off_up_to_the_longest() {
        let circuit = Circuit::default();
        (0..3).for_each(|_| fail(&circuit, 0));
        let mut now = 1_000;
        for expected in [2_000, 4_000, 4_000] {
            fail(&circuit, now);
            assert_eq!(circuit.open_until(), Some(at(now + expected)));
            assert_eq!(circuit.state(at(now)).1, Some(at(0)), "since it was opened first");
            now += expected;
        }
    }

    #[test]
    fn calls_that_were_begun_before_it_opened_change_nothing() {
        let circuit = Circuit::default();
        (0..3).for_each(|_| fail(&circuit, 0));
        let late = Failed { now: at(500), tries: 0, left_alone: None };
        (0..50).for_each(|_| circuit.failed(Pass::Ordinary, late, &POLICY));
        circuit.succeeded(Pass::Ordinary);
        assert_eq!(circuit.open_until(), Some(at(1_000)));
    }

    #[test]
    fn a_share_of_failures_opens_it_even_where_answers_are_between_them() {
        let circuit = Circuit::default();
        for tries in 1..=40 {
            if tries % 2 == 0 {
                circuit.failed(Pass::Ordinary, Failed { now: at(0), tries, left_alone: None }, &POLICY);
            } else {
                circuit.succeeded(Pass::Ordinary);
            }
            assert_eq!(circuit.is_open(at(0)), tries >= 20, "after {tries} tries");
        }
    }

    #[test]
    fn a_provider_that_asks_to_be_left_alone_is_as_it_asked_up_to_the_longest() {
        for (asked, expected) in [(1_500, 1_500), (200, 200), (60_000, 4_000)] {
            let circuit = Circuit::default();
            circuit.failed(Pass::Ordinary, Failed { now: at(0), tries: 1, left_alone: Some(Duration::from_millis(asked)) }, &POLICY);
            assert_eq!(circuit.open_until(), Some(at(expected)), "asked for {asked}");
        }
    }

    #[test]
    fn with_no_failures_configured_it_never_opens() {
        let circuit = Circuit::default();
        let never = CircuitPolicy { failures: 0, ..POLICY };
        (0..100).for_each(|_| circuit.failed(Pass::Ordinary, Failed { now: at(0), tries: 100, left_alone: None }, &never));
        assert_eq!(circuit.enter(at(0)), Some(Pass::Ordinary));
    }

    /// The same, as plainly as it can be said.
    #[derive(Default)]
    struct Model {
        in_a_row: u32,
        open: Option<(i64, i64)>,
    }

    impl Model {
        fn passes(&mut self, now: i64) -> Option<Pass> {
            let Some((until, back_off)) = self.open else { return Some(Pass::Ordinary) };
            (until <= now).then(|| {
                self.open = Some((now + back_off, back_off));
                Pass::Probe
            })
        }
        fn ended(&mut self, pass: Pass, good: bool, now: i64) {
            self.in_a_row = if good { 0 } else { self.in_a_row + 1 };
            match (pass, good, self.open) {
                (Pass::Probe, true, _) => self.open = None,
                (Pass::Probe, false, Some((_, back_off))) => self.open = Some((now + (2 * back_off).min(4_000), (2 * back_off).min(4_000))),
                (_, false, None) if self.in_a_row >= 3 => self.open = Some((now + 1_000, 1_000)),
                _ => {}
            }
        }
    }

    proptest! {
        /// Calls begin, and end later, well or badly, in any order.
        #[test]
        fn it_does_what_the_plain_model_does(steps in proptest::collection::vec((0_i64..700, 0_u8..3), 0..150)) {
            let (circuit, mut model) = (Circuit::default(), Model::default());
            let (mut now, mut running) = (0, Vec::new());
            for (millis, step) in steps {
                now += millis;
                if step == 0 {
                    let pass = circuit.enter(at(now));
                    prop_assert_eq!(pass, model.passes(now));
                    running.extend(pass);
                } else if let Some(pass) = running.pop() {
                    model.ended(pass, step == 1, now);
                    match step {
                        1 => circuit.succeeded(pass),
                        _ => circuit.failed(pass, Failed { now: at(now), tries: 0, left_alone: None }, &POLICY),
                    }
                }
                prop_assert_eq!(circuit.open_until(), model.open.map(|(until, _)| at(until)));
            }
        }
    }
}
