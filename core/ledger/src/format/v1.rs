//! Version 1 of an event, which is only read: it has no cost as the provider states it, and no dimensions. All other records
//! of version 1 have the shape that they have now.

use serde::Deserialize;
use weighbridge_domain::{Charge, Cost, CustomerId, EventId, EventStatus, KeyId, ModelName, ProviderName, Text, Timestamp, Usage, UsageEvent};

use super::v2::Unreadable;

/// The version of the records that are so.
pub(crate) const VERSION: u8 = 1;

/// Reads an event.
pub(crate) fn read_event(bytes: &[u8]) -> Result<UsageEvent, Unreadable> {
    postcard::from_bytes::<Event>(bytes).map(UsageEvent::from).map_err(|_| Unreadable)
}

/// The fields in the order of version 1.
#[derive(Deserialize)]
struct Event {
    id: EventId,
    request_id: EventId,
    attempt: u16,
    status: EventStatus,
    customer: CustomerId,
    key: KeyId,
    session: Option<Text>,
    workflow: Option<Text>,
    step: Option<Text>,
    tags: Vec<(Text, Text)>,
    dialect: Text,
    provider: ProviderName,
    requested_model: ModelName,
    routed_model: ModelName,
    served_model: Option<ModelName>,
    service_tier: Option<Text>,
    streamed: bool,
    http_status: Option<u16>,
    started_at: Timestamp,
    completed_at: Timestamp,
    time_to_first_token_ms: Option<u32>,
    duration_ms: u32,
    usage: Usage,
    flags: Vec<Text>,
    cost: Cost,
    charge: Charge,
}

impl From<Event> for UsageEvent {
    fn from(event: Event) -> Self {
        Self {
            id: event.id,
            request_id: event.request_id,
            attempt: event.attempt,
            status: event.status,
            customer: event.customer,
            key: event.key,
            session: event.session,
            workflow: event.workflow,
            step: event.step,
            tags: event.tags,
            dialect: event.dialect,
            provider: event.provider,
            requested_model: event.requested_model,
            routed_model: event.routed_model,
            served_model: event.served_model,
            service_tier: event.service_tier,
            streamed: event.streamed,
            http_status: event.http_status,
            started_at: event.started_at,
            completed_at: event.completed_at,
            time_to_first_token_ms: event.time_to_first_token_ms,
            duration_ms: event.duration_ms,
            usage: event.usage,
            flags: event.flags,
            cost: event.cost,
            charge: event.charge,
            stated_cost: None,
            dimensions: Vec::new(),
        }
    }
}
