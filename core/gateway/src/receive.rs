//! Receive: a provider's answer, as far as it has to be in memory.

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};

use crate::{refusal::Refusal, respond::Exchange, upstream::root_cause};

const EVENT_FIELDS: [&[u8]; 5] = [b"data:", b"event:", b"id:", b"retry:", b":"];

/// Whether these bytes begin a stream of events, whatever they were said to be.
pub(crate) fn looks_like_events(first: &[u8]) -> bool {
    EVENT_FIELDS.iter().any(|field| first.starts_with(field))
}

/// So few bytes that more of them may still become the name of a field.
fn may_become_events(first: &[u8]) -> bool {
    !looks_like_events(first) && EVENT_FIELDS.iter().any(|field| field.starts_with(first))
}

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

/// The first bytes of a body, enough of them to tell what it is; `None` when it is empty.
pub(crate) async fn first_bytes(body: &mut Incoming, exchange: &Exchange) -> Result<Option<Bytes>, Refusal> {
    let mut first = Bytes::new();
    while let Some(chunk) = next_chunk(body, exchange).await? {
        first = if first.is_empty() { chunk } else { [first, chunk].concat().into() };
        if !may_become_events(&first) {
            break;
        }
    }
    Ok((!first.is_empty()).then_some(first))
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
