//! Writing an answer onto the wire, cut as told.

use std::{
    io::{self, Write},
    net::TcpStream,
    thread,
    time::Duration,
};

use super::reply::{Cuts, Framing, Reply};
use crate::random::Random;

/// Writes one answer.
pub(super) fn write_reply(writer: &mut TcpStream, reply: &Reply) -> io::Result<()> {
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
        match reply.cuts {
            Cuts::SlowEvents => thread::sleep(Duration::from_millis(10)),
            Cuts::PausedAt(_) => thread::sleep(Duration::from_millis(100)),
            Cuts::Whole | Cuts::EachByte | Cuts::Random(_) => {}
        }
    }
    if reply.framing == Framing::Chunked && reply.cut_off_after.is_none() {
        writer.write_all(b"0\r\n\r\n")?;
    }
    Ok(())
}

/// Writes an answer whose end is not told, and then the same bytes again and again.
pub(super) fn write_flood(writer: &mut TcpStream, reply: Reply, again: &[u8], times: usize) -> io::Result<()> {
    write_reply(writer, &Reply { framing: Framing::Untold, ..reply })?;
    (0..times).try_for_each(|_| writer.write_all(again))
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
        Cuts::PausedAt(at) => <[_; 2]>::from(body.split_at(at.min(body.len()))).into_iter().filter(|piece| !piece.is_empty()).collect(),
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
