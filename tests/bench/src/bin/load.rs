//! Load generator: keep-alive HTTP/1.1 over plain sockets, one request at a time on each connection. Loopback only.
//! load --target 127.0.0.1:4000 --key SECRET --connections 16 --seconds 5 [--millis 5000] [--warmup-ms 500] [--stream] [--model M] [--path P]
//! Prints one JSON line: requests (measured), answered (with the warm-up), errors, micros (measured time), p50_us, p99_us, max_us, first_p50_us (first byte of the body), bytes.
use std::{
    cell::RefCell,
    io::{Error, ErrorKind},
    rc::Rc,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

#[global_allocator]
static A: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// One bucket a microsecond, up to two seconds: exact, and only the touched lines cost cache.
struct Histogram {
    buckets: Vec<u32>,
    count: u64,
    max: u64,
}

impl Histogram {
    fn new() -> Self {
        Self { buckets: vec![0; 2_000_001], count: 0, max: 0 }
    }
    fn record(&mut self, elapsed: Duration) {
        let micros = elapsed.as_micros() as u64;
        let last = self.buckets.len() - 1;
        self.buckets[(micros as usize).min(last)] += 1;
        self.count += 1;
        self.max = self.max.max(micros);
    }
    /// The smallest time that `permille` of the requests did not exceed.
    fn quantile(&self, permille: u64) -> u64 {
        let wanted = (self.count * permille).div_ceil(1000).max(1);
        let mut seen = 0;
        for (micros, n) in self.buckets.iter().enumerate() {
            seen += u64::from(*n);
            if seen >= wanted {
                return micros as u64;
            }
        }
        self.max
    }
}

struct Tally {
    whole: Histogram,
    first: Histogram,
    /// Answered at all, the warm-up included.
    answered: u64,
    errors: u64,
    bytes: u64,
    last_error: String,
}

/// Where a response's body ends.
enum Ending {
    Length(usize),
    Chunked(Chunks),
}

/// Follows a chunked body without looking at its content.
#[derive(Default)]
struct Chunks {
    skip: usize,
    size: usize,
    in_size: bool,
    in_extension: bool,
    started: bool,
    trailer: Option<u8>,
}

impl Chunks {
    /// Takes the next bytes; true when the body has ended.
    fn advance(&mut self, mut bytes: &[u8]) -> Result<bool, Error> {
        if !self.started {
            self.started = true;
            self.in_size = true;
        }
        while !bytes.is_empty() {
            if self.skip > 0 {
                let n = self.skip.min(bytes.len());
                self.skip -= n;
                bytes = &bytes[n..];
                if self.skip == 0 {
                    self.in_size = true;
                    self.in_extension = false;
                    self.size = 0;
                }
                continue;
            }
            let byte = bytes[0];
            bytes = &bytes[1..];
            if let Some(line_length) = self.trailer {
                match byte {
                    b'\n' if line_length == 0 => return Ok(true),
                    b'\n' => self.trailer = Some(0),
                    b'\r' => {}
                    _ => self.trailer = Some(1),
                }
            } else if byte == b'\n' {
                if self.size == 0 {
                    self.trailer = Some(0);
                } else {
                    self.skip = self.size + 2;
                    self.in_size = false;
                }
            } else if byte == b';' {
                self.in_extension = true;
            } else if byte != b'\r' && !self.in_extension {
                let digit = (byte as char).to_digit(16).ok_or_else(|| Error::new(ErrorKind::InvalidData, "bad chunk size"))?;
                self.size = self.size * 16 + digit as usize;
            }
        }
        Ok(false)
    }
}

struct Plan {
    target: String,
    request: Vec<u8>,
    measure_from: Instant,
    until: Instant,
}

fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    head.split("\r\n").skip(1).find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then_some(value.trim())
    })
}

/// Sends one request and reads its answer to the end. Returns when the first byte of the body came, and how much was read.
async fn exchange(stream: &mut TcpStream, buffer: &mut [u8], request: &[u8]) -> Result<(Instant, usize), Error> {
    stream.write_all(request).await?;
    let mut filled = 0;
    let head_length = loop {
        let n = stream.read(&mut buffer[filled..]).await?;
        if n == 0 {
            return Err(Error::new(ErrorKind::UnexpectedEof, "closed before the answer's head"));
        }
        let from = filled.saturating_sub(3);
        filled += n;
        if let Some(at) = memchr::memmem::find(&buffer[from..filled], b"\r\n\r\n") {
            break from + at + 4;
        }
        if filled == buffer.len() {
            return Err(Error::new(ErrorKind::InvalidData, "the answer's head is too large"));
        }
    };
    let head = std::str::from_utf8(&buffer[..head_length]).map_err(|_| Error::new(ErrorKind::InvalidData, "the answer's head is not text"))?;
    if head.as_bytes().get(9..12) != Some(b"200") {
        return Err(Error::other(String::from_utf8_lossy(&buffer[..filled]).into_owned()));
    }
    let mut ending = match header(head, "content-length") {
        Some(length) => Ending::Length(length.parse().map_err(|_| Error::new(ErrorKind::InvalidData, "bad content-length"))?),
        None => Ending::Chunked(Chunks::default()),
    };
    let mut first = (filled > head_length).then(Instant::now);
    let mut total = filled;
    let (mut from, mut to) = (head_length, filled);
    let mut body = 0;
    loop {
        let fresh = &buffer[from..to];
        body += fresh.len();
        let done = match &mut ending {
            Ending::Length(length) => body >= *length,
            Ending::Chunked(chunks) => chunks.advance(fresh)?,
        };
        if done {
            return Ok((first.unwrap_or_else(Instant::now), total));
        }
        to = stream.read(buffer).await?;
        from = 0;
        if to == 0 {
            return Err(Error::new(ErrorKind::UnexpectedEof, "closed inside the answer's body"));
        }
        first.get_or_insert_with(Instant::now);
        total += to;
    }
}

async fn connection(plan: Rc<Plan>, tally: Rc<RefCell<Tally>>) {
    let mut buffer = vec![0; 64 * 1024];
    'connect: while Instant::now() < plan.until {
        let mut stream = match TcpStream::connect(&plan.target).await {
            Ok(stream) => stream,
            Err(error) => {
                note(&tally, &error);
                tokio::time::sleep(Duration::from_millis(20)).await;
                continue;
            }
        };
        let _ = stream.set_nodelay(true);
        loop {
            let start = Instant::now();
            if start >= plan.until {
                return;
            }
            match exchange(&mut stream, &mut buffer, &plan.request).await {
                Ok((first, bytes)) => {
                    let mut tally = tally.borrow_mut();
                    tally.answered += 1;
                    if start < plan.measure_from {
                        continue;
                    }
                    tally.whole.record(start.elapsed());
                    tally.first.record(first - start);
                    tally.bytes += bytes as u64;
                }
                Err(error) => {
                    note(&tally, &error);
                    continue 'connect;
                }
            }
        }
    }
}

fn note(tally: &Rc<RefCell<Tally>>, error: &Error) {
    let mut tally = tally.borrow_mut();
    tally.errors += 1;
    tally.last_error = error.to_string();
}

fn arg(name: &str) -> Option<String> {
    let mut args = std::env::args();
    while let Some(x) = args.next() {
        if x == name {
            return args.next();
        }
    }
    None
}
fn num(name: &str, default: u64) -> u64 {
    arg(name).map_or(default, |v| v.parse().expect("a whole number"))
}

fn request(target: &str) -> Vec<u8> {
    let stream = std::env::args().any(|a| a == "--stream");
    let model = arg("--model").unwrap_or_else(|| "gpt-4o-mini".into());
    let path = arg("--path").unwrap_or_else(|| "/v1/chat/completions".into());
    let key = arg("--key").unwrap_or_else(|| "none".into());
    let streaming = if stream { r#","stream":true,"stream_options":{"include_usage":true}"# } else { "" };
    let body = format!(
        r#"{{"model":"{model}","messages":[{{"role":"system","content":"You are a terse assistant that answers in one line."}},{{"role":"user","content":"Which animal jumps over the lazy dog, and what does the gateway do with every token it sees on the way?"}}],"temperature":0.2,"max_tokens":256{streaming}}}"#
    );
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nhost: {target}\r\nauthorization: Bearer {key}\r\ncontent-type: application/json\r\naccept: */*\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

fn main() {
    let target = arg("--target").expect("--target HOST:PORT");
    assert!(target.starts_with("127.0.0.1:"), "loopback only");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let local = tokio::task::LocalSet::new();
    let now = Instant::now();
    let measure_from = now + Duration::from_millis(num("--warmup-ms", 500));
    let until = measure_from + Duration::from_millis(arg("--millis").map_or_else(|| num("--seconds", 5) * 1000, |v| v.parse().expect("a whole number")));
    let plan = Rc::new(Plan { request: request(&target), target, measure_from, until });
    let tally = Rc::new(RefCell::new(Tally { whole: Histogram::new(), first: Histogram::new(), answered: 0, errors: 0, bytes: 0, last_error: String::new() }));
    let measured = local.block_on(&runtime, async {
        let tasks: Vec<_> = (0..num("--connections", 16)).map(|_| tokio::task::spawn_local(connection(plan.clone(), tally.clone()))).collect();
        for task in tasks {
            let _ = task.await;
        }
        plan.measure_from.elapsed()
    });
    let tally = tally.borrow();
    println!(
        r#"{{"requests":{},"answered":{},"errors":{},"micros":{},"p50_us":{},"p99_us":{},"max_us":{},"first_p50_us":{},"bytes":{}}}"#,
        tally.whole.count,
        tally.answered,
        tally.errors,
        measured.as_micros(),
        tally.whole.quantile(500),
        tally.whole.quantile(990),
        tally.whole.max,
        tally.first.quantile(500),
        tally.bytes
    );
    if tally.errors > 0 {
        eprintln!("{} errors, the last: {}", tally.errors, tally.last_error);
    }
}
