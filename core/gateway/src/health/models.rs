//! What is known of a provider's models: nothing, for most, and then a call pays one atomic for it.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicUsize, Ordering},
    },
};

use parking_lot::Mutex;
use weighbridge_domain::{ModelName, Timestamp};

use super::circuit::{Circuit, CircuitState};

/// Clients choose the names: more than so many are not kept.
const MAX_MODELS: usize = 1024;
/// For how long a model is not asked again for usage, in microseconds.
const UNASKED_MICROS: i64 = 3_600_000_000;

#[derive(Debug, Default)]
pub(super) struct Models {
    known: AtomicUsize,
    by_name: Mutex<HashMap<ModelName, Arc<KnownModel>>>,
}

/// A model about which something is known.
#[derive(Debug, Default)]
pub(super) struct KnownModel {
    /// For answers that say that there were too many calls.
    pub(super) circuit: Circuit,
    /// Until when it is not asked for usage, in microseconds.
    unasked_until: AtomicI64,
}

impl Models {
    pub(super) fn of(&self, model: &ModelName) -> Option<Arc<KnownModel>> {
        if self.known.load(Ordering::Acquire) == 0 {
            return None;
        }
        self.by_name.lock().get(model).cloned()
    }

    /// The model's entry, made if there is room for one.
    pub(super) fn add(&self, model: &ModelName, now: Timestamp) -> Option<Arc<KnownModel>> {
        let mut models = self.by_name.lock();
        if models.len() >= MAX_MODELS {
            models.retain(|_, known| known.matters(now));
        }
        if models.len() >= MAX_MODELS && !models.contains_key(model) {
            return None;
        }
        let known = models.entry(model.clone()).or_default().clone();
        self.known.store(models.len(), Ordering::Release);
        Some(known)
    }

    /// Those that are left alone, by name.
    pub(super) fn limited(&self, now: Timestamp) -> Vec<(ModelName, Timestamp)> {
        let models = self.by_name.lock();
        let open = models.iter().filter(|(_, known)| known.circuit.state(now).0 == CircuitState::Open);
        let mut limited: Vec<_> = open.filter_map(|(name, known)| Some((name.clone(), known.circuit.open_until()?))).collect();
        limited.sort();
        limited
    }
}

impl KnownModel {
    pub(super) fn may_be_asked(&self, now: Timestamp) -> bool {
        self.unasked_until.load(Ordering::Relaxed) <= now.micros()
    }
    pub(super) fn refuses_usage(&self, now: Timestamp) {
        self.unasked_until.store(now.micros() + UNASKED_MICROS, Ordering::Relaxed);
    }
    fn matters(&self, now: Timestamp) -> bool {
        self.circuit.is_open(now) || !self.may_be_asked(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_clients_make_up_do_not_fill_the_memory() {
        let (models, now) = (Models::default(), Timestamp::from_micros(1));
        let name = |i: usize| ModelName::new(format!("model-{i}"));
        for i in 0..MAX_MODELS {
            models.add(&name(i), now).unwrap().refuses_usage(now);
        }
        assert!(models.add(&name(MAX_MODELS), now).is_none(), "all of them still matter");
        let later = Timestamp::from_micros(2 + UNASKED_MICROS);
        assert!(models.add(&name(MAX_MODELS), later).is_some());
        assert_eq!(models.known.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn a_model_is_asked_again_after_an_hour() {
        let (models, model) = (Models::default(), ModelName::from("m"));
        let at = |micros: i64| Timestamp::from_micros(micros);
        assert!(models.of(&model).is_none());
        models.add(&model, at(0)).unwrap().refuses_usage(at(0));
        let known = models.of(&model).unwrap();
        assert_eq!([at(0), at(UNASKED_MICROS - 1), at(UNASKED_MICROS)].map(|now| known.may_be_asked(now)), [false, false, true]);
    }
}
