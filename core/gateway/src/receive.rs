//! Receive: a provider's answer, as far as it has to be in memory.

use bytes::{Bytes, BytesMut};
use http::{HeaderValue, response::Parts};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use weighbridge_plugin_api::adapter::Framing;

use crate::{meter::decode::Decoder, refusal::Refusal, respond::Exchange, upstream::root_cause};

const EVENT_FIELDS: [&[u8]; 5] = [b"data:", b"event:", b"id:", b"retry:", b":"];

/// The framing that a content type names by itself. `application/json` may be a stream too: see [`framing_of`].
pub(crate) fn named_framing(content_type: Option<&HeaderValue>) -> Option<Framing> {
    const NAMES: [(&[u8], Framing); 4] = [
        (b"text/event-stream", Framing::Sse),
        (b"application/x-ndjson", Framing::Ndjson),
        (b"application/ndjson", Framing::Ndjson),
        (b"application/vnd.amazon.eventstream", Framing::AwsEventStream),
    ];
    let kind = content_type?.as_bytes();
    let name = kind.split(|byte| *byte == b';').next()?.trim_ascii();
    NAMES.iter().find(|(known, _)| name.eq_ignore_ascii_case(known)).map(|(_, framing)| *framing)
}

/// Whether the first bytes of an answer to a streamed call begin a stream of events, and how it is framed. None: it is one
/// whole answer, as some proxies send it although a stream was asked for.
fn framing_of(first: &[u8], planned: Framing) -> Option<Framing> {
    if looks_like_events(first) {
        return Some(Framing::Sse);
    }
    let mut begin = first.trim_ascii_start().iter();
    match (planned, begin.next()) {
        // A client may ask for the one and for the other at once, and the provider heed what the adapter did not.
        (Framing::JsonArray | Framing::Sse, Some(b'[')) => Some(Framing::JsonArray),
        // An object that goes on in the next line is none of one line.
        (Framing::Ndjson, Some(b'{')) if begin.find(|byte| **byte != b' ').is_none_or(|next| !b"\r\n".contains(next)) => Some(planned),
        (Framing::AwsEventStream, Some(0)) => Some(planned),
        _ => None,
    }
}

fn looks_like_events(first: &[u8]) -> bool {
    EVENT_FIELDS.iter().any(|field| first.starts_with(field))
}

/// So few bytes that more of them may still become the name of a field.
fn may_become_events(first: &[u8]) -> bool {
    !looks_like_events(first) && EVENT_FIELDS.iter().any(|field| field.starts_with(first))
}

/// An encoded body may go on and on without a decoded byte: more of it than this is not waited for.
const MOST_FOR_A_BEGINNING: usize = 64 * 1024;

/// The next bytes of a body that are not empty; `None` at its end. Never silent for too long.
async fn next_chunk(body: &mut Incoming, exchange: &Exchange) -> Result<Option<Bytes>, Refusal> {
    let provider = &exchange.candidate.provider;
    loop {
        if body.is_end_stream() {
            return Ok(None);
        }
        let Ok(frame) = tokio::time::timeout(provider.timeouts.idle, body.frame()).await else {
            return Err(Refusal::upstream_timeout(provider.name.as_str(), "go on with its answer", provider.timeouts.idle.as_millis()));
        };
        match frame.transpose().map_err(|error| Refusal::upstream_broke_off(provider.name.as_str(), &root_cause(&error)))? {
            None => return Ok(None),
            // Trailers are not part of the body.
            Some(frame) => match frame.into_data() {
                Ok(chunk) if !chunk.is_empty() => return Ok(Some(chunk)),
                _ => {}
            },
        }
    }
}

/// The beginning of a body.
#[derive(Default)]
pub(crate) struct Beginning {
    /// As received.
    pub(crate) received: Bytes,
    /// What it says, decoded.
    plain: Vec<u8>,
}

impl Beginning {
    /// The framing of the stream that begins so, if it is one.
    pub(crate) fn framing(&self, planned: Framing) -> Option<Framing> {
        framing_of(&self.plain, planned)
    }
}

/// The first bytes of a body, enough of them to tell what it is. Some may have been read already. What is encoded is decoded by a
/// decoder of its own: the meter's begins at the beginning.
pub(crate) async fn first_bytes(body: &mut Incoming, read: Option<Bytes>, head: &Parts, exchange: &Exchange) -> Result<Beginning, Refusal> {
    let mut decoder = Decoder::of(&head.headers, exchange.options.max_answer_bytes).unwrap_or(Decoder::none());
    let mut begin = Beginning::default();
    let mut next = read;
    while may_become_events(&begin.plain) && begin.received.len() < MOST_FOR_A_BEGINNING {
        let chunk = match next.take() {
            Some(chunk) => chunk,
            None => match next_chunk(body, exchange).await? {
                Some(chunk) => chunk,
                None => break,
            },
        };
        let plain = decoder.push(&chunk);
        begin.received = if begin.received.is_empty() { chunk } else { [begin.received, chunk].concat().into() };
        match plain {
            Ok(plain) => begin.plain.extend_from_slice(&plain),
            // The meter will say what is wrong with it.
            Err(_) => break,
        }
    }
    Ok(begin)
}

/// The whole body, within the limit, never silent for too long. The usual answer is one chunk and is not copied.
pub(crate) async fn collect(mut body: Incoming, first: Option<Bytes>, exchange: &Exchange) -> Result<Bytes, Refusal> {
    let limit = exchange.options.max_answer_bytes;
    let mut whole = first.unwrap_or_default();
    let mut joined: Option<BytesMut> = None;
    while let Some(chunk) = next_chunk(&mut body, exchange).await? {
        if whole.len() + joined.as_ref().map_or(0, BytesMut::len) + chunk.len() > limit {
            return Err(Refusal::upstream_too_large(exchange.candidate.provider.name.as_str(), limit));
        }
        if whole.is_empty() && joined.is_none() {
            whole = chunk;
        } else {
            joined.get_or_insert_with(|| BytesMut::from(&whole[..])).extend_from_slice(&chunk);
            whole = Bytes::new();
        }
    }
    Ok(joined.map_or(whole, BytesMut::freeze))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_content_type_names_a_framing() {
        let named = |kind: &'static str| named_framing(Some(&HeaderValue::from_static(kind)));
        assert_eq!(named("Text/Event-Stream; charset=utf-8"), Some(Framing::Sse));
        assert_eq!(named("application/x-ndjson"), Some(Framing::Ndjson));
        assert_eq!(named("application/vnd.amazon.eventstream"), Some(Framing::AwsEventStream));
        assert_eq!((named("application/json"), named("text/event-streams"), named_framing(None)), (None, None, None));
    }

    #[test]
    fn the_first_bytes_tell_a_stream_from_a_whole_answer() {
        assert_eq!(framing_of(b"data: {}", Framing::JsonArray), Some(Framing::Sse));
        assert_eq!(framing_of(b" [{\"a\"", Framing::JsonArray), Some(Framing::JsonArray));
        assert_eq!(framing_of(b"[{\"a\"", Framing::Sse), Some(Framing::JsonArray));
        assert_eq!(framing_of(b"{\"error\"", Framing::JsonArray), None);
        assert_eq!(framing_of(b"{\"done\":true}", Framing::Ndjson), Some(Framing::Ndjson));
        assert_eq!(framing_of(b"{\n  \"done\": true\n}", Framing::Ndjson), None);
        assert_eq!(framing_of(b"{}", Framing::Sse), None);
    }
}
