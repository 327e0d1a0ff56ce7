//! Health: what the gateway knows of a provider beside its configuration. Whether it answers, how often it was tried again,
//! which of its models are limited, and which do not take the question for usage.
//!
//! A healthy provider costs a call two atomics. Time comes in as an argument, and it is the injected clock's.

mod circuit;
mod models;
mod window;

use std::time::Duration;

use parking_lot::Mutex;
use weighbridge_domain::{ModelName, Timestamp};

pub use circuit::CircuitState;
use circuit::{Circuit, Failed, Pass};
use models::Models;
use window::{Tick, Window};

use crate::policy::{RetryPolicy, RoutingPolicy};

/// A provider's health. It outlives a reload of the configuration.
#[derive(Debug, Default)]
pub struct Health {
    circuit: Circuit,
    /// First tries of calls.
    calls: Window,
    /// Further tries of the same.
    retries: Window,
    models: Models,
    last_error: Mutex<Option<LastError>>,
}

/// Leave to try a provider and its model once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Leave {
    provider: Pass,
    model: Pass,
}

/// What a failure says of the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ailment {
    /// It does not serve.
    Down,
    /// It serves, but no more of this model for now; and how long it asks to be left alone.
    Limited(Option<Duration>),
}

/// The last thing that went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastError {
    /// When.
    pub at: Timestamp,
    /// What: the connection's error or the status, never a body.
    pub what: String,
}

/// A provider's health for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HealthReport {
    /// How its circuit stands.
    pub state: CircuitState,
    /// Since when it has not been closed.
    pub since: Option<Timestamp>,
    /// When it is tried again, if it is open.
    pub retry_at: Option<Timestamp>,
    /// Failures since its last answer.
    pub failures_in_a_row: u32,
    /// The last thing that went wrong.
    pub last_error: Option<LastError>,
    /// Models that are left alone, and until when.
    pub limited: Vec<(ModelName, Timestamp)>,
}

impl Health {
    /// Notes a call that tries this provider for the first time.
    pub(crate) fn called(&self, now: Timestamp, policy: &RoutingPolicy) {
        self.calls.add(Tick::of(now, policy.retry.window));
    }

    /// Asks for leave. `None`: it is to be left alone.
    pub(crate) fn enter(&self, model: &ModelName, now: Timestamp) -> Option<Leave> {
        let limits = self.models.of(model);
        // The provider's probe is not taken up for a model that will not be tried.
        if limits.as_ref().is_some_and(|limits| limits.circuit.is_open(now)) {
            return None;
        }
        let provider = self.circuit.enter(now)?;
        let model = limits.map_or(Some(Pass::Ordinary), |limits| limits.circuit.enter(now))?;
        Some(Leave { provider, model })
    }

    /// Leave for a call that has nowhere else to go.
    pub(crate) fn enter_anyway(&self, model: &ModelName, now: Timestamp) -> Leave {
        let limits = self.models.of(model);
        Leave { provider: self.circuit.enter_anyway(now), model: limits.map_or(Pass::Ordinary, |limits| limits.circuit.enter_anyway(now)) }
    }

    /// It answered, be it that the request is wrong.
    pub(crate) fn answered(&self, model: &ModelName, leave: Leave) {
        self.circuit.succeeded(leave.provider);
        if let Some(limits) = self.models.of(model) {
            limits.circuit.succeeded(leave.model);
        }
    }

    /// It failed.
    pub(crate) fn failed(&self, model: &ModelName, leave: Leave, ailment: Ailment, what: String, now: Timestamp, policy: &RoutingPolicy) {
        *self.last_error.lock() = Some(LastError { at: now, what });
        let tick = Tick::of(now, policy.retry.window);
        let tries = self.calls.count(tick) + self.retries.count(tick);
        match ailment {
            Ailment::Down => self.circuit.failed(leave.provider, Failed { now, tries, left_alone: None }, &policy.circuit),
            Ailment::Limited(left_alone) => {
                self.circuit.succeeded(leave.provider);
                let Some(limits) = self.models.add(model, now) else { return };
                // Of one model's calls no share is known: what counts is the row.
                limits.circuit.failed(leave.model, Failed { now, tries: 0, left_alone }, &policy.circuit);
            }
        }
    }

    /// Whether it may be tried again, by its budget: an outage must not be multiplied by retries. Takes the retry.
    pub(crate) fn take_retry(&self, now: Timestamp, policy: &RetryPolicy) -> bool {
        let tick = Tick::of(now, policy.window);
        // One after the other, so that no two take the last one.
        let _turn = self.last_error.lock();
        let allowed = u64::from(policy.budget_floor) + self.calls.count(tick) * u64::from(policy.budget_percent) / 100;
        let granted = self.retries.count(tick) < allowed;
        if granted {
            self.retries.add(tick);
        }
        granted
    }

    /// Whether the model takes the question for usage in streams (metering rule 23).
    pub(crate) fn may_be_asked_for_usage(&self, model: &ModelName, now: Timestamp) -> bool {
        self.models.of(model).is_none_or(|known| known.may_be_asked(now))
    }

    /// It does not.
    pub(crate) fn refuses_usage(&self, model: &ModelName, now: Timestamp) {
        if let Some(known) = self.models.add(model, now) {
            known.refuses_usage(now);
        }
    }

    /// For people.
    pub fn report(&self, now: Timestamp) -> HealthReport {
        let (state, since) = self.circuit.state(now);
        HealthReport {
            state,
            since,
            retry_at: self.circuit.open_until(),
            failures_in_a_row: self.circuit.failures_in_a_row(),
            last_error: self.last_error.lock().clone(),
            limited: self.models.limited(now),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_micros(1_790_000_000_000_000 + millis * 1_000)
    }

    proptest! {
        /// Whatever happens, the retries of a window stay within the floor and the share of the calls in it.
        #[test]
        fn a_budget_grants_what_the_plain_model_grants(steps in proptest::collection::vec((0_i64..30, 0_u8..4), 0..300)) {
            let policy = RoutingPolicy {
                retry: RetryPolicy { budget_percent: 20, budget_floor: 2, window: Duration::from_millis(100), ..RetryPolicy::default() },
                ..RoutingPolicy::default()
            };
            let health = Health::default();
            let (mut now, mut calls, mut retries) = (0, Vec::new(), Vec::new());
            for (millis, step) in steps {
                now += millis;
                let slot = now / 10;
                let in_window = |times: &[i64]| times.iter().filter(|then| slot - **then < 10).count();
                if step > 0 {
                    health.called(at(now), &policy);
                    calls.push(slot);
                } else {
                    let granted = in_window(&retries) < 2 + in_window(&calls) * 20 / 100;
                    prop_assert_eq!(health.take_retry(at(now), &policy.retry), granted);
                    if granted {
                        retries.push(slot);
                    }
                }
            }
        }
    }

    #[test]
    fn a_limit_on_one_model_leaves_the_others_alone() {
        let (health, policy) = (Health::default(), RoutingPolicy::default());
        let (large, small) = (ModelName::from("large"), ModelName::from("small"));
        let leave = health.enter(&large, at(0)).unwrap();
        health.failed(&large, leave, Ailment::Limited(Some(Duration::from_secs(7))), "HTTP 429".into(), at(0), &policy);
        assert!(health.enter(&large, at(6_999)).is_none());
        assert!(health.enter(&small, at(0)).is_some());
        let report = health.report(at(0));
        assert_eq!((report.state, report.limited), (CircuitState::Closed, vec![(large.clone(), at(7_000))]));
        let probe = health.enter(&large, at(7_000)).unwrap();
        health.answered(&large, probe);
        assert_eq!(health.report(at(7_000)).limited, vec![]);
        assert!(health.enter(&large, at(7_000)).is_some());
    }

    #[test]
    fn a_model_that_is_limited_does_not_take_up_the_providers_probe() {
        let (health, policy) = (Health::default(), RoutingPolicy::default());
        let (large, small) = (ModelName::from("large"), ModelName::from("small"));
        let leave = health.enter_anyway(&large, at(0));
        health.failed(&large, leave, Ailment::Limited(Some(Duration::from_secs(50))), "HTTP 429".into(), at(0), &policy);
        for _ in 0..5 {
            let leave = health.enter_anyway(&small, at(0));
            health.failed(&small, leave, Ailment::Down, "HTTP 503".into(), at(0), &policy);
        }
        assert_eq!(health.report(at(0)).state, CircuitState::Open);
        assert!(health.enter(&large, at(5_000)).is_none());
        assert_eq!(health.enter(&small, at(5_000)).map(|leave| leave.provider), Some(Pass::Probe));
    }
}
