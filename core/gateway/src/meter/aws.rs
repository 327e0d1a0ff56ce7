//! `application/vnd.amazon.eventstream` (Amazon event stream encoding, 2026): length-prefixed messages of headers and a payload,
//! with a CRC-32 over the two lengths and one over the whole message. Numbers are big-endian.
//!
//! An event's name is its `:event-type` or `:exception-type`; an exception is a failure, whatever it is called. The payload
//! of invoke streams wraps the model's own JSON as `{"bytes": "<base64>"}`: what is read is the JSON inside.

use std::borrow::Cow;

use base64::{Engine, prelude::BASE64_STANDARD};

use super::frame::{Cut, FrameError, MAX_EVENT_BYTES, Seen, StreamEvent};

const PRELUDE: usize = 12;
const CHECKSUM: usize = 4;
/// The event whose payload wraps bytes.
const WRAPPED: &str = "chunk";
/// The type of a header's value that is text.
const TEXT: u8 = 7;

/// Gives each whole message.
pub(super) fn split(bytes: &[u8], mut event: impl FnMut(StreamEvent<'_>)) -> Result<Cut, FrameError> {
    let mut start = 0;
    while let Some(prelude) = bytes[start..].first_chunk::<PRELUDE>() {
        let length = u32_at(prelude, 0) as usize;
        if crc32fast::hash(&prelude[..8]) != u32_at(prelude, 8) {
            return Err(FrameError::Damaged("the checksum of a message's lengths does not match"));
        }
        if length > MAX_EVENT_BYTES {
            return Err(FrameError::TooLarge);
        }
        let Some(raw) = bytes.get(start..start + length) else { break };
        event(parse(raw, start)?);
        start += length;
    }
    Ok(Cut { used: start, seen: Seen::default() })
}

fn parse(raw: &[u8], starts_at: usize) -> Result<StreamEvent<'_>, FrameError> {
    let too_short = FrameError::Damaged("a message is shorter than its parts");
    let body = raw.len().checked_sub(CHECKSUM).filter(|end| *end >= PRELUDE).ok_or(too_short)?;
    if crc32fast::hash(&raw[..body]) != u32_at(raw, body) {
        return Err(FrameError::Damaged("the checksum of a message does not match"));
    }
    let (headers, payload) = raw[PRELUDE..body].split_at_checked(u32_at(raw, 4) as usize).ok_or(too_short)?;
    let said = Headers::read(headers).ok_or(FrameError::Damaged("the headers of a message cannot be read"))?;
    let data = match unwrapped(said.name, payload) {
        Some(inner) => Cow::Owned(inner),
        None => Cow::Borrowed(payload),
    };
    Ok(StreamEvent { name: said.name, data: Some(data).filter(|data| !data.is_empty()), raw, starts_at, failed: said.failed })
}

/// What the headers say of an event.
#[derive(Default)]
struct Headers<'a> {
    name: Option<&'a str>,
    failed: bool,
}

impl<'a> Headers<'a> {
    fn read(mut bytes: &'a [u8]) -> Option<Self> {
        let mut said = Self::default();
        while let Some((length, rest)) = bytes.split_first() {
            let (name, rest) = rest.split_at_checked(usize::from(*length))?;
            let (kind, rest) = rest.split_first()?;
            let (length, rest) = match *kind {
                0 | 1 => (0, rest),
                2 => (1, rest),
                3 => (2, rest),
                4 => (4, rest),
                5 | 8 => (8, rest),
                9 => (16, rest),
                6 | TEXT => {
                    let (length, rest) = rest.split_first_chunk::<2>()?;
                    (usize::from(u16::from_be_bytes(*length)), rest)
                }
                _ => return None,
            };
            let (value, rest) = rest.split_at_checked(length)?;
            let text = || std::str::from_utf8(value).ok().filter(|_| *kind == TEXT);
            match name {
                b":event-type" | b":exception-type" | b":error-code" => said.name = text(),
                b":message-type" => said.failed = matches!(text(), Some("exception" | "error")),
                _ => {}
            }
            bytes = rest;
        }
        Some(said)
    }
}

/// The bytes that an invoke stream wraps.
fn unwrapped(name: Option<&str>, payload: &[u8]) -> Option<Vec<u8>> {
    #[derive(serde::Deserialize)]
    struct Wrapped<'a> {
        #[serde(borrow)]
        bytes: Cow<'a, str>,
    }
    let wrapped: Wrapped<'_> = if name == Some(WRAPPED) { serde_json::from_slice(payload).ok()? } else { return None };
    BASE64_STANDARD.decode(wrapped.bytes.as_bytes()).ok()
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

/// A message with a JSON payload: an `event`, or an `exception`.
pub(crate) fn encode(message_type: &str, name: &str, payload: &[u8]) -> Vec<u8> {
    let named = if message_type == "exception" { ":exception-type" } else { ":event-type" };
    let mut headers = Vec::with_capacity(96);
    for (name, value) in [(named, name), (":content-type", "application/json"), (":message-type", message_type)] {
        // Event names are short words; a longer one is cut rather than breaking the message.
        let value = &value.as_bytes()[..value.len().min(255)];
        headers.push(name.len() as u8);
        headers.extend_from_slice(name.as_bytes());
        headers.push(TEXT);
        headers.extend_from_slice(&(value.len() as u16).to_be_bytes());
        headers.extend_from_slice(value);
    }
    let length = PRELUDE + headers.len() + payload.len() + CHECKSUM;
    let mut message = Vec::with_capacity(length);
    message.extend_from_slice(&(length as u32).to_be_bytes());
    message.extend_from_slice(&(headers.len() as u32).to_be_bytes());
    message.extend_from_slice(&crc32fast::hash(&message).to_be_bytes());
    message.extend_from_slice(&headers);
    message.extend_from_slice(payload);
    message.extend_from_slice(&crc32fast::hash(&message).to_be_bytes());
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    type Read = (Option<String>, Option<String>, bool);

    fn read(bytes: &[u8]) -> Result<Vec<Read>, FrameError> {
        let mut all = Vec::new();
        split(bytes, |event| all.push((event.name.map(String::from), event.data.map(|data| String::from_utf8(data.into_owned()).unwrap()), event.failed)))?;
        Ok(all)
    }

    #[test]
    fn a_message_has_a_name_and_a_payload() {
        let bytes = encode("event", "metadata", br#"{"usage":{}}"#);
        assert_eq!(read(&bytes).unwrap(), [(Some("metadata".into()), Some(r#"{"usage":{}}"#.into()), false)]);
    }

    #[test]
    fn what_an_invoke_stream_wraps_is_read() {
        let wrapped = encode("event", "chunk", br#"{"p":"ab","bytes":"eyJ0eXBlIjoieCJ9"}"#);
        assert_eq!(read(&wrapped).unwrap(), [(Some("chunk".into()), Some(r#"{"type":"x"}"#.into()), false)]);
        // An event of another name may have a member of that name.
        let other = encode("event", "other", br#"{"bytes":"eyJ0eXBlIjoieCJ9"}"#);
        assert_eq!(read(&other).unwrap()[0].1.as_deref(), Some(r#"{"bytes":"eyJ0eXBlIjoieCJ9"}"#));
    }

    #[test]
    fn an_exception_is_a_failure_by_its_name() {
        let bytes = encode("exception", "throttlingException", br#"{"message":"slow down"}"#);
        assert_eq!(read(&bytes).unwrap(), [(Some("throttlingException".into()), Some(r#"{"message":"slow down"}"#.into()), true)]);
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        let bytes = encode("event", "metadata", br#"{"usage":{}}"#);
        for bit in 0..bytes.len() * 8 {
            let mut bytes = bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert!(matches!(read(&bytes), Err(FrameError::Damaged(_))), "bit {bit}");
        }
    }
}
