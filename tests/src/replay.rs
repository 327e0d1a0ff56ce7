//! A provider that replays: it answers with given bytes, cut as told, or misbehaves in one of the named ways, and keeps
//! what it was asked.
//!
//! A route is the first part of the path (`/case-7/v1/chat/completions` is route `case-7`), so one upstream can stand in for many
//! providers at once: give the gateway `http://ADDRESS/<route>/v1` as a provider's base URL.

use std::{
    collections::HashMap,
    io::{self, BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Condvar, Mutex, MutexGuard,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use crate::random::Random;

/// How the body is cut into writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cuts {
    /// In one piece.
    Whole,
    /// A byte at a time.
    EachByte,
    /// In pieces of 1 to 97 bytes, from this seed.
    Random(u64),
    /// Ten milliseconds between the events of a stream, so that a client can act in the middle of it.
    SlowEvents,
}

/// How the end of the body is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// `content-length`.
    Length,
    /// `transfer-encoding: chunked`.
    Chunked,
    /// By neither: the headers say what they say, and the connection stays open.
    Untold,
}

/// An answer to replay.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// Headers besides the framing.
    pub headers: Vec<(String, String)>,
    /// The body, byte for byte.
    pub body: Arc<[u8]>,
    /// How the body is cut.
    pub cuts: Cuts,
    /// How its end is told.
    pub framing: Framing,
    /// Waited before the head.
    pub delay: Duration,
    /// The connection is closed after so many bytes of the body.
    pub cut_off_after: Option<usize>,
}

impl Reply {
    /// 200 with a JSON body.
    pub fn json(body: impl Into<Vec<u8>>) -> Self {
        Self::new(200, "application/json", body)
    }
    /// 200 with a stream of events, chunked.
    pub fn sse(body: impl Into<Vec<u8>>) -> Self {
        Self { framing: Framing::Chunked, ..Self::new(200, "text/event-stream; charset=utf-8", body) }
    }
    /// Any status and content type, with a length.
    pub fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: vec![("content-type".into(), content_type.into())],
            body: body.into().into(),
            cuts: Cuts::Whole,
            framing: Framing::Length,
            delay: Duration::ZERO,
            cut_off_after: None,
        }
    }
    /// With another way of cutting.
    pub fn cut(self, cuts: Cuts) -> Self {
        Self { cuts, ..self }
    }
    /// With a pause before the head.
    pub fn delayed(self, delay: Duration) -> Self {
        Self { delay, ..self }
    }
    /// Closed after so many bytes of the body.
    pub fn cut_off_after(self, bytes: usize) -> Self {
        Self { cut_off_after: Some(bytes), ..self }
    }
    /// With one more header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }
}

/// What a route does with a request.
#[derive(Clone, Debug)]
pub enum Behaviour {
    /// Answers.
    Answer(Reply),
    /// Writes these bytes instead of HTTP and closes.
    Raw(Vec<u8>),
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

/// A request as it came in.
#[derive(Clone, Debug)]
pub struct Received {
    /// The request line's method.
    pub method: String,
    /// The path behind the route, with the query.
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, byte for byte.
    pub body: Vec<u8>,
}

impl Received {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

#[derive(Default)]
struct State {
    routes: Mutex<HashMap<String, Behaviour>>,
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
    /// From now on, the route does this.
    pub fn set(&self, route: &str, behaviour: impl Into<Behaviour>) {
        lock(&self.state.routes).insert(route.to_owned(), behaviour.into());
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
        let behaviour = lock(&state.routes).get(&route).cloned();
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

fn read_request(reader: &mut BufReader<TcpStream>) -> io::Result<Option<(String, Received)>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split(' ');
    let method = words.next().unwrap_or_default().to_owned();
    let target = words.next().unwrap_or("/").trim_start_matches('/');
    let (route, path) = target.split_once('/').unwrap_or((target, ""));
    let (route, path) = (route.to_owned(), format!("/{path}"));
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let mut received = Received { method, path, headers, body: Vec::new() };
    if let Some(length) = received.header("content-length") {
        received.body = vec![0; length.parse().map_err(|_| io::Error::other("bad content-length"))?];
        reader.read_exact(&mut received.body)?;
    } else if received.header("transfer-encoding").is_some() {
        received.body = read_chunked(reader)?;
    }
    Ok(Some((route, received)))
}

fn read_chunked(reader: &mut BufReader<TcpStream>) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let size = usize::from_str_radix(line.trim_end(), 16).map_err(|_| io::Error::other("bad chunk"))?;
        let start = body.len();
        body.resize(start + size, 0);
        reader.read_exact(&mut body[start..])?;
        reader.read_exact(&mut [0; 2])?;
        if size == 0 {
            return Ok(body);
        }
    }
}

fn write_reply(writer: &mut TcpStream, reply: &Reply) -> io::Result<()> {
    if !reply.delay.is_zero() {
        thread::sleep(reply.delay);
    }
    let mut head = format!("HTTP/1.1 {} Replayed\r\n", reply.status);
    for (name, value) in &reply.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    match reply.framing {
        Framing::Length => head.push_str(&format!("content-length: {}\r\n\r\n", reply.body.len())),
        Framing::Chunked => head.push_str("transfer-encoding: chunked\r\n\r\n"),
        Framing::Untold => head.push_str("\r\n"),
    }
    let end = reply.cut_off_after.unwrap_or(reply.body.len()).min(reply.body.len());
    let pieces = pieces(&reply.body[..end], reply.cuts);
    if reply.cuts == Cuts::Whole {
        // One write for head and body, as a fast upstream does.
        let mut bytes = head.into_bytes();
        for piece in &pieces {
            push_piece(&mut bytes, piece, reply.framing);
        }
        if reply.framing == Framing::Chunked && reply.cut_off_after.is_none() {
            bytes.extend_from_slice(b"0\r\n\r\n");
        }
        return writer.write_all(&bytes);
    }
    writer.write_all(head.as_bytes())?;
    for piece in pieces {
        let mut bytes = Vec::with_capacity(piece.len() + 16);
        push_piece(&mut bytes, piece, reply.framing);
        writer.write_all(&bytes)?;
        if reply.cuts == Cuts::SlowEvents {
            thread::sleep(Duration::from_millis(10));
        }
    }
    if reply.framing == Framing::Chunked && reply.cut_off_after.is_none() {
        writer.write_all(b"0\r\n\r\n")?;
    }
    Ok(())
}

fn push_piece(bytes: &mut Vec<u8>, piece: &[u8], framing: Framing) {
    if framing == Framing::Chunked {
        bytes.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
        bytes.extend_from_slice(piece);
        bytes.extend_from_slice(b"\r\n");
    } else {
        bytes.extend_from_slice(piece);
    }
}

fn pieces(body: &[u8], cuts: Cuts) -> Vec<&[u8]> {
    match cuts {
        Cuts::Whole if body.is_empty() => Vec::new(),
        Cuts::Whole => vec![body],
        Cuts::EachByte => body.chunks(1).collect(),
        Cuts::SlowEvents => {
            let mut pieces = Vec::new();
            let mut start = 0;
            while let Some(at) = body[start..].windows(2).position(|pair| pair == b"\n\n") {
                pieces.push(&body[start..start + at + 2]);
                start += at + 2;
            }
            pieces.push(&body[start..]);
            pieces.retain(|piece| !piece.is_empty());
            pieces
        }
        Cuts::Random(seed) => {
            let mut random = Random::new(seed);
            let mut pieces = Vec::new();
            let mut rest = body;
            while !rest.is_empty() {
                let (piece, after) = rest.split_at(rest.len().min(1 + random.below(97)));
                pieces.push(piece);
                rest = after;
            }
            pieces
        }
    }
}
