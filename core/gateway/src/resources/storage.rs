//! Storage: what is billed for as long as it is there, in token hours (metering rule 13). How long that is, its object says when
//! it is made and whenever it is changed; whoever deletes it ends it sooner.

use serde::{Deserialize, Serialize};
use weighbridge_domain::{Decimal, EventStatus, Meter, Timestamp, UsageEvent};
use weighbridge_plugin_api::adapter::UsageReading;

use super::{
    settle::{end_id, plan_of},
    shelf::Resource,
};
use crate::{
    dialect::resource::StorageFacts, gateway::Gateway, json::PointerSet, meter::Consumed, record::Case, refusal::Refusal, route::Candidate, settle::End,
    upstream::Provider, weigh::Weighed,
};

/// How much is stored, and until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stored {
    /// Tokens.
    pub tokens: u64,
    /// When it goes by itself.
    pub until: Timestamp,
}

/// What an object says of it; `None` unless it says all of it.
pub(super) fn read(facts: &StorageFacts, object: &[u8]) -> Option<Stored> {
    let (mut tokens, mut until) = (None, None);
    let pointers = PointerSet::new([facts.tokens, facts.until]).ok()?;
    let scanned = pointers.scan(object, |index, json| match index {
        0 => tokens = serde_json::from_str::<u64>(json).ok(),
        _ => until = serde_json::from_str::<String>(json).ok().and_then(|text| text.parse::<Timestamp>().ok()),
    });
    scanned.ok()?;
    Some(Stored { tokens: tokens?, until: until? })
}

/// Token hours to the thousand millionth: an hour has no finite number of decimals in seconds.
const DECIMALS: u32 = 9;

/// Tokens × hours, from one time to another.
fn token_hours(tokens: u64, from: Timestamp, to: Timestamp) -> Option<Decimal> {
    let micros = to.micros().saturating_sub(from.micros()).max(0);
    let product = Decimal::from(tokens).checked_mul(Decimal::from(micros))?;
    Some(product.checked_div(Decimal::from(3_600_000_000_u64))?.round_dp(DECIMALS).normalize())
}

/// The event of what was stored until now, or until it went.
pub(super) fn event(gateway: &Gateway, resource: &Resource, provider: &std::sync::Arc<Provider>, now: Timestamp) -> Result<UsageEvent, Refusal> {
    let plan = plan_of(gateway, resource)?;
    let hours = resource.stored.and_then(|stored| token_hours(stored.tokens, resource.since(), stored.until.min(now)));
    let consumed = hours.map_or(Consumed::Unknown, |hours| {
        Consumed::Reported(UsageReading { quantities: vec![(Meter::CACHE_STORAGE_TOKEN_HOURS, hours)], ..UsageReading::default() })
    });
    let candidate = Candidate { provider: provider.clone(), model: resource.made_by.routed_model.clone() };
    let mut end = End::new(&candidate, EventStatus::Completed, consumed);
    end.flags = vec!["storage"];
    let weighed = Weighed::of(end.consumed_now(), None);
    let case = Case { gateway, plan: &plan, hold: &resource.made_by, attempt: 1, began: None, dimensions: &resource.dimensions };
    Ok(case.event(&end, weighed, end_id(resource)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rule_13_token_hours_are_tokens_times_the_time_that_they_were_there() {
        let at = |seconds: i64| Timestamp::from_micros(seconds * 1_000_000);
        let hours = |tokens: u64, seconds: i64| token_hours(tokens, at(100), at(100 + seconds)).unwrap().to_string();
        assert_eq!(hours(100_000, 3_600), "100000");
        assert_eq!(hours(100_000, 60), "1666.666666667");
        assert_eq!(hours(1, 1), "0.000277778");
        assert_eq!((hours(7, 0), hours(7, -5)), ("0".into(), "0".into()));
        assert_eq!(hours(10_000_000_000, 86_400 * 365), "87600000000000");
    }
}
