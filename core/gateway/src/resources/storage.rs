//! Storage: what is billed for as long as it is there, in token hours (metering rule 13). How long that is, its object says when
//! it is made and whenever it is changed; whoever deletes it ends it sooner.

use serde::{Deserialize, Serialize};
use weighbridge_domain::{Decimal, EventId, EventStatus, Meter, Timestamp, UsageEvent};
use weighbridge_ledger::Hold;
use weighbridge_plugin_api::adapter::UsageReading;

use super::{settle::plan_of, shelf::Resource};
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

/// The year 9000: of what says when it goes in a way that cannot be read, nothing is known but that it is still there.
const OPEN_END: Timestamp = Timestamp::from_micros(221_845_392_000_000_000);

/// What an object says of it; `None` where it does not say how much it is, or nothing of its end.
pub(super) fn read(facts: &StorageFacts, object: &[u8]) -> Option<Stored> {
    let (mut tokens, mut until) = (None, None);
    let pointers = PointerSet::new([facts.tokens, facts.until]).ok()?;
    let scanned = pointers.scan(object, |index, json| match index {
        0 => tokens = json.trim_matches('"').parse::<u64>().ok(),
        _ => until = Some(serde_json::from_str::<String>(json).ok().and_then(|text| text.parse::<Timestamp>().ok()).unwrap_or(OPEN_END)),
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

/// What is stored for long is billed a day at a time.
pub(super) const PORTION_MICROS: i64 = 24 * 3_600 * 1_000_000;

/// The end of the portion that is complete, if one is.
pub(super) fn complete_portion(resource: &Resource, now: Timestamp) -> Option<Timestamp> {
    let end = Timestamp::from_micros(resource.billed_to().micros() + PORTION_MICROS);
    resource.stored.filter(|stored| end <= now && end < stored.until).map(|_| end)
}

/// The event of what was stored from where the last one ended up to this time, or until it went. Its id is that of its beginning.
pub(super) fn event(gateway: &Gateway, resource: &Resource, provider: &std::sync::Arc<Provider>, to: Timestamp) -> Result<UsageEvent, Refusal> {
    let plan = plan_of(gateway, resource)?;
    let from = resource.billed_to();
    let hours = resource.stored.and_then(|stored| token_hours(stored.tokens, from, stored.until.min(to)));
    let consumed = hours.map_or(Consumed::Unknown, |hours| {
        Consumed::Reported(UsageReading { quantities: vec![(Meter::CACHE_STORAGE_TOKEN_HOURS, hours)], ..UsageReading::default() })
    });
    let candidate = Candidate { provider: provider.clone(), model: resource.made_by.routed_model.clone() };
    let mut end = End::new(&candidate, EventStatus::Completed, consumed);
    end.flags = vec!["storage"];
    let weighed = Weighed::of(end.consumed_now(), None);
    let hold = Hold { started_at: from, ..resource.made_by.clone() };
    let case = Case { gateway, plan: &plan, hold: &hold, attempt: 1, began: None, dimensions: &resource.dimensions };
    let id = EventId::derived(from, &[hold.provider.as_str(), &hold.dialect, &resource.id, &from.micros().to_string()]);
    Ok(case.event(&end, weighed, id))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache(until_hours: i64, billed_hours: Option<i64>) -> Resource {
        let at = |hours: i64| Timestamp::from_micros(hours * 3_600_000_000);
        let made_by = Hold {
            id: EventId::NONE,
            customer: "acme".into(),
            key: "k".into(),
            provider: "acme-ai".into(),
            requested_model: "m".into(),
            routed_model: "m".into(),
            dialect: "acme.caches".into(),
            streamed: false,
            session: None,
            workflow: None,
            step: None,
            tags: Vec::new(),
            plan: None,
            plan_version: 1,
            currency: Default::default(),
            started_at: at(0),
            estimate: None,
        };
        let json = serde_json::json!({"id": "c1", "stage": "open", "made_by": made_by, "stored": {"tokens": 5, "until": at(until_hours)}, "billed_to": billed_hours.map(at)});
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn rule_13_what_is_stored_for_long_is_billed_a_day_at_a_time() {
        let hours =
            |resource: &Resource, now: i64| complete_portion(resource, Timestamp::from_micros(now * 3_600_000_000)).map(|end| end.micros() / 3_600_000_000);
        let month = cache(720, None);
        assert_eq!([23, 24, 30, 500].map(|now| hours(&month, now)), [None, Some(24), Some(24), Some(24)]);
        assert_eq!([47, 48].map(|now| hours(&cache(720, Some(24)), now)), [None, Some(48)]);
        // The last portion is what is left when it goes.
        assert_eq!([24, 30].map(|now| hours(&cache(24, None), now)), [None, None]);
    }

    #[test]
    fn what_cannot_be_read_of_its_end_is_still_there() {
        let facts = StorageFacts { tokens: "/tokens", until: "/until" };
        let of = |json: &str| read(&facts, json.as_bytes()).map(|stored| (stored.tokens, stored.until == OPEN_END));
        assert_eq!(of(r#"{"tokens":7,"until":"2026-11-28T00:00:00Z"}"#), Some((7, false)));
        assert_eq!(of(r#"{"tokens":"7","until":"9999-12-31T23:59:59Z"}"#), Some((7, true)));
        assert_eq!((of(r#"{"until":"2026-11-28T00:00:00Z"}"#), of(r#"{"tokens":7}"#), of("no")), (None, None, None));
    }

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
