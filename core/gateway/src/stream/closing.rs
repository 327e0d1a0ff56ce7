//! Closing: an answer's terminal event has come and is held, and its body has not ended.
//!
//! Usually nothing follows but that end. Some bodies hold another answer behind it, whose usage belongs on the same record, so the
//! end is waited for: only a moment when nothing comes, and not for ever when something does. How much of it is held back has a
//! bound too ([`super::Outbox`]). What cannot be read here breaks nothing: the answer is whole.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use bytes::Bytes;
use tokio::time::Sleep;

/// So long nothing is waited for, before the record is committed without what may still come.
const MOMENT: Duration = Duration::from_millis(100);
/// So long is read what does come.
const LONGEST: Duration = Duration::from_secs(2);

/// How long the body's end has been waited for.
#[derive(Default)]
pub(super) struct Closing {
    /// Since the first look behind the terminal event: its client may have been slow to take what came before.
    since: Option<Instant>,
    /// Since there was nothing; seldom set.
    moment: Option<Pin<Box<Sleep>>>,
}

impl Closing {
    /// Whether it was waited long enough for a body that goes on and on.
    pub(super) fn is_over(&self) -> bool {
        self.since.is_some_and(|since| since.elapsed() > LONGEST)
    }

    /// What comes next, if anything does before it was waited long enough.
    pub(super) fn poll(&mut self, next: Poll<Option<Bytes>>, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        self.since.get_or_insert_with(Instant::now);
        if next.is_ready() {
            return next;
        }
        let moment = self.moment.get_or_insert_with(|| Box::pin(tokio::time::sleep(MOMENT)));
        moment.as_mut().poll(context).map(|()| None)
    }
}
