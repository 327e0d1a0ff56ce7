//! Items: the results of a batch, a line each, metered as the answers that they are. An item's id is derived from provider,
//! batch and the client's own name for it, so that it is billed once, however often the results are read (metering rule 33).

use std::{collections::HashMap, sync::Arc};

use weighbridge_domain::{EventId, EventStatus, ModelName, Text, UsageEvent};
use weighbridge_plugin_api::adapter::Framing;
use weighbridge_pricing::CompiledPlan;

use super::{settle, shelf::Resource};
use crate::{
    dialect::resource::ItemFacts,
    ends::NOT_CHARGED,
    gateway::Gateway,
    json::PointerSet,
    meter::{
        self, Consumed,
        facts::Beside,
        frame::{FrameError, Framer},
        wire::Wire,
    },
    record::Case,
    refusal::Refusal,
    route::Candidate,
    settle::End,
    upstream::Provider,
    weigh::Weighed,
};

/// The meter of a batch's results.
pub(super) struct ItemMeter {
    gateway: Arc<Gateway>,
    batch: Arc<Resource>,
    plan: Arc<CompiledPlan>,
    provider: Arc<Provider>,
    wire: Arc<Wire>,
    facts: &'static ItemFacts,
    pointers: PointerSet,
    framer: Framer,
    /// How often each name has come: a provider that takes a name twice does the work twice.
    named: HashMap<String, u32>,
    lines: u64,
    /// Lines that tell of no call.
    strange: u64,
    /// Not on the books yet.
    pub(super) events: Vec<UsageEvent>,
}

/// What a line says.
#[derive(Default)]
struct Item<'a> {
    custom_id: Option<&'a str>,
    answer: Option<&'a str>,
    status: Option<&'a str>,
}

impl ItemMeter {
    pub(super) fn new(gateway: &Arc<Gateway>, batch: &Arc<Resource>, provider: &Arc<Provider>) -> Result<Self, Refusal> {
        let facts = settle::facts_of(gateway, batch)?.items().ok_or_else(Refusal::internal)?;
        let dialect = batch.items.as_deref().ok_or_else(Refusal::internal)?;
        let wire = provider.wire(dialect).cloned().ok_or_else(|| Refusal::provider_lacks(dialect, provider.name.as_str()))?;
        let pointers = PointerSet::new([facts.custom_id, facts.answer].into_iter().chain(facts.status)).map_err(|_| Refusal::internal())?;
        Ok(Self {
            gateway: gateway.clone(),
            plan: settle::plan_of(gateway, batch)?,
            batch: batch.clone(),
            provider: provider.clone(),
            wire,
            facts,
            pointers,
            framer: Framer::new(Framing::Ndjson),
            named: HashMap::new(),
            lines: 0,
            strange: 0,
            events: Vec::new(),
        })
    }

    /// Takes the next bytes of the results.
    pub(super) fn push(&mut self, plain: &[u8]) -> Result<(), FrameError> {
        let mut framer = std::mem::replace(&mut self.framer, Framer::new(Framing::None));
        let pushed = framer.push(plain, |event| {
            if let Some(line) = &event.data {
                self.line(line);
            }
        });
        self.framer = framer;
        pushed
    }

    /// The results are over: the last line may lack its end. Says whether bytes are left that are no whole line.
    pub(super) fn finish(&mut self) -> bool {
        let mut framer = std::mem::replace(&mut self.framer, Framer::new(Framing::None));
        let mut torn = false;
        framer.finish(|event| {
            let Some(line) = &event.data else { return };
            match serde_json::from_slice::<serde::de::IgnoredAny>(line) {
                Ok(_) => self.line(line),
                Err(_) => torn = true,
            }
        });
        torn
    }

    /// Whether all that came are results, and anything came at all: a page that says "not now" is no result.
    pub(super) fn are_results(&self) -> bool {
        self.lines > 0 && self.strange == 0
    }

    fn line(&mut self, line: &[u8]) {
        if line.trim_ascii().is_empty() {
            return;
        }
        self.lines += 1;
        let mut item = Item::default();
        let scanned = self.pointers.scan(line, |index, json| {
            let json = Some(json).filter(|json| *json != "null");
            match index {
                0 => item.custom_id = json,
                1 => item.answer = json,
                _ => item.status = json,
            }
        });
        let read = scanned.map(|()| item).unwrap_or_default();
        if read.custom_id.is_none() && read.answer.is_none() {
            self.strange += 1;
            return;
        }
        let event = self.item(&read);
        self.events.push(event);
    }

    fn item(&mut self, item: &Item<'_>) -> UsageEvent {
        let custom_id = item.custom_id.and_then(|json| serde_json::from_str::<String>(json).ok());
        let name = custom_id.clone().unwrap_or_else(|| format!("line {}", self.lines));
        let succeeded = item.status.is_none_or(|status| code(status).is_some_and(|status| (200..300).contains(&status)));
        let (status, consumed, waive) = match item.answer.filter(|_| succeeded) {
            Some(answer) => (EventStatus::Completed, self.consumed(answer.as_bytes()), None),
            None if item.custom_id.is_some() => (EventStatus::UpstreamError, Consumed::Nothing, None),
            None => (EventStatus::UpstreamError, Consumed::Unknown, Some(NOT_CHARGED)),
        };
        let id = self.id(&name, status);
        let served = match &consumed {
            Consumed::Reported(reading) | Consumed::Unreported { reading, .. } => reading.served_model.clone(),
            _ => None,
        };
        let model = served.map_or_else(|| self.batch.made_by.routed_model.clone(), ModelName::new);
        let candidate = Candidate { provider: self.provider.clone(), model: model.clone() };
        let mut end = End::new(&candidate, status, consumed);
        end.http_status = item.status.and_then(code);
        end.flags = vec!["batch"];
        end.waive = waive;
        let mut weighed = Weighed::of(end.consumed_now(), None);
        // Whatever an answer says of its tier, what came out of a batch has the price of one.
        weighed.service_tier = Some(self.facts.tier.into());
        let mut hold = self.batch.made_by.clone();
        hold.requested_model = model;
        hold.tags = tags(&hold.tags, &self.batch.id, custom_id.as_deref());
        let case = Case { gateway: &self.gateway, plan: &self.plan, hold: &hold, attempt: 1, began: None, dimensions: &self.batch.dimensions };
        case.event(&end, weighed, id)
    }

    fn consumed(&self, answer: &[u8]) -> Consumed {
        let beside = Beside::read(&self.wire, &http::HeaderMap::new(), b"");
        meter::whole(&self.wire, &*self.provider.adapter, answer, &beside).unwrap_or_else(|error| {
            tracing::warn!(batch = %self.batch.id, %error, "an item of a batch could not be metered");
            Consumed::Unknown
        })
    }

    /// Failed calls have ids of their own: one that is told of in two files must not stand for the other.
    fn id(&mut self, name: &str, status: EventStatus) -> EventId {
        let times = self.named.entry(name.to_owned()).or_default();
        let nth = times.to_string();
        *times += 1;
        let made_by = &self.batch.made_by;
        let parts = [made_by.provider.as_str(), &*made_by.dialect, &self.batch.id, name, &nth, status.as_str()];
        EventId::derived(made_by.started_at, &parts)
    }
}

/// A status, also as a text or with decimals.
fn code(json: &str) -> Option<u16> {
    json.trim_matches('"').split('.').next()?.parse().ok()
}

/// The client's tags, and which item of which batch this is.
fn tags(tags: &[(Text, Text)], batch: &str, custom_id: Option<&str>) -> Vec<(Text, Text)> {
    /// As long as any tag may be.
    const LONGEST: usize = 256;
    let own = [Some(("batch", batch)), custom_id.map(|id| ("custom_id", id))].into_iter().flatten();
    let mut all: Vec<_> = own.map(|(name, value)| (Text::from(name), Text::from(value.chars().take(LONGEST).collect::<String>()))).collect();
    let free = |name: &Text| !all.iter().any(|(own, _)| own == name);
    let others: Vec<_> = tags.iter().filter(|(name, _)| free(name)).cloned().collect();
    all.extend(others);
    all.sort();
    all
}
