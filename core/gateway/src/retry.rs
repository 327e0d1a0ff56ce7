//! Retry: what a failure is, whether the same candidate may be tried again after it, and after how long.
//!
//! A request that may have been served already (it was sent, and no answer came) is not tried again at the same candidate
//! unless the operator says so: the provider may have done the work, and would do it twice.

use std::time::Duration;

use http::{HeaderMap, Response, StatusCode, header};

use crate::{health::Ailment, policy::RetryPolicy, upstream::NoAnswer};

/// What went wrong with one try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Nothing was sent.
    Unreachable,
    /// Sent, and no answer came.
    Unanswered,
    /// Too many calls of this model; and how long the provider asks to wait.
    Limited(Option<Duration>),
    /// The provider, or something before it, is not able to serve now; and how long it asks to wait.
    Unavailable(Option<Duration>),
    /// The provider failed at this request.
    Failed,
}

impl Failure {
    /// Of an answer's head; `None`: the answer is the client's, be it good or bad news.
    pub(crate) fn of_answer<B>(answer: &Response<B>) -> Option<Self> {
        /// Not registered: some providers say with it that they are overloaded.
        const OVERLOADED: u16 = 529;
        match answer.status() {
            StatusCode::TOO_MANY_REQUESTS => Some(Self::Limited(retry_after(answer.headers()))),
            StatusCode::REQUEST_TIMEOUT | StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT => {
                Some(Self::Unavailable(retry_after(answer.headers())))
            }
            status if status.as_u16() == OVERLOADED => Some(Self::Unavailable(retry_after(answer.headers()))),
            status => status.is_server_error().then_some(Self::Failed),
        }
    }

    /// Of a try without an answer.
    pub(crate) fn of(why: &NoAnswer) -> Self {
        match why {
            NoAnswer::Unreachable(_) | NoAnswer::NoCredential(_) => Self::Unreachable,
            NoAnswer::BrokeOff(_) | NoAnswer::TimedOut(_) => Self::Unanswered,
        }
    }

    /// What it says of the provider.
    pub(crate) fn ailment(self) -> Ailment {
        match self {
            Self::Limited(wait) => Ailment::Limited(wait),
            _ => Ailment::Down,
        }
    }

    /// How long to wait before the same candidate is tried for the `nth` time again (1 for the first); `None`: it is not.
    /// `random` is any number: a part of the pause is drawn with it, so that calls that failed together do not come back
    /// together.
    pub(crate) fn pause(self, nth: u32, random: u64, policy: &RetryPolicy) -> Option<Duration> {
        let asked = match self {
            Self::Unreachable => Duration::ZERO,
            Self::Unanswered if policy.retry_sent => Duration::ZERO,
            Self::Unavailable(wait) => wait.unwrap_or_default(),
            Self::Limited(Some(wait)) => wait,
            // Without a word on when, too many calls are answered best by not calling.
            Self::Limited(None) | Self::Unanswered | Self::Failed => return None,
        };
        let whole = policy.back_off.saturating_mul(1 << nth.saturating_sub(1).min(16)).min(policy.longest_back_off);
        let drawn = whole / 2 + (whole / 2).saturating_mul((random % 1024) as u32) / 1024;
        let pause = drawn.max(asked);
        (pause <= policy.longest_back_off).then_some(pause)
    }
}

/// How long the provider asks to wait. A date, or anything else that is no number, is further away than anybody waits.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let number = |name: &str| headers.get(name).map(|value| value.to_str().ok()?.trim().parse::<u32>().ok());
    if let Some(Some(millis)) = number("retry-after-ms") {
        return Some(Duration::from_millis(millis.into()));
    }
    let seconds = number(header::RETRY_AFTER.as_str())?;
    Some(seconds.map_or(Duration::MAX, |seconds| Duration::from_secs(seconds.into())))
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: RetryPolicy = RetryPolicy {
        retries: 3,
        back_off: Duration::from_millis(100),
        longest_back_off: Duration::from_millis(1_000),
        give_up_after: Duration::from_secs(60),
        retry_sent: false,
        budget_percent: 20,
        budget_floor: 3,
        window: Duration::from_secs(10),
    };

    fn failure(status: u16, headers: &[(&'static str, &str)]) -> Option<Failure> {
        let mut answer = Response::new(());
        *answer.status_mut() = StatusCode::from_u16(status).unwrap();
        for (name, value) in headers {
            answer.headers_mut().insert(*name, value.parse().unwrap());
        }
        Failure::of_answer(&answer)
    }

    #[test]
    fn what_is_final_and_what_is_not() {
        for status in [200, 304, 400, 401, 402, 403, 404, 409, 413, 422, 499] {
            assert_eq!(failure(status, &[]), None, "{status}");
        }
        for status in [408, 502, 503, 504, 529] {
            assert_eq!(failure(status, &[]), Some(Failure::Unavailable(None)), "{status}");
        }
        for status in [500, 501, 520] {
            assert_eq!(failure(status, &[]).and_then(|failure| failure.pause(1, 0, &POLICY)), None, "{status} is left to another candidate");
        }
        assert_eq!(failure(429, &[]).and_then(|failure| failure.pause(1, 0, &POLICY)), None);
    }

    #[test]
    fn what_was_sent_and_not_answered_is_not_sent_again_unless_the_operator_says_so() {
        let unanswered = Failure::of(&NoAnswer::TimedOut(Duration::from_secs(1)));
        assert_eq!(unanswered.pause(1, 0, &POLICY), None);
        assert!(unanswered.pause(1, 0, &RetryPolicy { retry_sent: true, ..POLICY }).is_some());
        assert!(Failure::of(&NoAnswer::Unreachable("refused".into())).pause(1, 0, &POLICY).is_some());
    }

    #[test]
    fn pauses_double_within_their_jitter_and_have_an_end() {
        let pause = |nth: u32, random: u64| Failure::Unreachable.pause(nth, random, &POLICY).map(|pause| pause.as_micros());
        assert_eq!([1, 2, 3, 4, 5, 40].map(|nth| pause(nth, 0)), [50_000, 100_000, 200_000, 400_000, 500_000, 500_000].map(Some));
        assert_eq!([1, 2, 3, 4, 5, 40].map(|nth| pause(nth, 512)), [75_000, 150_000, 300_000, 600_000, 750_000, 750_000].map(Some));
        assert!(pause(1, 1023).is_some_and(|micros| micros < 100_000));
    }

    #[test]
    fn a_provider_that_names_a_time_is_given_it_or_left() {
        let pause = |headers: &[(&'static str, &str)]| failure(429, headers).and_then(|failure| failure.pause(1, 0, &POLICY));
        assert_eq!(pause(&[("retry-after", "1")]), Some(Duration::from_secs(1)));
        assert_eq!(pause(&[("retry-after", "0")]), Some(Duration::from_millis(50)), "never sooner than our own");
        assert_eq!(pause(&[("retry-after", "2")]), None, "longer than anybody waits");
        assert_eq!(pause(&[("retry-after-ms", "300"), ("retry-after", "2")]), Some(Duration::from_millis(300)));
        assert_eq!(pause(&[("retry-after", "Wed, 21 Oct 2026 07:28:00 GMT")]), None);
        assert_eq!(failure(503, &[("retry-after", "30")]).and_then(|failure| failure.pause(1, 0, &POLICY)), None);
    }
}
