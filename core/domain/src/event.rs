//! The usage event: one record for each upstream attempt, immutable once committed.

use serde::{Deserialize, Serialize};

use crate::{Charge, Cost, CustomerId, EventId, KeyId, ModelName, ProviderName, StatedCost, Text, Timestamp, Usage};

/// How the attempt ended.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventStatus {
    /// To its end.
    Completed,
    /// The client left or the upstream broke off; what was reported or counted is on the record.
    Partial,
    /// The provider answered with an error or not at all.
    UpstreamError,
    /// Refused after it was admitted and before anything was sent.
    Refused,
    /// Found held after a crash; what it consumed is not known.
    Abandoned,
}

impl EventStatus {
    /// The word in a record.
    pub fn as_str(self) -> &'static str {
        match self {
            EventStatus::Completed => "completed",
            EventStatus::Partial => "partial",
            EventStatus::UpstreamError => "upstream_error",
            EventStatus::Refused => "refused",
            EventStatus::Abandoned => "abandoned",
        }
    }
}

/// One attempt at one call, with what it consumed, cost and is charged. This is also format 2 on disk:
/// fields are only ever changed together with a new format number (see `core/ledger/src/format`).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct UsageEvent {
    /// The attempt's id; for the first attempt the call's.
    pub id: EventId,
    /// The call's id, shared by its attempts.
    pub request_id: EventId,
    /// 1 for the first.
    pub attempt: u16,
    /// How it ended.
    pub status: EventStatus,
    /// Who is billed.
    pub customer: CustomerId,
    /// The key that was used.
    pub key: KeyId,
    /// The client's session, if it named one.
    pub session: Option<Text>,
    /// The client's workflow, if it named one.
    pub workflow: Option<Text>,
    /// The step in the workflow, if it named one.
    pub step: Option<Text>,
    /// The client's tags, sorted by name.
    pub tags: Vec<(Text, Text)>,
    /// What the client spoke: `openai.chat`, `anthropic.messages`.
    pub dialect: Text,
    /// Who served it, as configured.
    pub provider: ProviderName,
    /// The model that the client named.
    pub requested_model: ModelName,
    /// The model that was asked for upstream.
    pub routed_model: ModelName,
    /// The model that the answer names.
    pub served_model: Option<ModelName>,
    /// The tier that the answer names (metering rule 16).
    pub service_tier: Option<Text>,
    /// Whether the answer was streamed.
    pub streamed: bool,
    /// The provider's status code, if it answered.
    pub http_status: Option<u16>,
    /// When the call came in, the same for all its attempts: prices are looked up at this time.
    pub started_at: Timestamp,
    /// When the attempt ended.
    pub completed_at: Timestamp,
    /// From the attempt's begin to the first byte of the answer's body. The first attempt begins with the call.
    pub time_to_first_token_ms: Option<u32>,
    /// From the attempt's begin to its end: an attempt does not answer for those before it, nor for the pause between them.
    pub duration_ms: u32,
    /// What was consumed.
    pub usage: Usage,
    /// What was unusual, as stable snake_case words, sorted: `usage_counted`, `usage_unknown`, `contradictory_usage`, …
    pub flags: Vec<Text>,
    /// What the provider charges us.
    pub cost: Cost,
    /// What the customer pays.
    pub charge: Charge,
    /// What the provider says it charges us, where it says so.
    pub stated_cost: Option<StatedCost>,
    /// What prices may depend on beside model and tier, sorted by name: `geography`, `speed`, …
    pub dimensions: Vec<(Text, Text)>,
}
