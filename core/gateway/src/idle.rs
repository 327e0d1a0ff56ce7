//! How long nothing has come.

use std::{
    future::Future,
    pin::Pin,
    task::Context,
    time::{Duration, Instant},
};

use tokio::time::Sleep;

/// Silence, measured cheaply: the timer is only set anew when it fires, not at every chunk.
pub(crate) struct Idle {
    pub(crate) limit: Duration,
    last: Instant,
    sleep: Pin<Box<Sleep>>,
}

impl Idle {
    pub(crate) fn new(limit: Duration) -> Self {
        Self { limit, last: Instant::now(), sleep: Box::pin(tokio::time::sleep(limit)) }
    }
    pub(crate) fn touch(&mut self) {
        self.last = Instant::now();
    }
    pub(crate) fn poll_expired(&mut self, context: &mut Context<'_>) -> bool {
        while self.sleep.as_mut().poll(context).is_ready() {
            if self.last.elapsed() >= self.limit {
                return true;
            }
            self.sleep.as_mut().reset((self.last + self.limit).into());
        }
        false
    }
}
