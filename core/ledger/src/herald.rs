//! The herald: tells the callers of a commit to go on, from inside their own runtime.
//!
//! To wake a task from the committer's thread is a system call for each, and where both share a core often a switch of threads
//! for each. So the committer hands over all who waited for a commit at once and wakes one task, which wakes the others where
//! they live: at 64 calls at once one call to the system instead of 60.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use parking_lot::Mutex;

#[derive(Default)]
struct State {
    ready: Vec<Waker>,
    /// The task that is the herald; none: whoever waits is woken directly.
    task: Option<Waker>,
}

/// Where the committer leaves whom to wake.
#[derive(Default)]
pub(crate) struct Board(Mutex<State>);

impl Board {
    /// Wakes all of these, and empties the list.
    pub(crate) fn post(&self, wakers: &mut Vec<Waker>) {
        let mut state = self.0.lock();
        let herald = state.task.clone();
        if herald.is_some() {
            state.ready.append(wakers);
        }
        drop(state);
        match herald {
            Some(herald) => herald.wake(),
            None => wakers.drain(..).for_each(Waker::wake),
        }
    }
}

/// The task, to be spawned on the runtime of those who wait. It never ends by itself; without it everything works the same.
#[must_use = "it does nothing until it is spawned"]
pub struct Herald(Arc<Board>);

impl Herald {
    pub(crate) fn new(board: Arc<Board>) -> Self {
        Self(board)
    }
}

impl Future for Herald {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.0.0.lock();
        match &mut state.task {
            Some(task) => task.clone_from(context.waker()),
            None => state.task = Some(context.waker().clone()),
        }
        let ready = std::mem::take(&mut state.ready);
        drop(state);
        ready.into_iter().for_each(Waker::wake);
        Poll::Pending
    }
}

impl Drop for Herald {
    fn drop(&mut self) {
        let mut state = self.0.0.lock();
        state.task = None;
        let ready = std::mem::take(&mut state.ready);
        drop(state);
        ready.into_iter().for_each(Waker::wake);
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicUsize, Ordering},
        task::Wake,
    };

    use super::*;

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn those_who_wait_are_woken_by_the_herald_and_without_one_directly() {
        let board = Arc::new(Board::default());
        let (herald_woken, waiting) = (Arc::new(Count::default()), Arc::new(Count::default()));
        let count = |of: &Arc<Count>| of.0.load(Ordering::Relaxed);
        let three = || vec![Waker::from(waiting.clone()); 3];

        board.post(&mut three());
        assert_eq!(count(&waiting), 3, "no herald: at once");

        let mut herald = Herald::new(board.clone());
        let waker = Waker::from(herald_woken.clone());
        let mut context = Context::from_waker(&waker);
        assert!(Pin::new(&mut herald).poll(&mut context).is_pending());
        board.post(&mut three());
        assert_eq!((count(&herald_woken), count(&waiting)), (1, 3), "the herald alone is woken");
        assert!(Pin::new(&mut herald).poll(&mut context).is_pending());
        assert_eq!(count(&waiting), 6, "and wakes the others");

        board.post(&mut three());
        drop(herald);
        assert_eq!(count(&waiting), 9, "a herald that goes away leaves nobody waiting");
        board.post(&mut three());
        assert_eq!(count(&waiting), 12);
    }
}
