//! Serves: data plane and admin plane, reload, and a stop that settles what is in flight.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

use crate::{
    admin::{self, AdminToken},
    app::App,
};

/// Both planes, listening.
pub struct Listeners {
    data: TcpListener,
    admin: TcpListener,
}

/// Why an address cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address} ({key}): {error}; stop the program that has it, or choose another address")]
pub struct ListenError {
    address: SocketAddr,
    key: &'static str,
    error: std::io::Error,
}

impl Listeners {
    /// Binds both.
    pub async fn bind(data: SocketAddr, admin: SocketAddr) -> Result<Self, ListenError> {
        let bind = async |address: SocketAddr, key: &'static str| TcpListener::bind(address).await.map_err(|error| ListenError { address, key, error });
        Ok(Self { data: bind(data, "server.listen").await?, admin: bind(admin, "server.admin_listen").await? })
    }
    /// Binds both; an address that is taken is replaced by a free port of the same host.
    pub async fn bind_or_free(data: SocketAddr, admin: SocketAddr) -> Result<Self, ListenError> {
        let bind = async |address: SocketAddr, key: &'static str| match TcpListener::bind(address).await {
            Ok(listener) => Ok(listener),
            Err(_) => TcpListener::bind((address.ip(), 0)).await.map_err(|error| ListenError { address, key, error }),
        };
        Ok(Self { data: bind(data, "server.listen").await?, admin: bind(admin, "server.admin_listen").await? })
    }
}

/// A running server.
pub struct Running {
    /// The data plane's address.
    pub data: SocketAddr,
    /// The admin plane's address.
    pub admin: SocketAddr,
    app: Arc<App>,
    stop: watch::Sender<bool>,
    data_plane: JoinHandle<()>,
    admin_plane: JoinHandle<()>,
    herald: JoinHandle<()>,
    sweeper: JoinHandle<()>,
}

/// Starts both planes.
pub fn start(app: Arc<App>, listeners: Listeners, token: AdminToken) -> std::io::Result<Running> {
    let (data, admin) = (listeners.data.local_addr()?, listeners.admin.local_addr()?);
    let (stop, stopped) = watch::channel(false);
    let herald = tokio::spawn(app.office.ledger.herald());
    let grace = Duration::from_millis(app.settings.load().loaded.config.limits.shutdown_grace_ms);
    let data_plane = tokio::spawn(weighbridge_gateway::serve(app.gateway.clone(), listeners.data, until(stopped.clone()), grace));
    let sweeper = tokio::spawn(sweep(app.clone(), stopped.clone()));
    let router = admin::router(app.clone(), token);
    let admin_plane = tokio::spawn(async move {
        if let Err(error) = axum::serve(listeners.admin, router).with_graceful_shutdown(until(stopped)).await {
            tracing::error!(%error, "the admin API ended");
        }
    });
    Ok(Running { data, admin, app, stop, data_plane, admin_plane, herald, sweeper })
}

/// Brings what was started onto the books, again and again, whether or not anybody asks for it. The first time at once: much may
/// have ended while the process was not there.
async fn sweep(app: Arc<App>, stopped: watch::Receiver<bool>) {
    loop {
        let jobs = app.settings.load().loaded.config.jobs;
        let report = app.gateway.sweep(Duration::from_millis(jobs.give_up_after_ms)).await;
        if report.settled + report.expired > 0 {
            tracing::info!(settled = report.settled, due = report.due, given_up = report.expired, "batches and jobs were brought onto the books");
        }
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(jobs.poll_ms.max(100))) => {}
            () = until(stopped.clone()) => return,
        }
    }
}

async fn until(mut stopped: watch::Receiver<bool>) {
    // A sender that is gone means stop as well.
    let _ = stopped.wait_for(|stop| *stop).await;
}

impl Running {
    /// Stops: no new calls, those in flight are settled, the books are closed.
    pub async fn stop(self) {
        let _ = self.stop.send(true);
        let _ = self.data_plane.await;
        // A provider that does not answer does not keep the books open; what it was asked for is asked for again.
        self.sweeper.abort();
        // Whoever keeps an admin connection open does not keep the books open.
        let _ = tokio::time::timeout(Duration::from_secs(5), self.admin_plane).await;
        let ledger = self.app.office.ledger.clone();
        let _ = tokio::task::spawn_blocking(move || ledger.close()).await;
        self.herald.abort();
    }
}

/// Resolves when the process is asked to stop (SIGTERM, SIGINT). It listens from the moment that it is called, so that whoever asks
/// before it is awaited is heard, and does not end the process with its books open.
pub fn asked_to_stop() -> impl Future<Output = ()> {
    #[cfg(unix)]
    let signals = {
        use tokio::signal::unix::{SignalKind, signal};
        signal(SignalKind::terminate()).and_then(|term| Ok((term, signal(SignalKind::interrupt())?)))
    };
    async move {
        #[cfg(unix)]
        {
            let Ok((mut term, mut int)) = signals else { return std::future::pending().await };
            tokio::select! {
                _ = term.recv() => {}
                _ = int.recv() => {}
            }
        }
        #[cfg(not(unix))]
        {
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}
