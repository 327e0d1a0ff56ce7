//! How many in the last while: a ring of slots, each with its own time in it, so that there is no reset to race.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use weighbridge_domain::Timestamp;

/// Slots of a window. What is older than the window less one slot begins to be forgotten.
const SLOTS: u32 = 10;

/// A count over a sliding window. Adding costs one atomic.
#[derive(Debug, Default)]
pub(super) struct Window([AtomicU64; SLOTS as usize]);

/// A moment as a window counts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tick(u32);

impl Tick {
    /// The slot's number since the epoch, cut to 32 bits: it may wrap around, ages stay right.
    pub(super) fn of(now: Timestamp, window: Duration) -> Self {
        let slot = (window.as_micros() / u128::from(SLOTS)).clamp(1, i64::MAX as u128) as i64;
        Self((now.micros() / slot) as u32)
    }
}

impl Window {
    /// One more.
    pub(super) fn add(&self, at: Tick) {
        let step = |packed: u64| {
            let count = if (packed >> 32) as u32 == at.0 { packed as u32 } else { 0 };
            Some(u64::from(at.0) << 32 | u64::from(count.saturating_add(1)))
        };
        // The step never declines.
        let _ = self.0[(at.0 % SLOTS) as usize].fetch_update(Ordering::Relaxed, Ordering::Relaxed, step);
    }

    /// How many there were.
    pub(super) fn count(&self, at: Tick) -> u64 {
        let slots = self.0.iter().map(|slot| slot.load(Ordering::Relaxed));
        slots.filter(|packed| at.0.wrapping_sub((packed >> 32) as u32) < SLOTS).map(|packed| packed & 0xFFFF_FFFF).sum()
    }

    /// Forgets them.
    pub(super) fn clear(&self) {
        self.0.iter().for_each(|slot| slot.store(0, Ordering::Relaxed));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Against the plainest model there is: a list of times.
        #[test]
        fn a_window_counts_what_a_list_of_times_counts(steps in proptest::collection::vec((0_i64..40, proptest::bool::ANY), 0..200)) {
            let (window, length) = (Window::default(), Duration::from_millis(100));
            let mut now = 1_790_000_000_000_000_i64;
            let mut slots = Vec::new();
            for (millis, adds) in steps {
                now += millis * 1_000;
                let tick = Tick::of(Timestamp::from_micros(now), length);
                let slot = now / 10_000;
                if adds {
                    window.add(tick);
                    slots.push(slot);
                }
                let expected = slots.iter().filter(|then| slot - **then < 10).count() as u64;
                prop_assert_eq!(window.count(tick), expected);
            }
        }
    }
}
