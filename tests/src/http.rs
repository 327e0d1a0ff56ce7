//! A blocking HTTP/1.1 client over a plain socket: it can send any bytes, read an answer piece by piece, and hang up anywhere.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

/// How long a test waits for bytes before it says that the other side hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// A request to be sent.
#[derive(Clone, Debug)]
pub struct Request {
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Request {
    /// A request without a body.
    pub fn new(method: &str, path: &str) -> Self {
        Self { method: method.into(), path: path.into(), headers: Vec::new(), body: Vec::new() }
    }
    /// A POST of JSON text, sent as these very bytes.
    pub fn post(path: &str, json: impl Into<Vec<u8>>) -> Self {
        Self::new("POST", path).header("content-type", "application/json").body(json)
    }
    /// Adds a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }
    /// Adds `authorization: Bearer …`.
    pub fn bearer(self, secret: &str) -> Self {
        self.header("authorization", &format!("Bearer {secret}"))
    }
    /// Sets the body.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// The bytes on the wire.
    pub fn encode(&self, host: SocketAddr) -> Vec<u8> {
        let mut head = format!("{} {} HTTP/1.1\r\nhost: {host}\r\n", self.method, self.path);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let states_length = self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-length") || name.eq_ignore_ascii_case("transfer-encoding"));
        if !states_length && (!self.body.is_empty() || self.method == "POST") {
            head.push_str(&format!("content-length: {}\r\n", self.body.len()));
        }
        head.push_str("\r\n");
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(&self.body);
        bytes
    }
    /// Sends it on a new connection and reads the whole answer.
    pub fn send(&self, to: SocketAddr) -> io::Result<Answer> {
        self.open(to)?.finish()
    }
    /// Sends it on a new connection and reads the head only: the body is read as the caller wishes.
    pub fn open(&self, to: SocketAddr) -> io::Result<Answering> {
        let mut stream = TcpStream::connect(to)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        // A server that refuses early may close before the body is through: its answer still counts.
        let sent = stream.write_all(&self.encode(to));
        match Answering::read_head(BufReader::new(stream)) {
            Ok(answering) => Ok(answering),
            Err(error) => Err(sent.err().unwrap_or(error)),
        }
    }
}

/// A whole answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// Names in lower case, in the order received.
    pub headers: Vec<(String, String)>,
    /// The body with the transfer coding removed.
    pub body: Vec<u8>,
}

impl Answer {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
    /// The body as JSON; a test fails here with the text when it is not.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("not JSON ({error}): HTTP {} {}", self.status, self.text()))
    }
}

enum Ending {
    Length(u64),
    Chunked { left: u64, ended: bool },
    Close,
}

/// An answer whose body is still coming.
pub struct Answering {
    /// The status code.
    pub status: u16,
    /// Names in lower case, in the order received.
    pub headers: Vec<(String, String)>,
    reader: BufReader<TcpStream>,
    ending: Ending,
}

impl Answering {
    fn read_head(mut reader: BufReader<TcpStream>) -> io::Result<Self> {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let status = line.split(' ').nth(1).and_then(|code| code.parse().ok()).ok_or_else(|| bad(format!("not an HTTP answer: {line:?}")))?;
        let mut headers = Vec::new();
        loop {
            line.clear();
            reader.read_line(&mut line)?;
            let text = line.trim_end();
            if text.is_empty() {
                break;
            }
            let (name, value) = text.split_once(':').ok_or_else(|| bad(format!("not a header: {text:?}")))?;
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let find = |name: &str| headers.iter().find(|(key, _): &&(String, String)| key == name).map(|(_, value)| value.as_str());
        let ending = match (find("transfer-encoding"), find("content-length")) {
            (Some(_), _) => Ending::Chunked { left: 0, ended: false },
            (None, Some(length)) => Ending::Length(length.parse().map_err(|_| bad(format!("not a length: {length:?}")))?),
            (None, None) => Ending::Close,
        };
        Ok(Self { status, headers, reader, ending })
    }
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
    /// The next piece of the body; `None` at its proper end, an error when it was cut off.
    pub fn piece(&mut self) -> io::Result<Option<Vec<u8>>> {
        match &mut self.ending {
            Ending::Length(0) => Ok(None),
            Ending::Length(left) => {
                let piece = read_some(&mut self.reader, *left)?;
                if piece.is_empty() {
                    return Err(cut(format!("{left} bytes of the body are missing")));
                }
                *left -= piece.len() as u64;
                Ok(Some(piece))
            }
            Ending::Close => {
                let piece = read_some(&mut self.reader, u64::MAX)?;
                Ok((!piece.is_empty()).then_some(piece))
            }
            Ending::Chunked { ended: true, .. } => Ok(None),
            Ending::Chunked { left, ended } => {
                if *left == 0 {
                    *left = read_chunk_size(&mut self.reader)?;
                    if *left == 0 {
                        read_trailers(&mut self.reader)?;
                        *ended = true;
                        return Ok(None);
                    }
                }
                let piece = read_some(&mut self.reader, *left)?;
                if piece.is_empty() {
                    return Err(cut("the connection closed inside a chunk".into()));
                }
                *left -= piece.len() as u64;
                if *left == 0 {
                    self.reader.read_exact(&mut [0; 2])?;
                }
                Ok(Some(piece))
            }
        }
    }
    /// Reads until the body so far contains `needle`; returns what was read.
    pub fn read_until(&mut self, needle: &str) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        while let Some(piece) = self.piece()? {
            body.extend_from_slice(&piece);
            if String::from_utf8_lossy(&body).contains(needle) {
                return Ok(body);
            }
        }
        Err(cut(format!("the body ended without {needle:?}: {}", String::from_utf8_lossy(&body))))
    }
    /// Reads the rest.
    pub fn finish(mut self) -> io::Result<Answer> {
        let mut body = Vec::new();
        while let Some(piece) = self.piece()? {
            body.extend_from_slice(&piece);
        }
        Ok(Answer { status: self.status, headers: self.headers, body })
    }
}

fn read_some(reader: &mut BufReader<TcpStream>, at_most: u64) -> io::Result<Vec<u8>> {
    let available = reader.fill_buf()?;
    let n = available.len().min(usize::try_from(at_most).unwrap_or(usize::MAX));
    let piece = available[..n].to_vec();
    reader.consume(n);
    Ok(piece)
}

fn read_chunk_size(reader: &mut BufReader<TcpStream>) -> io::Result<u64> {
    let mut line = String::new();
    reader.read_line(&mut line)?;
    if line.is_empty() {
        return Err(cut("the connection closed before the last chunk".into()));
    }
    let size = line.trim_end().split(';').next().unwrap_or_default();
    u64::from_str_radix(size, 16).map_err(|_| bad(format!("not a chunk size: {line:?}")))
}

fn read_trailers(reader: &mut BufReader<TcpStream>) -> io::Result<()> {
    let mut line = String::new();
    loop {
        line.clear();
        if reader.read_line(&mut line)? == 0 || line.trim_end().is_empty() {
            return Ok(());
        }
    }
}

fn bad(message: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}
fn cut(message: String) -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, message)
}
