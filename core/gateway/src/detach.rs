//! A future that is finished even if whoever awaited it goes away: a client that leaves must not stop a settlement.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

/// Runs in its caller's task while that one waits; dropped before its end, it goes on as a task of its own. No task
/// is spawned for the usual call.
pub(crate) struct Detached<F: Future + Send + 'static>
where
    F::Output: Send + 'static,
{
    future: Option<Pin<Box<F>>>,
    gone: Arc<AtomicBool>,
}

impl<F: Future + Send + 'static> Detached<F>
where
    F::Output: Send + 'static,
{
    /// `gone` is set when nobody waits any more.
    pub(crate) fn new(future: F, gone: Arc<AtomicBool>) -> Self {
        Self { future: Some(Box::pin(future)), gone }
    }
}

impl<F: Future + Send + 'static> Future for Detached<F>
where
    F::Output: Send + 'static,
{
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let Some(future) = self.future.as_mut() else { unreachable!("polled after its end") };
        let output = std::task::ready!(future.as_mut().poll(context));
        self.future = None;
        Poll::Ready(output)
    }
}

impl<F: Future + Send + 'static> Drop for Detached<F>
where
    F::Output: Send + 'static,
{
    fn drop(&mut self) {
        if let (Some(future), Ok(runtime)) = (self.future.take(), tokio::runtime::Handle::try_current()) {
            self.gone.store(true, Ordering::Relaxed);
            runtime.spawn(future);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_nobody_awaits_any_more_is_still_finished() {
        let (begin, begun) = tokio::sync::oneshot::channel::<()>();
        let (done, finished) = tokio::sync::oneshot::channel::<()>();
        let gone = Arc::new(AtomicBool::new(false));
        let mut work = Detached::new(
            async move {
                let _ = begun.await;
                let _ = done.send(());
            },
            gone.clone(),
        );
        let first = std::future::poll_fn(|context| Poll::Ready(Pin::new(&mut work).poll(context))).await;
        assert!(first.is_pending());
        assert!(!gone.load(Ordering::Relaxed));
        drop(work);
        assert!(gone.load(Ordering::Relaxed));
        begin.send(()).unwrap();
        finished.await.expect("it ran to its end");
    }
}
