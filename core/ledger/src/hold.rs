//! A hold: what is written down before a call goes upstream, and the reservation that is the ticket to make it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use weighbridge_domain::{
    Charge, Cost, Currency, CustomerId, Decimal, EventId, EventStatus, KeyId, ModelName, PlanId, ProviderName, Text, Timestamp, Usage, UsageEvent,
    exact::as_optional_decimal,
};

use crate::ledger::Shared;

/// Who is about to call what. Enough to settle the call honestly if the process dies before it does.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Hold {
    /// The call's id: also its first event's, and the idempotency key.
    pub id: EventId,
    /// Who is billed.
    pub customer: CustomerId,
    /// The key that was used.
    pub key: KeyId,
    /// Where the call is going.
    pub provider: ProviderName,
    /// The model that the client named.
    pub requested_model: ModelName,
    /// The model that is asked for upstream.
    pub routed_model: ModelName,
    /// What the client speaks.
    pub dialect: Text,
    /// Whether the answer is streamed.
    pub streamed: bool,
    /// The client's session, if it named one.
    pub session: Option<Text>,
    /// The client's workflow, if it named one.
    pub workflow: Option<Text>,
    /// The step in the workflow, if it named one.
    pub step: Option<Text>,
    /// The client's tags, sorted by name.
    pub tags: Vec<(Text, Text)>,
    /// The customer's plan.
    pub plan: Option<PlanId>,
    /// Its version.
    pub plan_version: u32,
    /// What the plan charges in.
    pub currency: Currency,
    /// When the call came in.
    pub started_at: Timestamp,
    /// What it may cost at most, in `currency`, if that could be told.
    #[serde(with = "as_optional_decimal")]
    pub estimate: Option<Decimal>,
}

/// Why a hold ended without the call's own settlement.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Abandoned {
    /// Its reservation was dropped.
    Dropped,
    /// It was found held when the ledger was opened.
    AfterCrash,
}

impl Hold {
    pub(crate) fn abandoned(&self, why: Abandoned, now: Timestamp) -> UsageEvent {
        match why {
            Abandoned::Dropped => self.unknown(&["usage_unknown"], "the call ended without a settlement; what it consumed is not known", now),
            Abandoned::AfterCrash => {
                self.unknown(&["abandoned_after_crash", "usage_unknown"], "found held after a crash; what the call consumed is not known", now)
            }
        }
    }

    /// The event of something of which nobody knows what it consumed: unpriced and unrated, never zero. `flags` are in order.
    pub fn unknown(&self, flags: &[&str], reason: &str, now: Timestamp) -> UsageEvent {
        UsageEvent {
            id: self.id,
            request_id: self.id,
            attempt: 1,
            status: EventStatus::Abandoned,
            customer: self.customer.clone(),
            key: self.key.clone(),
            session: self.session.clone(),
            workflow: self.workflow.clone(),
            step: self.step.clone(),
            tags: self.tags.clone(),
            dialect: self.dialect.clone(),
            provider: self.provider.clone(),
            requested_model: self.requested_model.clone(),
            routed_model: self.routed_model.clone(),
            served_model: None,
            service_tier: None,
            streamed: self.streamed,
            http_status: None,
            started_at: self.started_at,
            completed_at: now,
            time_to_first_token_ms: None,
            duration_ms: now.millis_since(self.started_at),
            usage: Usage::new(),
            flags: flags.iter().map(|flag| Text::from(*flag)).collect(),
            cost: Cost::unpriced(self.currency),
            charge: Charge::unrated(self.currency, self.plan.clone(), self.plan_version, reason),
            stated_cost: None,
            dimensions: Vec::new(),
        }
    }
}

/// The right to make one call. Only [`crate::Ledger::reserve`] grants it, and only a settlement ends it: dropping
/// it settles it as an `abandoned` event, so that no hold outlives its call.
#[must_use = "dropping a reservation settles its call as abandoned"]
pub struct Reservation {
    hold: Arc<Hold>,
    shared: Option<Arc<Shared>>,
}

impl Reservation {
    pub(crate) fn granted(hold: Arc<Hold>, shared: Arc<Shared>) -> Self {
        Self { hold, shared: Some(shared) }
    }

    /// Ends it without the settlement that dropping would write: the caller writes its own.
    pub(crate) fn consume(mut self) -> Arc<Hold> {
        self.shared = None;
        self.hold.clone()
    }

    /// The call's id.
    pub fn id(&self) -> EventId {
        self.hold.id
    }

    /// What was written down.
    pub fn hold(&self) -> &Hold {
        &self.hold
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if let Some(shared) = self.shared.take() {
            shared.abandon(&self.hold);
        }
    }
}

impl std::fmt::Debug for Reservation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Reservation").field(&self.hold.id).finish()
    }
}
