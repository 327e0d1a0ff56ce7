//! Relay: the content of a file, a video, the results of a batch, passed on as it comes. Results are metered on their way;
//! their last bytes wait until all of them are on the books. When the client leaves, they are read to their end.

use std::{
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Response, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::sync::mpsc;

use super::{
    ask::{Question, ask, provider_of},
    items::ItemMeter,
    settle,
    shelf::{Key, Resource},
};
use crate::{
    answer::{Answer, AnswerBody},
    dialect::{
        ResourceFacts,
        resource::{Does, Results},
    },
    gateway::Gateway,
    meter::{decode::Decoder, frame::MAX_EVENT_BYTES},
    refusal::Refusal,
    respond::{self, Exchange, carry_back},
    stream::BoxError,
    upstream::root_cause,
};

/// So many items are put on the books at a time.
const AT_A_TIME: usize = 512;

/// A body that another task reads.
pub(crate) struct Relay(mpsc::Receiver<Result<Bytes, BoxError>>);

impl Relay {
    pub(crate) fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, BoxError>>> {
        self.0.poll_recv(context)
    }
}

/// The results that an answer brings: of which batch, and which part of them.
struct Part {
    batch: Arc<Resource>,
    id: String,
}

/// Passes content on to the client.
pub(super) async fn content(
    gateway: &Arc<Gateway>,
    resource: &Arc<Resource>,
    facts: &ResourceFacts,
    answered: Response<Incoming>,
    exchange: Exchange,
) -> Result<Answer, Refusal> {
    let part = match (&resource.results_of, facts.items().map(|items| items.results)) {
        (Some((dialect, id)), _) => {
            let key = Key::new(resource.made_by.customer.as_str(), dialect, id);
            let batch = gateway.shelf.find(&key).await.map_err(Refusal::ledger_unavailable)?.ok_or_else(|| Refusal::no_such_resource("batch", id))?;
            Some(Part { batch, id: resource.id.clone() })
        }
        (None, Some(Results::Own)) => Some(Part { batch: resource.clone(), id: resource.id.clone() }),
        _ => None,
    };
    // What is on the books already is passed on like any content.
    let part = part.filter(|part| part.batch.results.get(&part.id) != Some(&true));
    let (head, body) = answered.into_parts();
    let reading = Reading::new(gateway, part, &exchange, &head, body)?;
    let (sender, receiver) = mpsc::channel(4);
    let guard = gateway.begin();
    tokio::spawn(async move {
        reading.run(Some(sender)).await.unwrap_or_else(|refusal| tracing::warn!(%refusal, "results could not be passed on"));
        drop(guard);
    });
    Ok(respond::answer(head.status, carry_back(&head.headers), AnswerBody::relay(Relay(receiver))))
}

/// Reads results for nobody but the books.
pub(super) async fn read_results(gateway: &Arc<Gateway>, batch: &Arc<Resource>, id: &str) -> Result<(), Refusal> {
    let facts = settle::facts_of(gateway, batch)?;
    let of = match facts.items().map(|items| items.results) {
        Some(Results::Files { dialect, .. }) => {
            let key = Key::new(batch.made_by.customer.as_str(), dialect, id);
            gateway.shelf.find(&key).await.map_err(Refusal::ledger_unavailable)?.ok_or_else(|| Refusal::no_such_resource("file", id))?
        }
        _ => batch.clone(),
    };
    let (answered, exchange) = ask(gateway, &Question::own(&of, Does::Content)).await?;
    let (head, body) = answered.into_parts();
    if head.status != StatusCode::OK {
        return Err(Refusal::upstream_refused_look(exchange.candidate.provider.name.as_str(), head.status.as_u16()));
    }
    let part = Part { batch: batch.clone(), id: id.to_owned() };
    Reading::new(gateway, Some(part), &exchange, &head, body)?.run(None).await
}

/// A body being read.
struct Reading {
    gateway: Arc<Gateway>,
    body: Incoming,
    decoder: Decoder,
    meter: Option<(ItemMeter, Part)>,
    idle: std::time::Duration,
    provider: String,
}

impl Reading {
    fn new(gateway: &Arc<Gateway>, part: Option<Part>, exchange: &Exchange, head: &http::response::Parts, body: Incoming) -> Result<Self, Refusal> {
        let provider = &exchange.candidate.provider;
        let undecodable = |error: crate::meter::decode::DecodeError| Refusal::upstream_undecodable(provider.name.as_str(), &error.to_string());
        let (decoder, meter) = match part {
            None => (Decoder::none(), None),
            Some(part) => {
                let meter = ItemMeter::new(gateway, &part.batch, &provider_of(gateway, &part.batch)?)?;
                (Decoder::of(&head.headers, MAX_EVENT_BYTES).map_err(undecodable)?, Some((meter, part)))
            }
        };
        Ok(Self { gateway: gateway.clone(), body, decoder, meter, idle: provider.timeouts.idle, provider: provider.name.to_string() })
    }

    /// Reads to the end, whether or not the client stays.
    async fn run(mut self, client: Option<mpsc::Sender<Result<Bytes, BoxError>>>) -> Result<(), Refusal> {
        let mut client = client;
        let mut read = self.read(&mut client).await;
        if let (Err(_), Some((meter, _))) = (&read, &mut self.meter) {
            // What came is billed, whether or not the rest of it ever comes.
            read = settle::post(&self.gateway, std::mem::take(&mut meter.events)).await.and(read);
        }
        if let (Err(refusal), Some(client)) = (&read, client) {
            // The client must see that it is not whole.
            let _ = client.send(Err(refusal.to_string().into())).await;
        }
        read
    }

    async fn read(&mut self, client: &mut Option<mpsc::Sender<Result<Bytes, BoxError>>>) -> Result<(), Refusal> {
        let mut held: Option<Bytes> = None;
        loop {
            let next = tokio::time::timeout(self.idle, self.body.frame()).await;
            let next = next.map_err(|_| Refusal::upstream_timeout(&self.provider, "go on with its answer", self.idle.as_millis()))?;
            let Some(frame) = next.transpose().map_err(|error| Refusal::upstream_broke_off(&self.provider, &root_cause(&error)))? else { break };
            let Ok(chunk) = frame.into_data() else { continue };
            self.meter(&chunk).await?;
            if let Some(before) = held.replace(chunk) {
                send(client, before).await;
            }
            // Content that is not metered is read for the client alone.
            if client.is_none() && self.meter.is_none() {
                return Ok(());
            }
        }
        self.finish().await?;
        if let Some(last) = held {
            send(client, last).await;
        }
        Ok(())
    }

    async fn meter(&mut self, chunk: &Bytes) -> Result<(), Refusal> {
        let Some((meter, _)) = &mut self.meter else { return Ok(()) };
        let undecodable = |error: &dyn std::fmt::Display| Refusal::upstream_undecodable(&self.provider, &error.to_string());
        let plain = self.decoder.push(chunk).map_err(|error| undecodable(&error))?;
        meter.push(&plain).map_err(|error| undecodable(&format!("{error:?}")))?;
        if meter.events.len() >= AT_A_TIME {
            settle::post(&self.gateway, std::mem::take(&mut meter.events)).await?;
        }
        Ok(())
    }

    /// All of it is on the books, and noted to be.
    async fn finish(&mut self) -> Result<(), Refusal> {
        let Some((meter, part)) = &mut self.meter else { return Ok(()) };
        let torn = meter.finish() || !self.decoder.finish();
        settle::post(&self.gateway, std::mem::take(&mut meter.events)).await?;
        if torn {
            return Err(Refusal::upstream_broke_off(&self.provider, "the results end in the middle of a line"));
        }
        if !meter.are_results() {
            return Err(Refusal::upstream_broke_off(&self.provider, "what it gave are no results"));
        }
        settle::results_read(&self.gateway, &part.batch.key(), &part.id).await.map_err(|error| Refusal::results_not_billed(&error.to_string()))
    }
}

/// A client that has gone is not sent anything more.
async fn send(client: &mut Option<mpsc::Sender<Result<Bytes, BoxError>>>, bytes: Bytes) {
    if let Some(sender) = client
        && sender.send(Ok(bytes)).await.is_err()
    {
        *client = None;
    }
}
