//! What an adapter makes of requests, answers and events.

use weighbridge_plugin_api::adapter::{BodyPlan, ClientResponse, Event, EventOut, StreamStep, UpstreamRequest};

use super::{Check, text, usage};

const STATE_BYTES: usize = 4 * 1024;
/// Of a stream: what was said so far may have to be said again at its end.
const STREAM_STATE_BYTES: usize = 1024 * 1024;
const HEADERS: usize = 64;
const EDITS: usize = 1_000;

/// A request that may be sent.
pub(crate) fn upstream_request(request: &UpstreamRequest) -> Check {
    if !["POST", "GET", "PATCH", "DELETE"].contains(&request.method.as_str()) {
        return Err(format!(
            "the method {}: it must be \"POST\" or \"GET\", and \"PATCH\" or \"DELETE\" for what an earlier call left",
            text::shown(&request.method)
        ));
    }
    text::path_and_query(&request.path_and_query)?;
    headers(&request.headers)?;
    state(&request.state, STATE_BYTES)?;
    usage::dimensions(&request.dimensions)?;
    body(&request.body)
}

/// An answer that the client may get.
pub(crate) fn client_response(response: &ClientResponse) -> Check {
    if !(200..=599).contains(&response.status) {
        return Err(format!("the status {}: it must be 200 to 599", response.status));
    }
    headers(&response.headers)?;
    body(&response.body)
}

/// One result for each event.
pub(crate) fn stream_step(step: &StreamStep, sent: usize) -> Check {
    if step.events.len() != sent {
        return Err(format!("{} results for {sent} events", step.events.len()));
    }
    state(&step.state, STREAM_STATE_BYTES)?;
    step.events.iter().try_for_each(|out| match out {
        EventOut::Replace(list) => events(list),
        EventOut::Keep | EventOut::Drop => Ok(()),
    })
}

/// Events whose names fit on their line.
pub(crate) fn events(events: &[Event]) -> Check {
    events.iter().filter_map(|event| event.name.as_deref()).try_for_each(|name| text::name("the event's name", name, 128))
}

fn headers(headers: &[(String, Vec<u8>)]) -> Check {
    if headers.len() > HEADERS {
        return Err(format!("{} headers; at most {HEADERS}", headers.len()));
    }
    headers.iter().try_for_each(|(name, value)| text::header(name, value))
}

fn state(state: &[u8], most: usize) -> Check {
    if state.len() <= most { Ok(()) } else { Err(format!("{} bytes of state; at most {most}", state.len())) }
}

fn body(plan: &BodyPlan) -> Check {
    let BodyPlan::Edits(edits) = plan else { return Ok(()) };
    if edits.len() > EDITS {
        return Err(format!("{} edits; at most {EDITS}", edits.len()));
    }
    for edit in edits {
        text::pointer(&edit.pointer)?;
        if edit.pointer.is_empty() {
            return Err("an edit of the whole body: replace it instead".into());
        }
        edit.set.iter().try_for_each(|json| text::json(&edit.pointer, json))?;
    }
    Ok(())
}
