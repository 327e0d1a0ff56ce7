//! Something on its way to the disk: a future, or a wait, for the moment at which it is durable.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::Thread,
};

use parking_lot::Mutex;
use weighbridge_domain::EventId;

use crate::error::LedgerError;

/// Durable: the first event of the settlement and its place in the ledger.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Receipt {
    /// The first event's id.
    pub id: EventId,
    /// Its place in commit order: 1, 2, 3, … without gaps.
    pub seq: u64,
}

enum State<T> {
    Waiting(Option<Waker>),
    Done(Result<T, LedgerError>),
    Taken,
}

type Slot<T> = Mutex<State<T>>;

/// The committer's end of a [`Pending`]. One that is dropped says that the ledger is closed, so nobody waits for ever.
pub(crate) struct Promise<T>(Option<Arc<Slot<T>>>);

impl<T> Promise<T> {
    /// Gives the result; who waits for it is still to be woken.
    pub(crate) fn keep(mut self, result: Result<T, LedgerError>) -> Option<Waker> {
        self.complete(result)
    }

    fn complete(&mut self, result: Result<T, LedgerError>) -> Option<Waker> {
        let slot = self.0.take()?;
        let before = std::mem::replace(&mut *slot.lock(), State::Done(result));
        if let State::Waiting(waker) = before { waker } else { None }
    }
}

impl<T> Drop for Promise<T> {
    fn drop(&mut self) {
        if let Some(waker) = self.complete(Err(LedgerError::Closed)) {
            waker.wake();
        }
    }
}

/// Resolves when durable, or with the reason why it is not. Dropping it does not cancel anything.
#[must_use = "what is pending is not durable yet: await it, or drop it on purpose"]
pub struct Pending<T>(Arc<Slot<T>>);

impl<T> Pending<T> {
    pub(crate) fn new() -> (Self, Promise<T>) {
        let slot = Arc::new(Mutex::new(State::Waiting(None)));
        (Self(slot.clone()), Promise(Some(slot)))
    }

    pub(crate) fn ready(result: Result<T, LedgerError>) -> Self {
        Self(Arc::new(Mutex::new(State::Done(result))))
    }

    /// Blocks this thread until it is durable: for the command line and tests, never on an async worker.
    pub fn wait(mut self) -> Result<T, LedgerError> {
        let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
        let mut context = Context::from_waker(&waker);
        loop {
            match Pin::new(&mut self).poll(&mut context) {
                Poll::Ready(result) => return result,
                Poll::Pending => std::thread::park(),
            }
        }
    }
}

impl<T> Future for Pending<T> {
    type Output = Result<T, LedgerError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.0.lock();
        match std::mem::replace(&mut *state, State::Taken) {
            State::Done(result) => Poll::Ready(result),
            State::Waiting(mut waker) => {
                match &mut waker {
                    Some(waker) => waker.clone_from(context.waker()),
                    None => waker = Some(context.waker().clone()),
                }
                *state = State::Waiting(waker);
                Poll::Pending
            }
            State::Taken => panic!("a Pending was polled after it was ready"),
        }
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
