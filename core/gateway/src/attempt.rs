//! Attempt: which candidate is tried next, and what becomes of its answer. Respond with it, try the same candidate again,
//! or go on to another one; always before a byte of an answer was forwarded.

use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Response, StatusCode, response::Parts};
use hyper::body::Incoming;
use weighbridge_domain::{EventId, Timestamp};

use crate::{
    call::Head,
    health::Leave,
    peek,
    respond::Exchange,
    retry::Failure,
    route::{Candidate, Route},
    settle::{End, OpenCall},
    upstream::NoAnswer,
};

/// An answer of which a part of the body may have been read already.
pub(crate) struct Answered {
    pub(crate) head: Parts,
    pub(crate) first: Option<Bytes>,
    pub(crate) body: Incoming,
}

/// What becomes of a try.
pub(crate) enum Verdict {
    /// The answer is the client's.
    Respond(Answered),
    /// There is no answer, and nothing left to try.
    GiveUp(NoAnswer),
    /// This try is on record as it ended; the next one begins after the pause.
    TryAgain(End, Duration),
}

/// The tries of one call. They go through the candidates that the reservation was granted for, and through no others.
pub(crate) struct Tries {
    route: Route,
    at: usize,
    leave: Leave,
    /// Of the candidate that is being tried.
    retries: u32,
    /// Whether the candidate may be asked for usage where the client did not ask.
    ask: bool,
    id: EventId,
    received: Instant,
    /// The call leaves something at the provider: one that may have arrived is not sent again, anywhere.
    starts: bool,
}

impl Tries {
    /// Begins with the first candidate that is not left alone; with the first of all if every one is.
    pub(crate) fn new(route: Route, head: &Head, call: &OpenCall) -> Self {
        let now = head.received_at;
        let candidates = route.candidates();
        let open = candidates.iter().enumerate().find_map(|(at, one)| Some((at, one.provider.health.enter(&one.model, now)?)));
        let (at, leave) = open.unwrap_or_else(|| (0, candidates[0].provider.health.enter_anyway(&candidates[0].model, now)));
        let mut tries = Self { route, at, leave, retries: 0, ask: true, id: head.id, received: head.received, starts: call.starts };
        tries.begin(now);
        tries
    }

    /// The candidate that is to be tried.
    pub(crate) fn candidate(&self) -> &Candidate {
        &self.route.candidates()[self.at]
    }

    /// Whether it may be asked for usage (metering rule 23).
    pub(crate) fn may_ask_for_usage(&self) -> bool {
        self.ask
    }

    fn begin(&mut self, now: Timestamp) {
        let candidate = &self.route.candidates()[self.at];
        candidate.provider.health.called(now, self.route.policy());
        self.ask = candidate.provider.health.may_be_asked_for_usage(&candidate.model, now);
        self.retries = 0;
    }

    /// Judges how the try went.
    pub(crate) async fn judge(&mut self, open: &OpenCall, exchange: &Exchange, sent: Result<Response<Incoming>, NoAnswer>) -> Verdict {
        let sent = match sent {
            Ok(answer) => self.look_at(exchange, answer).await,
            Err(why) => Err(why),
        };
        match sent {
            Ok(Seen::Answer(answer)) => {
                let candidate = self.candidate();
                candidate.provider.health.answered(&candidate.model, self.leave);
                Verdict::Respond(answer)
            }
            Ok(Seen::UsageRefused(status)) => {
                let candidate = self.candidate();
                candidate.provider.health.answered(&candidate.model, self.leave);
                candidate.provider.health.refuses_usage(&candidate.model, open.gateway.clock.now());
                tracing::info!(id = %self.id, provider = %candidate.provider.name, model = %candidate.model, "it does not say the usage of a stream when asked; asking without");
                let end = End::answered(candidate, status);
                self.ask = false;
                Verdict::TryAgain(end, Duration::ZERO)
            }
            Ok(Seen::Failure(failure, answer)) => {
                let end = End::answered(self.candidate(), answer.head.status);
                match self.next(open, failure, self.starts && leaves_doubt(answer.head.status), &format!("HTTP {}", answer.head.status.as_u16())) {
                    Some(pause) => Verdict::TryAgain(end, pause),
                    None => Verdict::Respond(answer),
                }
            }
            Err(why) => {
                let end = End::unanswered(self.candidate(), &why);
                match self.next(open, Failure::of(&why), self.starts && why.was_sent(), &why.to_string()) {
                    Some(pause) => Verdict::TryAgain(end, pause),
                    None => Verdict::GiveUp(why),
                }
            }
        }
    }

    /// What an answer is, as far as it has to be known before it is responded with.
    async fn look_at(&self, exchange: &Exchange, answer: Response<Incoming>) -> Result<Seen, NoAnswer> {
        let failure = Failure::of_answer(&answer);
        let (head, mut body) = answer.into_parts();
        if let Some(failure) = failure {
            return Ok(Seen::Failure(failure, Answered { head, first: None, body }));
        }
        let mut first = None;
        if self.ask && exchange.hide && matches!(head.status, StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY) {
            let refusal = peek::whole(&mut body, exchange).await?;
            if peek::refuses_usage(&refusal) {
                return Ok(Seen::UsageRefused(head.status));
            }
            first = Some(refusal);
        }
        if self.has_another() && peek::is_stream(&head, exchange) {
            let (begin, failed) = peek::first_event(&mut body, exchange).await?;
            first = Some(begin).filter(|begin| !begin.is_empty());
            if failed {
                return Ok(Seen::Failure(Failure::Failed, Answered { head, first, body }));
            }
        }
        Ok(Seen::Answer(Answered { head, first, body }))
    }

    fn has_another(&self) -> bool {
        self.at + 1 < self.route.candidates().len()
    }

    /// Notes the failure, and says after which pause what is tried next; `None`: nothing is.
    fn next(&mut self, open: &OpenCall, failure: Failure, in_doubt: bool, what: &str) -> Option<Duration> {
        let now = open.gateway.clock.now();
        let candidate = self.candidate();
        candidate.provider.health.failed(&candidate.model, self.leave, failure.ailment(), what.to_owned(), now, self.route.policy());
        // Nobody waits for an answer any more: there is no use in consuming more. And what may have been started must not be
        // started twice.
        if open.client_gone() || in_doubt {
            return None;
        }
        let (id, provider, model) = (self.id, candidate.provider.name.clone(), candidate.model.clone());
        let next = self.again(failure, now).or_else(|| self.another(now));
        if let Some(pause) = next {
            let (to, wait) = (self.candidate(), pause.as_millis());
            tracing::info!(%id, %provider, %model, reason = what, next = %to.provider.name, wait_ms = wait, "trying again");
        }
        next
    }

    /// The same candidate again, if policy, time, budget and circuit allow it.
    fn again(&mut self, failure: Failure, now: Timestamp) -> Option<Duration> {
        let policy = &self.route.policy().retry;
        if self.retries >= policy.retries {
            return None;
        }
        let nth = self.retries + 1;
        let pause = failure.pause(nth, self.id.pick().rotate_right(nth * 10), policy)?;
        let candidate = self.candidate();
        if self.received.elapsed() + pause > policy.give_up_after {
            return None;
        }
        // A limit that ends with the pause is what the pause is for.
        let then = Timestamp::from_micros(now.micros() + pause.as_micros() as i64);
        let leave = candidate.provider.health.enter(&candidate.model, then)?;
        if !candidate.provider.health.take_retry(now, policy) {
            return None;
        }
        (self.leave, self.retries) = (leave, nth);
        Some(pause)
    }

    /// The next candidate that is not left alone.
    fn another(&mut self, now: Timestamp) -> Option<Duration> {
        if self.received.elapsed() > self.route.policy().retry.give_up_after {
            return None;
        }
        let rest = self.route.candidates().iter().enumerate().skip(self.at + 1);
        let (at, leave) = rest.into_iter().find_map(|(at, one)| Some((at, one.provider.health.enter(&one.model, now)?)))?;
        (self.at, self.leave) = (at, leave);
        self.begin(now);
        Some(Duration::ZERO)
    }
}

/// Whether a failure leaves it open that the call was taken all the same. Who is limited or overloaded has not taken it.
pub(crate) fn leaves_doubt(status: StatusCode) -> bool {
    status == StatusCode::REQUEST_TIMEOUT || status.is_server_error() && !matches!(status.as_u16(), 503 | 529)
}

/// An answer, seen.
enum Seen {
    /// For the client.
    Answer(Answered),
    /// The provider cannot serve, or not now.
    Failure(Failure, Answered),
    /// It takes the request, but not the question for usage that the gateway put into it.
    UsageRefused(StatusCode),
}
