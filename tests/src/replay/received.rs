//! A request as the upstream received it.

use std::io::{self, BufRead, BufReader, Read};
use std::net::TcpStream;

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

/// Reads the next request of a connection, with its route; `None` when there is none.
pub(super) fn read_request(reader: &mut BufReader<TcpStream>) -> io::Result<Option<(String, Received)>> {
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
