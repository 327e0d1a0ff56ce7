//! The record: how a usage event is written as JSON (docs: "usage-events" of the admin API).
//!
//! The event is compact for the disk; the record is spelled out for people and programs: quantities and amounts are
//! plain decimal strings, usage is a map from meter to quantity, and each charge line names its rule and the digest
//! of the component that computed it. These views borrow; they serialise and are never read back.

use rust_decimal::Decimal;
use serde::{Serialize, Serializer, ser::SerializeMap};

use crate::{
    Charge, ChargeLine, Cost, CostLine, StatedCost, Text, Usage, UsageEvent,
    exact::{as_decimal, as_optional_decimal},
};

/// A usage event with its place in the ledger, as JSON.
#[derive(Clone, Debug, Serialize)]
pub struct Record<'a> {
    id: String,
    seq: u64,
    request_id: String,
    attempt: u16,
    status: &'static str,
    customer: &'a str,
    key: &'a str,
    session: Option<&'a str>,
    workflow: Option<&'a str>,
    step: Option<&'a str>,
    tags: Pairs<'a>,
    dialect: &'a str,
    provider: &'a str,
    requested_model: &'a str,
    routed_model: &'a str,
    served_model: Option<&'a str>,
    service_tier: Option<&'a str>,
    streamed: bool,
    http_status: Option<u16>,
    started_at: String,
    completed_at: String,
    time_to_first_token_ms: Option<u32>,
    duration_ms: u32,
    usage: Quantities<'a>,
    usage_source: Sources<'a>,
    flags: &'a [Text],
    cost: CostRecord<'a>,
    charge: ChargeRecord<'a>,
    dimensions: Pairs<'a>,
}

impl<'a> Record<'a> {
    /// The record of `event`, which is number `seq` in the ledger.
    pub fn new(seq: u64, event: &'a UsageEvent) -> Self {
        Self {
            id: event.id.to_string(),
            seq,
            request_id: event.request_id.to_string(),
            attempt: event.attempt,
            status: event.status.as_str(),
            customer: event.customer.as_str(),
            key: event.key.as_str(),
            session: event.session.as_deref(),
            workflow: event.workflow.as_deref(),
            step: event.step.as_deref(),
            tags: Pairs(&event.tags),
            dialect: &event.dialect,
            provider: event.provider.as_str(),
            requested_model: event.requested_model.as_str(),
            routed_model: event.routed_model.as_str(),
            served_model: event.served_model.as_ref().map(|model| model.as_str()),
            service_tier: event.service_tier.as_deref(),
            streamed: event.streamed,
            http_status: event.http_status,
            started_at: event.started_at.to_string(),
            completed_at: event.completed_at.to_string(),
            time_to_first_token_ms: event.time_to_first_token_ms,
            duration_ms: event.duration_ms,
            usage: Quantities(&event.usage),
            usage_source: Sources(&event.usage),
            flags: &event.flags,
            cost: CostRecord { stated: event.stated_cost.as_ref(), ..CostRecord::new(&event.cost) },
            charge: ChargeRecord::new(&event.charge),
            dimensions: Pairs(&event.dimensions),
        }
    }
}

/// A cost as JSON: in a record, and by itself in a quote.
#[derive(Clone, Debug, Serialize)]
pub struct CostRecord<'a> {
    currency: &'a str,
    #[serde(with = "as_optional_decimal")]
    amount: Option<Decimal>,
    status: &'static str,
    lines: &'a [CostLine],
    /// What the provider says; in records only.
    #[serde(skip_serializing_if = "Option::is_none")]
    stated: Option<&'a StatedCost>,
}

impl<'a> CostRecord<'a> {
    /// The view of `cost`; an unpriced one has `amount: null`, never zero.
    pub fn new(cost: &'a Cost) -> Self {
        Self { currency: cost.currency.as_str(), amount: cost.amount, status: cost.status.as_str(), lines: &cost.lines, stated: None }
    }
}

/// A charge as JSON: in a record, and by itself in a quote.
#[derive(Clone, Debug, Serialize)]
pub struct ChargeRecord<'a> {
    currency: &'a str,
    #[serde(with = "as_optional_decimal")]
    amount: Option<Decimal>,
    status: &'static str,
    plan: Option<&'a str>,
    plan_version: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    lines: Vec<ChargeLineRecord<'a>>,
}

impl<'a> ChargeRecord<'a> {
    /// The view of `charge`; an unrated one has `amount: null` and says why.
    pub fn new(charge: &'a Charge) -> Self {
        Self {
            currency: charge.currency.as_str(),
            amount: charge.amount,
            status: charge.status.as_str(),
            plan: charge.plan.as_ref().map(|plan| plan.as_str()),
            plan_version: charge.plan_version,
            reason: charge.reason.as_deref(),
            lines: charge.lines.iter().map(|line| ChargeLineRecord::new(charge, line)).collect(),
        }
    }
}

/// One line of a charge, its rule spelled out.
#[derive(Clone, Debug, Serialize)]
pub struct ChargeLineRecord<'a> {
    rule: Option<&'a str>,
    plugin_digest: Option<String>,
    sheet_digest: Option<String>,
    meter: Option<&'a str>,
    description: &'a str,
    #[serde(with = "as_decimal")]
    quantity: Decimal,
    unit: &'a str,
    #[serde(with = "as_decimal")]
    unit_price: Decimal,
    #[serde(with = "as_decimal")]
    amount: Decimal,
}

impl<'a> ChargeLineRecord<'a> {
    fn new(charge: &'a Charge, line: &'a ChargeLine) -> Self {
        let rule = charge.rules.get(usize::from(line.rule));
        Self {
            rule: rule.map(|rule| &*rule.rule),
            plugin_digest: rule.map(|rule| rule.plugin_digest.to_string()),
            sheet_digest: rule.map(|rule| rule.sheet_digest.to_string()),
            meter: line.meter.as_ref().map(|meter| meter.as_str()),
            description: &line.description,
            quantity: line.quantity,
            unit: &line.unit,
            unit_price: line.unit_price,
            amount: line.amount,
        }
    }
}

/// Usage as a map from meter to quantity.
#[derive(Clone, Copy, Debug)]
pub struct Quantities<'a>(pub &'a Usage);

impl Serialize for Quantities<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for quantity in self.0.iter() {
            map.serialize_entry(quantity.meter.as_str(), &quantity.value.normalize().to_string())?;
        }
        map.end()
    }
}

/// Usage as a map from meter to who says so.
#[derive(Clone, Copy, Debug)]
pub struct Sources<'a>(pub &'a Usage);

impl Serialize for Sources<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for quantity in self.0.iter() {
            map.serialize_entry(quantity.meter.as_str(), quantity.source.as_str())?;
        }
        map.end()
    }
}

#[derive(Clone, Copy, Debug)]
struct Pairs<'a>(&'a [(Text, Text)]);

impl Serialize for Pairs<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in self.0 {
            map.serialize_entry(&**name, &**value)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ChargeStatus, CostStatus, Currency, Digest, EventId, EventStatus, Meter, PlanId, RuleRef, Source, exact};

    fn d(text: &str) -> Decimal {
        exact::parse(text).expect("a decimal")
    }

    fn event() -> UsageEvent {
        let id: EventId = "018bcfe5-6800-7000-8000-000000000001".parse().unwrap();
        let mut usage = Usage::new();
        usage.insert(Meter::INPUT, d("812"), Source::Reported).unwrap();
        usage.insert(Meter::OUTPUT, d("97.0"), Source::Counted).unwrap();
        let line = CostLine {
            meter: Meter::INPUT,
            quantity: d("812"),
            rate: d("0.150"),
            per: d("1000000"),
            amount: d("0.00012180"),
            price_id: "p".into(),
            price_version: 3,
            note: None,
        };
        let cost = Cost { currency: Currency::USD, amount: Some(d("0.00012180")), status: CostStatus::Estimated, lines: vec![line] };
        let rule = RuleRef { rule: "cost-plus".into(), plugin_digest: Digest([1; 32]), sheet_digest: Digest([2; 32]) };
        let line = ChargeLine {
            rule: 0,
            meter: Some(Meter::INPUT),
            description: "input at cost + 30 %".into(),
            quantity: d("812"),
            unit: "tokens".into(),
            unit_price: d("0.000000195"),
            amount: d("0.00015834"),
        };
        let charge = Charge {
            currency: Currency::USD,
            amount: Some(d("0.00015834")),
            status: ChargeStatus::Rated,
            plan: Some(PlanId::new("standard")),
            plan_version: 2,
            rules: vec![rule],
            lines: vec![line],
            reason: None,
        };
        let at = crate::Timestamp::from_micros(1_700_000_000_000_000);
        UsageEvent {
            id,
            request_id: id,
            attempt: 1,
            status: EventStatus::Completed,
            customer: "acme".into(),
            key: "k1".into(),
            session: None,
            workflow: Some("w".into()),
            step: None,
            tags: vec![("team".into(), "search".into())],
            dialect: "openai.chat".into(),
            provider: "acme-ai".into(),
            requested_model: "fast".into(),
            routed_model: "m".into(),
            served_model: None,
            service_tier: None,
            streamed: true,
            http_status: Some(200),
            started_at: at,
            completed_at: at,
            time_to_first_token_ms: None,
            duration_ms: 5,
            usage,
            flags: vec!["usage_counted".into()],
            cost,
            charge,
            stated_cost: Some(StatedCost { amount: d("0.000120"), currency: Currency::USD }),
            dimensions: vec![("geography".into(), "us".into())],
        }
    }

    #[test]
    fn a_record_spells_out_quantities_amounts_and_rules() {
        let json = serde_json::to_value(Record::new(17, &event())).unwrap();
        assert_eq!(json["seq"], 17);
        assert_eq!(json["usage"], serde_json::json!({"input": "812", "output": "97"}));
        assert_eq!(json["usage_source"], serde_json::json!({"input": "reported", "output": "counted"}));
        assert_eq!(json["tags"], serde_json::json!({"team": "search"}));
        assert_eq!(json["started_at"], "2023-11-14T22:13:20Z");
        assert_eq!(json["cost"]["amount"], "0.0001218");
        assert_eq!(json["cost"]["lines"][0]["per"], "1000000");
        assert_eq!(json["charge"]["lines"][0]["rule"], "cost-plus");
        assert_eq!(json["charge"]["lines"][0]["plugin_digest"], format!("sha256:{}", "01".repeat(32)));
        assert_eq!(json["session"], serde_json::Value::Null);
        assert_eq!(json["cost"]["stated"], serde_json::json!({"amount": "0.00012", "currency": "USD"}));
        assert_eq!(json["dimensions"], serde_json::json!({"geography": "us"}));
    }

    #[test]
    fn what_is_not_known_is_null_and_never_zero() {
        let mut event = event();
        event.cost = Cost::unpriced(Currency::USD);
        event.stated_cost = None;
        event.charge = Charge::unrated(Currency::USD, None, 0, "the cost is unknown");
        let json = serde_json::to_value(Record::new(1, &event)).unwrap();
        assert_eq!((&json["cost"]["amount"], &json["cost"]["status"]), (&serde_json::Value::Null, &"unpriced".into()));
        assert_eq!(json["cost"].get("stated"), None);
        assert_eq!((&json["charge"]["amount"], &json["charge"]["reason"]), (&serde_json::Value::Null, &"the cost is unknown".into()));
    }
}
