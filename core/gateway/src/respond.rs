//! Respond: from the provider's answer to the client's. Whole answers are metered, committed and sent; streams are
//! handed to [`crate::stream`].

use std::{sync::Arc, time::Instant};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header, response::Parts};
use hyper::body::Incoming;
use weighbridge_domain::{EventStatus, Text};
use weighbridge_plugin_api::adapter::{BodyPlan, Framing, UpstreamResponse, View};

use crate::{
    adapt::fields,
    answer::{Answer, AnswerBody},
    attempt::{Answered, leaves_doubt},
    call::is_hop_by_hop,
    client_frames::content_type,
    gateway::GatewayOptions,
    json,
    meter::{
        self, Consumed, StreamMeter,
        decode::Decoder,
        facts::Beside,
        frame::MAX_EVENT_BYTES,
        wire::{Pointers, Wire},
    },
    receive::{collect, first_bytes, named_framing},
    refusal::Refusal,
    resources::{self, LeftBehind},
    route::Candidate,
    settle::{End, OpenCall, Settled},
    stream::{Stream, StreamBody},
};

/// One attempt's exchange with a provider.
pub(crate) struct Exchange {
    pub(crate) candidate: Candidate,
    pub(crate) wire: Arc<Wire>,
    pub(crate) hide: bool,
    /// The client asked for cost and charge inside the stream.
    pub(crate) annotate: bool,
    /// How the answer is framed when it is streamed; of a streamed answer, how it is framed in fact.
    pub(crate) framing: Framing,
    /// How a translated stream is framed for the client.
    pub(crate) client_framing: Framing,
    /// What prices may depend on and the request decided.
    pub(crate) dimensions: Vec<(Text, Text)>,
    pub(crate) state: Vec<u8>,
    pub(crate) options: GatewayOptions,
    pub(crate) sent: Instant,
}

/// Turns the provider's answer into the client's.
pub(crate) async fn respond(mut open: Box<OpenCall>, mut exchange: Exchange, answer: Answered) -> Result<Answer, Refusal> {
    open.dimensions = std::mem::take(&mut exchange.dimensions);
    let Answered { head, first, body } = answer;
    if head.status.is_redirection() || head.status.is_informational() {
        let refusal = Refusal::upstream_redirect(exchange.candidate.provider.name.as_str(), head.status.as_u16());
        return Err(open.not_served(&exchange, head.status, refusal).await);
    }
    if !head.status.is_success() {
        return error_answer(open, exchange, head, body, first).await;
    }
    let decoder = match Decoder::of(&head.headers, exchange.options.max_answer_bytes) {
        Ok(decoder) => decoder,
        Err(error) => {
            return Err(open
                .fail(&exchange, Some(head.status), Refusal::upstream_undecodable(exchange.candidate.provider.name.as_str(), &error.to_string()))
                .await);
        }
    };
    if let Some(framing) = named_framing(head.headers.get(header::CONTENT_TYPE)) {
        return Ok(stream_answer(open, exchange, head, body, decoder, framing, first));
    }
    let (mut body, mut first) = (body, first);
    if open.request.streamed {
        // Some providers stream under another content type: the first bytes tell.
        let begin = match first_bytes(&mut body, first, &head, &exchange).await {
            Ok(begin) => begin,
            Err(refusal) => return Err(open.fail(&exchange, Some(head.status), refusal).await),
        };
        let framing = begin.framing(exchange.framing);
        first = Some(begin.received).filter(|received| !received.is_empty());
        if let Some(framing) = framing {
            return Ok(stream_answer(open, exchange, head, body, decoder, framing, first));
        }
    }
    if !exchange.wire.reads_body() && !exchange.wire.is_free() {
        return Ok(stream_answer(open, exchange, head, body, Decoder::none(), Framing::None, first));
    }
    whole_answer(open, exchange, head, body, first, decoder).await
}

fn stream_answer(open: Box<OpenCall>, mut exchange: Exchange, head: Parts, body: Incoming, decoder: Decoder, framing: Framing, first: Option<Bytes>) -> Answer {
    let mut headers = carry_back(&head.headers);
    if exchange.wire.stream_events.is_some() && framing != Framing::None {
        headers.remove(header::CONTENT_ENCODING);
        if framing != exchange.client_framing {
            headers.extend(content_type(exchange.client_framing).map(|kind| (header::CONTENT_TYPE, kind)));
        }
    }
    name_answer(&mut headers, &open, &exchange, None);
    exchange.framing = framing;
    let beside = Beside::read(&exchange.wire, &head.headers, open.request.json());
    // What is decoded at a time is read at once: no more of it is needed than an event may have.
    let mut meter = StreamMeter::new(exchange.wire.clone(), decoder.limited_to(MAX_EVENT_BYTES), framing, beside);
    if open.starts && !exchange.wire.translates() {
        meter.keep_first_event();
    }
    let mut stream = Stream::new(open, exchange, head.status.as_u16(), meter, body);
    if let Some(first) = first {
        stream.prefetched(first);
    }
    answer(head.status, headers, AnswerBody::stream(StreamBody::new(stream)))
}

async fn whole_answer(
    open: Box<OpenCall>,
    exchange: Exchange,
    head: Parts,
    body: Incoming,
    first: Option<Bytes>,
    mut decoder: Decoder,
) -> Result<Answer, Refusal> {
    let name = exchange.candidate.provider.name.as_str();
    let received = match collect(body, first, &exchange).await {
        Ok(received) => received,
        Err(refusal) => return Err(open.fail(&exchange, Some(head.status), refusal).await),
    };
    let arrived = Instant::now();
    let plain = match decoder.push(&received) {
        Ok(plain) => plain,
        Err(error) => return Err(open.fail(&exchange, Some(head.status), Refusal::upstream_undecodable(name, &error.to_string())).await),
    };
    let truncated = !decoder.finish();
    let beside = Beside::read(&exchange.wire, &head.headers, open.request.json());
    let left = resources::left_behind(&open, &exchange, &plain);
    let consumed = match left.as_ref().and_then(LeftBehind::consumed) {
        Some(consumed) => Ok(consumed),
        None => meter::whole(&exchange.wire, &*exchange.candidate.provider.adapter, &plain, &beside),
    };
    let consumed = match consumed {
        Ok(consumed) => consumed,
        Err(meter::WholeError::NotJson) => return Err(open.fail(&exchange, Some(head.status), Refusal::upstream_not_json(name, head.status.as_u16())).await),
        Err(meter::WholeError::Plugin(error)) => return Err(open.withhold(&exchange, head.status, &plain, Refusal::plugin_after_answer(&error)).await),
    };
    let mut headers = carry_back(&head.headers);
    let (status, body) = match translate(&exchange, &exchange.wire.plan.response_view, &exchange.wire.response_view, head.status, &plain, &mut headers) {
        Ok(None) => (head.status, received),
        Ok(Some(translated)) => translated,
        Err(refusal) => return Err(open.withhold(&exchange, head.status, &plain, refusal).await),
    };
    let status_on_record = if open.client_gone() { EventStatus::Partial } else { EventStatus::Completed };
    let mut end = End::new(&exchange.candidate, status_on_record, consumed);
    end.http_status = Some(head.status.as_u16());
    end.first_byte = Some(arrived);
    end.flags.extend(truncated.then_some("body_truncated"));
    end.flags.extend(left.as_ref().and_then(LeftBehind::flag));
    name_answer(&mut headers, &open, &exchange, Some(arrived));
    let body = match left {
        None => body,
        Some(left) => {
            let as_here = left.as_here();
            if as_here.is_some() {
                headers.remove(header::CONTENT_ENCODING);
            }
            if !resources::keep(&open, &exchange.candidate, left).await.map_err(Refusal::ledger_lost_answer)? {
                end.flags.push("started_without_id");
                end.consumed = Consumed::Unknown;
            }
            as_here.unwrap_or(body)
        }
    };
    let settled = open.settle(end, Some(exchange.wire.clone())).await.map_err(Refusal::ledger_lost_answer)?;
    name_amounts(&mut headers, &settled);
    Ok(answer(status, headers, AnswerBody::whole(body)))
}

/// A provider's refusal: forwarded as it is, recorded, and not billed.
async fn error_answer(open: Box<OpenCall>, exchange: Exchange, head: Parts, body: Incoming, first: Option<Bytes>) -> Result<Answer, Refusal> {
    let received = match collect(body, first, &exchange).await {
        Ok(received) => received,
        Err(refusal) => return Err(open.fail(&exchange, Some(head.status), refusal).await),
    };
    let arrived = Instant::now();
    let mut headers = carry_back(&head.headers);
    let plain = Decoder::of(&head.headers, exchange.options.max_answer_bytes).and_then(|mut decoder| decoder.push(&received));
    let translated = match &plain {
        Ok(plain) => translate(&exchange, &exchange.wire.plan.error_view, &exchange.wire.error_view, head.status, plain, &mut headers),
        Err(_) => Ok(None),
    };
    let (status, body) = match translated {
        Ok(Some(translated)) => translated,
        // An error that cannot be translated is better shown as it came than hidden.
        Ok(None) | Err(_) => (head.status, received),
    };
    let mut end = End::new(&exchange.candidate, EventStatus::UpstreamError, Consumed::Nothing);
    end.http_status = Some(head.status.as_u16());
    end.first_byte = Some(arrived);
    let in_doubt = leaves_doubt(head.status) && open.starts;
    end.flags.extend(in_doubt.then_some("may_have_started"));
    name_answer(&mut headers, &open, &exchange, Some(arrived));
    let settled = open.settle(end, None).await.map_err(Refusal::ledger_lost_answer)?;
    name_amounts(&mut headers, &settled);
    Ok(answer(status, headers, AnswerBody::whole(body)))
}

/// Lets the adapter translate a whole answer, where its plan says so.
fn translate(
    exchange: &Exchange,
    view: &View,
    pointers: &Pointers,
    status: StatusCode,
    body: &Bytes,
    headers: &mut HeaderMap,
) -> Result<Option<(StatusCode, Bytes)>, Refusal> {
    if *view == View::None {
        return Ok(None);
    }
    let adapter = &exchange.candidate.provider.adapter;
    let seen =
        UpstreamResponse { status: status.as_u16(), fields: fields(&pointers.list, &pointers.set, body), body: (*view == View::Full).then_some(&body[..]) };
    let said = adapter.read_response(&exchange.state, &seen).map_err(|error| Refusal::plugin_after_answer(&error))?;
    let nonsense = |why: String| Refusal::plugin_nonsense(&adapter.identity().name, why);
    let translated = match said.body {
        BodyPlan::Unchanged => body.clone(),
        BodyPlan::Edits(edits) => json::apply(body, &edits).map_err(|error| nonsense(error.to_string()))?.into(),
        BodyPlan::Replace(body) => body.into(),
    };
    headers.remove(header::CONTENT_ENCODING);
    for (name, value) in said.headers {
        let name = HeaderName::try_from(name).map_err(|error| nonsense(error.to_string()))?;
        if !is_hop_by_hop(&name) {
            headers.insert(name, HeaderValue::try_from(value).map_err(|error| nonsense(error.to_string()))?);
        }
    }
    let status = StatusCode::from_u16(said.status).map_err(|error| nonsense(error.to_string()))?;
    Ok(Some((status, translated)))
}

pub(crate) fn answer(status: StatusCode, headers: HeaderMap, body: AnswerBody) -> Answer {
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    *answer.headers_mut() = headers;
    answer
}

/// The provider's headers, without those of its connection, its cookies, and what only the gateway may say.
pub(crate) fn carry_back(headers: &HeaderMap) -> HeaderMap {
    let mut carried = HeaderMap::with_capacity(headers.len() + 8);
    for (name, value) in headers {
        if !is_hop_by_hop(name) && name != header::SET_COOKIE && !name.as_str().starts_with("x-weighbridge-") {
            carried.append(name.clone(), value.clone());
        }
    }
    carried
}

fn name_answer(headers: &mut HeaderMap, open: &OpenCall, exchange: &Exchange, arrived: Option<Instant>) {
    put(headers, "x-weighbridge-model", exchange.candidate.model.as_str());
    // What the gateway itself took for this attempt: before the request was sent, and since the answer arrived.
    let before = exchange.sent.duration_since(open.attempt_began);
    let after = arrived.map(|at| at.elapsed()).unwrap_or_default();
    put(headers, "x-weighbridge-overhead-us", &(before + after).as_micros().to_string());
}

fn name_amounts(headers: &mut HeaderMap, settled: &Settled) {
    if let Some(model) = &settled.served_model {
        put(headers, "x-weighbridge-model", model.as_str());
    }
    if let Some(cost) = settled.cost {
        put(headers, "x-weighbridge-cost", &cost.normalize().to_string());
    }
    if let Some(charge) = settled.charge {
        put(headers, "x-weighbridge-charge", &charge.normalize().to_string());
    }
    put(headers, "x-weighbridge-currency", settled.currency.as_str());
}

fn put(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(HeaderName::from_static(name), value);
    }
}
