//! Peek: a look at the beginning of an answer before a byte of it is forwarded, where that decides whether the call is
//! tried again.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{header, response::Parts};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use memchr::memmem;
use weighbridge_plugin_api::adapter::Framing;

use crate::{
    meter::frame::Framer,
    receive::named_framing,
    respond::Exchange,
    upstream::{NoAnswer, root_cause},
};

/// Of a refusal or of a stream before its first event, more than this is not looked at.
const MOST: usize = 64 * 1024;
/// So long a stream's first event is waited for.
const SOON: Duration = Duration::from_secs(2);

/// A short body, or the beginning of a longer one.
pub(crate) async fn whole(body: &mut Incoming, exchange: &Exchange) -> Result<Bytes, NoAnswer> {
    let mut begin = BytesMut::new();
    let limit = exchange.candidate.provider.timeouts.idle;
    tokio::time::timeout(limit, read_until(body, &mut begin, |_| false)).await.map_err(|_| NoAnswer::TimedOut(limit))??;
    Ok(begin.freeze())
}

/// Whether a refusal is of the question for usage in streams (metering rule 23).
pub(crate) fn refuses_usage(body: &[u8]) -> bool {
    ["stream_options", "include_usage"].iter().any(|name| memmem::find(body, name.as_bytes()).is_some())
}

/// Whether an answer is a stream of events whose first one can be looked at.
pub(crate) fn is_stream(head: &Parts, exchange: &Exchange) -> bool {
    let named = named_framing(head.headers.get(header::CONTENT_TYPE)) == Some(Framing::Sse);
    head.status.is_success()
        && named
        && exchange.framing == Framing::Sse
        && exchange.wire.failure.is_some()
        && !head.headers.contains_key(header::CONTENT_ENCODING)
}

/// Reads up to the first event with data, and says whether it reports a failure. One that does not come soon is not waited for:
/// what keeps the connection alive until then is the client's as well.
pub(crate) async fn first_event(body: &mut Incoming, exchange: &Exchange) -> Result<(Bytes, bool), NoAnswer> {
    let mut scanner = Framer::new(Framing::Sse);
    let mut verdict = None;
    let filter = exchange.wire.failure.as_ref();
    let mut begin = BytesMut::new();
    let reading = read_until(body, &mut begin, |chunk| {
        // An event that does not end is left to the meter.
        let too_large = scanner.push(chunk, |event| {
            if let (Some(data), None) = (&event.data, verdict) {
                verdict = Some(filter.is_some_and(|filter| filter.passes(event.name, data)));
            }
        });
        verdict.is_some() || too_large.is_err()
    });
    tokio::time::timeout(SOON, reading).await.unwrap_or(Ok(()))?;
    Ok((begin.freeze(), verdict == Some(true)))
}

/// Reads until told that it is enough, to the end, or to the limit.
async fn read_until(body: &mut Incoming, begin: &mut BytesMut, mut enough: impl FnMut(&[u8]) -> bool) -> Result<(), NoAnswer> {
    while begin.len() < MOST && !body.is_end_stream() {
        let frame = body.frame().await.transpose().map_err(|error| NoAnswer::BrokeOff(root_cause(&error)))?;
        let Some(frame) = frame else { break };
        // Trailers are not part of the body.
        let Ok(chunk) = frame.into_data() else { continue };
        begin.extend_from_slice(&chunk);
        if enough(&chunk) {
            break;
        }
    }
    Ok(())
}
