//! Requests and tokens a minute for a key: a count per calendar minute. The minute's number is part of the counter,
//! so that there is no reset to race (metering rule 35).

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use weighbridge_domain::Timestamp;

/// The running minute of one key.
#[derive(Debug, Clone, Default)]
pub(crate) struct RateWindow(Arc<Counters>);

#[derive(Debug, Default)]
struct Counters {
    requests: MinuteCounter,
    tokens: MinuteCounter,
}

/// Minute in the upper 32 bits, count in the lower 32 (saturating).
#[derive(Debug, Default)]
struct MinuteCounter(AtomicU64);

impl MinuteCounter {
    /// Adds if the count stays within the limit; says whether it did.
    fn try_add(&self, minute: u32, amount: u32, limit: u64) -> bool {
        let step = |packed: u64| {
            let count = if (packed >> 32) as u32 == minute { packed as u32 } else { 0 };
            let next = count.saturating_add(amount);
            (u64::from(next) <= limit).then_some(u64::from(minute) << 32 | u64::from(next))
        };
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, step).is_ok()
    }
}

impl RateWindow {
    /// Takes one request. `Err`: seconds to the next minute.
    pub(crate) fn take_request(&self, now: Timestamp, limit: u32) -> Result<(), u32> {
        let taken = self.0.requests.try_add(minute(now), 1, limit.into());
        if taken { Ok(()) } else { Err(seconds_left(now)) }
    }
    /// Whether this minute has room for a prompt of about so many tokens. `Err`: seconds to the next minute. The first call of a
    /// minute is let through however large it is: the limit is on the rate, and no later minute would have more room for it.
    pub(crate) fn check_tokens(&self, now: Timestamp, limit: u64, prompt: u64) -> Result<(), u32> {
        let room = self.0.tokens.try_add(minute(now), 0, limit.saturating_sub(prompt.max(1)));
        if room { Ok(()) } else { Err(seconds_left(now)) }
    }
    /// Notes the tokens of an ended call.
    pub(crate) fn add_tokens(&self, now: Timestamp, tokens: u64) {
        self.0.tokens.try_add(minute(now), u32::try_from(tokens).unwrap_or(u32::MAX), u64::MAX);
    }
}

fn minute(now: Timestamp) -> u32 {
    (now.micros() / 60_000_000) as u32
}

fn seconds_left(now: Timestamp) -> u32 {
    60 - (now.micros() / 1_000_000 % 60) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_holds_its_limit_and_the_next_begins_at_zero() {
        let window = RateWindow::default();
        let at = |seconds: i64| Timestamp::from_micros(seconds * 1_000_000);
        assert_eq!(window.take_request(at(50), 2), Ok(()));
        assert_eq!(window.take_request(at(51), 2), Ok(()));
        assert_eq!(window.take_request(at(52), 2), Err(8));
        assert_eq!(window.take_request(at(60), 2), Ok(()));
        window.add_tokens(at(61), 100);
        assert_eq!(window.check_tokens(at(62), 101, 1), Ok(()));
        assert_eq!(window.check_tokens(at(62), 100, 0), Err(58));
        assert_eq!(window.check_tokens(at(120), 100, 0), Ok(()));
    }

    #[test]
    fn a_prompt_that_does_not_fit_any_more_waits_and_one_that_never_fits_goes_first() {
        let window = RateWindow::default();
        let at = |seconds: i64| Timestamp::from_micros(seconds * 1_000_000);
        assert_eq!(window.check_tokens(at(0), 100, 500), Ok(()));
        window.add_tokens(at(1), 60);
        assert_eq!(window.check_tokens(at(2), 100, 40), Ok(()));
        assert_eq!(window.check_tokens(at(2), 100, 41), Err(58));
        assert_eq!(window.check_tokens(at(60), 100, 500), Ok(()));
    }
}
