//! AWS event streams: binary messages with checksums, written after the specification of the encoding
//! (`application/vnd.amazon.eventstream`).
//!
//! A message is: its length and the length of its headers (each 4 bytes, big-endian), the CRC-32 of these 8 bytes, the headers,
//! the payload, and the CRC-32 of all before it.

use serde_json::Value;
use weighbridge_plugin::adapter::Event;

/// The messages as events, up to the first that is torn or whose checksum is wrong.
pub fn events(mut stream: &[u8]) -> Vec<Event> {
    let mut events = Vec::new();
    while let Some((event, rest)) = message(stream) {
        events.push(event);
        stream = rest;
    }
    events
}

fn message(stream: &[u8]) -> Option<(Event, &[u8])> {
    let (total, headers) = (number(stream, 0)?, number(stream, 4)?);
    let (whole, rest) = stream.split_at_checked(total)?;
    let end = total.checked_sub(4)?;
    let payload_at = headers.checked_add(12).filter(|at| *at <= end)?;
    if number(whole, 8)? != crc(&whole[..8]) || number(whole, end)? != crc(&whole[..end]) {
        return None;
    }
    let name = name(&whole[12..payload_at])?;
    Some((Event { name, data: data(&whole[payload_at..end]) }, rest))
}

/// Four bytes of the stream as a number.
fn number(bytes: &[u8], at: usize) -> Option<usize> {
    let bytes: [u8; 4] = bytes.get(at..at + 4)?.try_into().ok()?;
    usize::try_from(u32::from_be_bytes(bytes)).ok()
}

/// The value of `:event-type`, or of `:exception-type`. `None`: the headers cannot be read.
fn name(mut headers: &[u8]) -> Option<Option<String>> {
    let mut name = None;
    while !headers.is_empty() {
        let (length, rest) = headers.split_first()?;
        let (key, rest) = rest.split_at_checked(usize::from(*length))?;
        let (kind, rest) = rest.split_first()?;
        // True, false, byte, short, integer, long, bytes, string, timestamp, UUID.
        let (fixed, rest) = match kind {
            0 | 1 => (0, rest),
            2 => (1, rest),
            3 => (2, rest),
            4 => (4, rest),
            5 | 8 => (8, rest),
            6 | 7 => (usize::from(u16::from_be_bytes(rest.get(..2)?.try_into().ok()?)), &rest[2..]),
            9 => (16, rest),
            _ => return None,
        };
        let (value, rest) = rest.split_at_checked(fixed)?;
        if key == b":event-type" || key == b":exception-type" {
            name = Some(String::from_utf8_lossy(value).into_owned());
        }
        headers = rest;
    }
    Some(name)
}

/// The payload; what a model wrote in its own shape is wrapped as `{"bytes": base64}` and comes without the wrapping.
fn data(payload: &[u8]) -> Vec<u8> {
    let wrapped = serde_json::from_slice::<Value>(payload).ok().and_then(|payload| base64(payload.get("bytes")?.as_str()?));
    wrapped.unwrap_or_else(|| payload.to_vec())
}

fn base64(text: &str) -> Option<Vec<u8>> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bytes, mut bits, mut kept) = (Vec::new(), 0u32, 0);
    for letter in text.trim_end_matches('=').bytes() {
        let value = u32::try_from(ALPHABET.iter().position(|known| *known == letter)?).ok()?;
        (bits, kept) = (bits << 6 | value, kept + 6);
        if kept >= 8 {
            kept -= 8;
            bytes.push((bits >> kept & 0xff) as u8);
        }
    }
    Some(bytes)
}

/// CRC-32 as Ethernet and gzip have it: reflected, polynomial 0xEDB88320.
fn crc(bytes: &[u8]) -> usize {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 };
        }
    }
    !crc as usize
}

/// A message, for tests: string headers and a payload.
pub fn message_of(headers: &[(&str, &str)], payload: &[u8]) -> Vec<u8> {
    let bytes = |length: usize| u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes();
    let mut block = Vec::new();
    for (key, value) in headers {
        block.push(key.len() as u8);
        block.extend_from_slice(key.as_bytes());
        block.push(7);
        block.extend_from_slice(&(value.len() as u16).to_be_bytes());
        block.extend_from_slice(value.as_bytes());
    }
    let mut message = [bytes(block.len() + payload.len() + 16), bytes(block.len())].concat();
    message.extend_from_slice(&bytes(crc(&message)));
    message.extend_from_slice(&block);
    message.extend_from_slice(payload);
    message.extend_from_slice(&bytes(crc(&message)));
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_usual_one() {
        assert_eq!(crc(b"123456789"), 0xCBF4_3926);
    }

    #[test]
    fn names_and_payloads_are_found() {
        let wrapped = message_of(&[(":event-type", "chunk"), (":message-type", "event")], br#"{"bytes":"eyJhIjoxfQ==","p":"abc"}"#);
        let plain = message_of(&[(":message-type", "exception"), (":exception-type", "throttlingException")], br#"{"message":"slow"}"#);
        let read: Vec<(Option<String>, Vec<u8>)> = events(&[wrapped, plain].concat()).into_iter().map(|event| (event.name, event.data)).collect();
        assert_eq!(read, [(Some("chunk".into()), br#"{"a":1}"#.to_vec()), (Some("throttlingException".into()), br#"{"message":"slow"}"#.to_vec())]);
    }

    #[test]
    fn a_torn_or_damaged_message_ends_the_stream() {
        let message = message_of(&[(":event-type", "metadata")], b"{}");
        let stream = [message.clone(), message].concat();
        assert_eq!(events(&stream).len(), 2);
        assert!((0..stream.len()).all(|cut| events(&stream[..cut]).len() == usize::from(cut >= stream.len() / 2)));
        for at in 0..stream.len() / 2 {
            let mut damaged = stream.clone();
            damaged[at] ^= 1;
            assert!(events(&damaged).is_empty(), "byte {at}");
        }
    }
}
