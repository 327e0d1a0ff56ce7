//! The gateway: everything a call needs on its way, in one place, shared by all calls.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::Notify;
use weighbridge_domain::{Clock, IdSource, UsageEvent};
use weighbridge_ledger::{Ledger, LedgerError};
use weighbridge_plugin_api::{Counter, pricing::PricingRules};
use weighbridge_pricing::PriceBook;

use crate::{
    call::BodyLimits,
    counting::Counters,
    directory::Directory,
    resources::Shelf,
    route::Routes,
    upstream::{UpstreamClient, client},
};

/// What an operator may set for all calls.
#[derive(Debug, Clone, Copy)]
pub struct GatewayOptions {
    /// Hold the answer's last byte until its record is durable.
    pub hold_answers: bool,
    /// The largest request body, in bytes.
    pub max_body_bytes: usize,
    /// How long a request's body may take.
    pub body_timeout: Duration,
    /// The largest answer that is not streamed, in bytes.
    pub max_answer_bytes: usize,
    /// Until a connection to a provider stands.
    pub connect_timeout: Duration,
    /// How long a provider's answer is read on after its client left.
    pub drain_timeout: Duration,
    /// How many bytes of it.
    pub drain_bytes: usize,
}

impl Default for GatewayOptions {
    fn default() -> Self {
        Self {
            hold_answers: true,
            max_body_bytes: 32 * 1024 * 1024,
            body_timeout: Duration::from_secs(60),
            max_answer_bytes: 64 * 1024 * 1024,
            connect_timeout: Duration::from_secs(10),
            drain_timeout: Duration::from_secs(300),
            drain_bytes: 64 * 1024 * 1024,
        }
    }
}

/// Told of what happens, for metrics and feeds. Called on the path of a call: it must be quick and must not fail.
pub trait Observer: Send + Sync {
    /// An event is about to be committed.
    fn settled(&self, event: &UsageEvent);
    /// The gateway refused a call.
    fn refused(&self, dialect: &str, code: &str);
}

/// Nobody listens.
pub struct NoObserver;

impl Observer for NoObserver {
    fn settled(&self, _: &UsageEvent) {}
    fn refused(&self, _: &str, _: &str) {}
}

/// What a gateway is made from.
pub struct GatewayParts {
    /// What an operator may set.
    pub options: GatewayOptions,
    /// The books.
    pub ledger: Ledger,
    /// Who may call and who pays.
    pub directory: Arc<Directory>,
    /// Prices; its owner swaps it.
    pub book: Arc<ArcSwap<PriceBook>>,
    /// Providers and aliases; its owner swaps it.
    pub routes: Arc<ArcSwap<Routes>>,
    /// Compiles a plan as it was when something was started.
    pub rules: Arc<dyn PricingRules>,
    /// They count what was not reported: the operator's first.
    pub counters: Vec<Arc<dyn Counter>>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// New ids.
    pub ids: Arc<dyn IdSource>,
    /// Who is told.
    pub observer: Arc<dyn Observer>,
}

/// Why a gateway cannot be put together.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// The client for providers cannot be made (TLS).
    #[error("the client for providers cannot be made: {0}")]
    Upstream(#[from] std::io::Error),
    /// What is on the books cannot be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// The gateway.
pub struct Gateway {
    pub(crate) options: GatewayOptions,
    pub(crate) ledger: Ledger,
    pub(crate) directory: Arc<Directory>,
    pub(crate) book: Arc<ArcSwap<PriceBook>>,
    pub(crate) routes: Arc<ArcSwap<Routes>>,
    pub(crate) rules: Arc<dyn PricingRules>,
    pub(crate) shelf: Shelf,
    pub(crate) counters: Counters,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdSource>,
    pub(crate) observer: Arc<dyn Observer>,
    pub(crate) upstream: UpstreamClient,
    calls: Arc<Calls>,
}

/// Counts the calls that have not settled.
#[derive(Default)]
struct Calls {
    open: AtomicUsize,
    none: Notify,
}

/// A call that has not settled.
pub(crate) struct InFlight(Arc<Calls>);

impl Drop for InFlight {
    fn drop(&mut self) {
        if self.0.open.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.none.notify_waiters();
        }
    }
}

impl Gateway {
    /// Puts the parts together. Blocking: what was started and has not ended is read from the books.
    pub fn new(parts: GatewayParts) -> Result<Arc<Self>, GatewayError> {
        let upstream = client(parts.options.connect_timeout)?;
        let GatewayParts { options, ledger, directory, book, routes, rules, counters, clock, ids, observer } = parts;
        let (counters, shelf) = (Counters::new(counters), Shelf::open(ledger.clone())?);
        Ok(Arc::new(Self { options, ledger, directory, book, routes, rules, shelf, counters, clock, ids, observer, upstream, calls: Arc::default() }))
    }

    /// What calls have left at providers.
    pub fn shelf(&self) -> &Shelf {
        &self.shelf
    }

    pub(crate) fn body_limits(&self) -> BodyLimits {
        BodyLimits { max_body_bytes: self.options.max_body_bytes, body_timeout: self.options.body_timeout }
    }

    pub(crate) fn begin(&self) -> InFlight {
        self.calls.open.fetch_add(1, Ordering::AcqRel);
        InFlight(self.calls.clone())
    }

    /// Calls that have not settled.
    pub fn calls_in_flight(&self) -> usize {
        self.calls.open.load(Ordering::Acquire)
    }

    /// Waits until every call has settled.
    pub async fn settled(&self) {
        loop {
            let none = self.calls.none.notified();
            tokio::pin!(none);
            none.as_mut().enable();
            if self.calls_in_flight() == 0 {
                return;
            }
            none.await;
        }
    }
}
