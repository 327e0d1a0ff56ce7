//! The deadline of a call: CPU time, with a cap on wall time.
//!
//! The ticker advances the engine's epoch every millisecond. Nothing is read when a call begins: the first tick that meets it
//! (few calls live that long) notes the clocks, later ones compare. So a call costs no system call, a guest gets at
//! most a millisecond more than its limit, and a thread that the machine did not let run is not blamed on the guest.

use std::time::{Duration, Instant};

use crate::cpu_time;

/// A starved machine may stretch a call's wall time by this much.
const WALL_FACTOR: u32 = 100;

/// Where a call stands in its time.
#[derive(Debug, Default)]
pub(crate) struct Deadline {
    limit: Duration,
    first_tick: Option<Clocks>,
    over: bool,
}

#[derive(Debug)]
struct Clocks {
    cpu: Option<Duration>,
    wall: Instant,
}

/// What a tick decided.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Look again after so many ticks.
    GoOn(u64),
    /// The time is over.
    Stop,
}

impl Deadline {
    /// A call begins.
    pub(crate) fn arm(&mut self, limit_ms: u64) {
        *self = Self { limit: Duration::from_millis(limit_ms), first_tick: None, over: false };
    }
    /// Whether the call was stopped.
    pub(crate) fn is_over(&self) -> bool {
        self.over
    }
    /// The limit in milliseconds.
    pub(crate) fn limit_ms(&self) -> u64 {
        self.limit.as_millis() as u64
    }
    /// The engine's epoch reached the call.
    pub(crate) fn tick(&mut self) -> Verdict {
        let now = Clocks { cpu: cpu_time::of_this_thread(), wall: Instant::now() };
        let verdict = match &self.first_tick {
            None => Verdict::GoOn(ticks(self.limit)),
            Some(first) => {
                let wall = now.wall.duration_since(first.wall);
                let used = now.cpu.zip(first.cpu).map_or(wall, |(now, then)| now.saturating_sub(then));
                judge(self.limit, used, wall)
            }
        };
        self.first_tick.get_or_insert(now);
        self.over = verdict == Verdict::Stop;
        verdict
    }
}

fn judge(limit: Duration, used: Duration, wall: Duration) -> Verdict {
    if used >= limit || wall >= limit * WALL_FACTOR { Verdict::Stop } else { Verdict::GoOn(ticks(limit - used)) }
}

fn ticks(time: Duration) -> u64 {
    (time.as_micros().div_ceil(1_000) as u64).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn only_used_time_counts_until_the_cap() {
        assert_eq!(judge(ms(5), ms(5), ms(5)), Verdict::Stop);
        assert_eq!(judge(ms(5), ms(1), ms(300)), Verdict::GoOn(4), "300 ms passed, but the thread ran for 1 ms of them");
        assert_eq!(judge(ms(5), ms(4) + Duration::from_micros(999), ms(6)), Verdict::GoOn(1));
        assert_eq!(judge(ms(5), ms(1), ms(500)), Verdict::Stop, "no call holds a thread for ever");
    }
    #[test]
    fn the_first_tick_only_notes_the_time() {
        let mut deadline = Deadline::default();
        deadline.arm(5);
        assert_eq!(deadline.tick(), Verdict::GoOn(5));
        assert!(!deadline.is_over());
    }
}
