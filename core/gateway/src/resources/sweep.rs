//! Sweep: what nobody asks for is asked for by the gateway, so that it is billed; what takes too long is given up in the open.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use futures_util::{StreamExt, stream};
use weighbridge_domain::Timestamp;

use super::{
    settle::{self, end_id},
    shelf::{Resource, Stage},
};
use crate::{gateway::Gateway, refusal::Refusal};

/// So long one of them may take: an object, or results that are read on from where they are on the books.
const LONGEST: Duration = Duration::from_secs(300);
/// So many of a provider's are asked for at once.
const AT_ONCE: usize = 4;

/// What a sweep did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SweepReport {
    /// On the books now.
    pub settled: usize,
    /// Still at work, or their results are not all there.
    pub due: usize,
    /// Given up.
    pub expired: usize,
}

impl Gateway {
    /// Asks for all that is due, once. What was begun longer than `time_out` ago and cannot be settled is given up.
    pub async fn sweep(self: &Arc<Self>, time_out: Duration) -> SweepReport {
        // Each provider has its own turn: one that is slow keeps nobody else waiting, and no one of its own for ever.
        let mut by_provider: BTreeMap<String, Vec<Arc<Resource>>> = BTreeMap::new();
        for resource in self.shelf.due() {
            by_provider.entry(resource.made_by.provider.to_string()).or_default().push(resource);
        }
        let turn = |due: Vec<Arc<Resource>>| stream::iter(due).map(|resource| one(self, resource, time_out)).buffer_unordered(AT_ONCE);
        let stages = stream::iter(by_provider.into_values()).map(turn).flatten_unordered(None);
        stages
            .fold(SweepReport::default(), async |mut report, stage| {
                match stage {
                    Stage::Expired => report.expired += 1,
                    stage if stage.is_due() => report.due += 1,
                    _ => report.settled += 1,
                }
                report
            })
            .await
    }
}

async fn one(gateway: &Arc<Gateway>, resource: Arc<Resource>, time_out: Duration) -> Stage {
    let (id, provider) = (&resource.id, &resource.made_by.provider);
    let stage = match tokio::time::timeout(LONGEST, settle::bring_home(gateway, &resource)).await {
        Ok(Ok(after)) => after.stage,
        Err(_) => {
            tracing::warn!(%id, %provider, "what was started could not be brought onto the books in {} s; it is tried again", LONGEST.as_secs());
            resource.stage
        }
        Ok(Err(refusal)) => {
            tracing::warn!(%id, %provider, %refusal, "what was started could not be brought onto the books yet");
            resource.stage
        }
    };
    let too_old = |now: Timestamp| u128::try_from(now.micros() - resource.since().micros()).is_ok_and(|age| age > time_out.as_micros());
    // What is stored is there as long as it says, however long that is.
    let stored = |resource: &Resource| resource.stored.is_some_and(|stored| stored.until > gateway.clock.now());
    if !stage.is_due() || stored(&resource) || !too_old(gateway.clock.now()) {
        return stage;
    }
    match expire(gateway, &resource).await {
        Ok(()) => Stage::Expired,
        Err(refusal) => {
            tracing::warn!(%id, %provider, %refusal, "what took too long could not be given up");
            stage
        }
    }
}

/// Nobody knows what it consumed, and the books say so.
async fn expire(gateway: &Arc<Gateway>, resource: &Arc<Resource>) -> Result<(), Refusal> {
    tracing::error!(id = %resource.id, provider = %resource.made_by.provider, "what was started has not ended in time; what it consumed is not known");
    let reason = format!("{} was started and had not ended in time; what it consumed is not known", resource.id);
    let mut event = resource.made_by.unknown(&["timed_out", "usage_unknown"], &reason, gateway.clock.now());
    event.id = end_id(resource);
    settle::post(gateway, vec![event]).await?;
    gateway.shelf.change(&resource.key(), |resource| resource.stage = Stage::Expired).await.map_err(Refusal::ledger_unavailable)?;
    Ok(())
}
