//! A provider that replays: it answers with given bytes, cut as told, or misbehaves in one of the named ways, and keeps
//! what it was asked.
//!
//! A route is the first part of the path (`/case-7/v1/chat/completions` is route `case-7`), so one upstream can stand in for many
//! providers at once: give the gateway `http://ADDRESS/<route>/v1` as a provider's base URL.
//! A request that names a route in its header [`ROUTE`] gets that one's answer: many clients of one provider can each have their own.

mod received;
mod reply;
mod wire;

use std::{
    collections::{HashMap, VecDeque},
    io::{self, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Condvar, Mutex, MutexGuard,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

pub use received::Received;
pub use reply::{Cuts, Framing, Reply};

use received::read_request;
use wire::{write_flood, write_reply};

/// The header by which a client names its own route.
pub const ROUTE: &str = "x-replay-route";

/// What a route does with a request.
#[derive(Clone, Debug)]
pub enum Behaviour {
    /// Answers.
    Answer(Reply),
    /// Writes these bytes instead of HTTP and closes.
    Raw(Vec<u8>),
    /// Answers, and goes on with these bytes again and again, so many times or until the other side has had enough. The reply's own
    /// framing tells no end.
    Flood(Reply, Arc<[u8]>, usize),
    /// Reads the request and closes without a word.
    HangUp,
    /// Reads the request and never answers.
    Silence,
}

impl From<Reply> for Behaviour {
    fn from(reply: Reply) -> Self {
        Behaviour::Answer(reply)
    }
}

#[derive(Default)]
struct State {
    /// What each route does with its next requests; the last one it goes on doing.
    routes: Mutex<HashMap<String, VecDeque<Behaviour>>>,
    received: Mutex<HashMap<String, Vec<Received>>>,
    /// Signalled when something was received.
    arrived: Condvar,
    stopped: AtomicBool,
    /// Set where requests are too many to be kept (under load).
    forgets: AtomicBool,
}

/// The upstream. It stops accepting when dropped.
pub struct ReplayUpstream {
    address: SocketAddr,
    state: Arc<State>,
}

impl ReplayUpstream {
    /// Starts on a free port of the loopback.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port on the loopback");
        let address = listener.local_addr().expect("its address");
        let state = Arc::new(State::default());
        let shared = state.clone();
        thread::spawn(move || {
            for connection in listener.incoming() {
                if shared.stopped.load(Ordering::Relaxed) {
                    return;
                }
                let Ok(connection) = connection else { continue };
                let state = shared.clone();
                thread::spawn(move || {
                    let _ = serve(connection, &state);
                });
            }
        });
        Self { address, state }
    }
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
    /// The base URL that leads to a route.
    pub fn base_url(&self, route: &str) -> String {
        format!("http://{}/{route}/v1", self.address)
    }
    /// From now on, the route does this, whatever it was told to do before.
    pub fn set(&self, route: &str, behaviour: impl Into<Behaviour>) {
        let mut routes = lock(&self.state.routes);
        let below = format!("{route} ");
        routes.retain(|name, _| !name.starts_with(&below));
        routes.insert(route.to_owned(), VecDeque::from([behaviour.into()]));
    }
    /// From now on, the route does one of these after the other, and goes on with the last.
    pub fn set_in_turn(&self, route: &str, behaviours: impl IntoIterator<Item = Behaviour>) {
        lock(&self.state.routes).insert(route.to_owned(), behaviours.into_iter().collect());
    }
    /// From now on, the route does this with requests of one method and path, whatever it does with others.
    pub fn set_at(&self, route: &str, method_and_path: &str, behaviour: impl Into<Behaviour>) {
        self.set(&format!("{route} {method_and_path}"), behaviour);
    }
    /// Requests are answered but no longer kept.
    pub fn forget_requests(&self) {
        self.state.forgets.store(true, Ordering::Relaxed);
    }
    /// Takes what the route has received so far.
    pub fn take(&self, route: &str) -> Vec<Received> {
        lock(&self.state.received).remove(route).unwrap_or_default()
    }
    /// Takes the one request that the route has received; anything else fails the test.
    pub fn take_one(&self, route: &str) -> Received {
        let mut received = self.take(route);
        assert_eq!(received.len(), 1, "route {route} should have received one request: {received:#?}");
        received.remove(0)
    }
    /// Waits until the route has received a request, at most ten seconds.
    pub fn wait_for_request(&self, route: &str) {
        let nothing_yet = |received: &mut HashMap<String, Vec<Received>>| received.get(route).is_none_or(Vec::is_empty);
        let waited = self.state.arrived.wait_timeout_while(lock(&self.state.received), Duration::from_secs(10), nothing_yet);
        let (received, timeout) = waited.unwrap_or_else(std::sync::PoisonError::into_inner);
        drop(received);
        assert!(!timeout.timed_out(), "no request came in for route {route}");
    }
}

impl Drop for ReplayUpstream {
    fn drop(&mut self) {
        self.state.stopped.store(true, Ordering::Relaxed);
        // Wakes the thread that accepts, so that it sees the flag and frees the port.
        let _ = TcpStream::connect(self.address);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn serve(connection: TcpStream, state: &State) -> io::Result<()> {
    connection.set_nodelay(true)?;
    let mut writer = connection.try_clone()?;
    let mut reader = BufReader::new(connection);
    while let Some((route, received)) = read_request(&mut reader)? {
        let route = received.header(ROUTE).map_or(route, str::to_owned);
        let path = received.path.split('?').next().unwrap_or_default();
        let exactly = format!("{route} {} {path}", received.method);
        let behaviour = {
            let mut routes = lock(&state.routes);
            let name = if routes.contains_key(&exactly) { &exactly } else { &route };
            routes.get_mut(name).and_then(|turns| if turns.len() > 1 { turns.pop_front() } else { turns.front().cloned() })
        };
        if !state.forgets.load(Ordering::Relaxed) {
            lock(&state.received).entry(route.clone()).or_default().push(received);
            state.arrived.notify_all();
        }
        match behaviour {
            Some(Behaviour::Answer(reply)) => {
                write_reply(&mut writer, &reply)?;
                if reply.cut_off_after.is_some() {
                    return writer.shutdown(std::net::Shutdown::Both);
                }
            }
            Some(Behaviour::Flood(reply, again, times)) => {
                write_flood(&mut writer, reply, &again, times)?;
                return writer.shutdown(std::net::Shutdown::Both);
            }
            Some(Behaviour::Raw(bytes)) => {
                writer.write_all(&bytes)?;
                return writer.shutdown(std::net::Shutdown::Both);
            }
            Some(Behaviour::HangUp) => return writer.shutdown(std::net::Shutdown::Both),
            Some(Behaviour::Silence) => {
                // Until the other side gives up.
                let _ = reader.read(&mut [0; 1]);
                return Ok(());
            }
            None => write_reply(&mut writer, &Reply::new(404, "text/plain", format!("no such route: {route}")))?,
        }
    }
    Ok(())
}
