//! What a hostile provider sends.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use weighbridge_tests::{Behaviour, Reply};

/// An answer that begins so and goes on like that, without end.
pub(crate) fn endless(content: &str, begin: impl Into<Vec<u8>>, again: impl Into<Vec<u8>>) -> Behaviour {
    Behaviour::Flood(Reply::new(200, content, begin), again.into().into(), usize::MAX)
}
/// The same, of bytes that unpack to these.
pub(crate) fn bomb(content: &str, begin: impl Into<Vec<u8>>, again: impl Into<Vec<u8>>) -> Behaviour {
    let reply = Reply::new(200, content, gzip(&begin.into())).header("content-encoding", "gzip");
    Behaviour::Flood(reply, gzip(&again.into()).into(), usize::MAX)
}
pub(crate) fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

/// An AWS message: lengths and their checksum, a name, a payload, a checksum.
pub(crate) fn aws_message(name: &str, payload: &[u8]) -> Vec<u8> {
    let mut headers = Vec::new();
    for (key, value) in [(":message-type", "event"), (":event-type", name)] {
        headers.push(key.len() as u8);
        headers.extend([key.as_bytes(), &[7], &(value.len() as u16).to_be_bytes(), value.as_bytes()].concat());
    }
    let mut message = aws_prelude((16 + headers.len() + payload.len()) as u32, headers.len() as u32);
    message.extend([&headers, payload].concat());
    message.extend(crc32(&message).to_be_bytes());
    message
}
pub(crate) fn aws_prelude(length: u32, headers: u32) -> Vec<u8> {
    let lengths = [length.to_be_bytes(), headers.to_be_bytes()].concat();
    let checksum = crc32(&lengths);
    [&lengths[..], &checksum.to_be_bytes()].concat()
}
pub(crate) fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 }))
}
