//! Plans: how they are refused, and how the chain turns a cost into a charge. The rules are plain structs here.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so")]

mod common;

use std::sync::Arc;

use common::{ask, book, d, noon, usage};
use insta::assert_snapshot;
use proptest::prelude::*;
use weighbridge_domain::{
    Charge, Cost, Currency, CustomerId, Decimal, Digest, EventId, KeyId, Meter, ModelName, PlanDocument, ProviderName, Text, Usage, exact,
};
use weighbridge_plugin_api::{
    Failure, PluginError, PluginIdentity,
    pricing::{AggregateSpec, LineItem, LoadError, PeriodInput, PricingRule, PricingRules, Rating, RatingInput, SheetInfo, SheetProblem, Window},
};
use weighbridge_pricing::{CompiledPlan, RatedEvent};

/// What a test rule does with the lines so far and the cost.
type Behaviour = fn(&RatingInput<'_>) -> Result<Vec<LineItem>, Failure>;

struct Rule {
    identity: Arc<PluginIdentity>,
    info: SheetInfo,
    behaviour: Behaviour,
}

impl PricingRule for Rule {
    fn identity(&self) -> &Arc<PluginIdentity> {
        &self.identity
    }
    fn sheet_digest(&self) -> Digest {
        Digest::of(b"sheet")
    }
    fn info(&self) -> &SheetInfo {
        &self.info
    }
    fn rate(&self, input: &RatingInput<'_>) -> Result<Rating, PluginError> {
        let items = (self.behaviour)(input).map_err(|failure| PluginError { plugin: self.identity.clone(), call: "rate", failure })?;
        Ok(Rating { items, contributions: Vec::new() })
    }
    fn close_period(&self, _: &PeriodInput<'_>) -> Result<Vec<LineItem>, PluginError> {
        Ok(Vec::new())
    }
}

struct Rules;

impl PricingRules for Rules {
    fn load(&self, rule: &str, sheet_json: &str) -> Result<Arc<dyn PricingRule>, LoadError> {
        let mut info = SheetInfo { currency: Currency::USD, aggregates: Vec::new(), dimensions: Vec::new() };
        let behaviour: Behaviour = match rule {
            "at-cost" => |input| Ok(input.cost.iter().map(|line| item(Some(line.meter.clone()), "at cost", line.quantity, line.amount)).collect()),
            "double" => |input| Ok(input.so_far.iter().map(|line| LineItem { amount: exact::mul(line.amount, 2.into()).unwrap(), ..line.clone() }).collect()),
            "one-dollar" => |input| {
                let extra = item(None, "a dollar a call", Decimal::ONE, Decimal::ONE);
                Ok(input.so_far.iter().cloned().chain([extra]).collect())
            },
            "facts" => |input| Ok(vec![item(None, &format!("{:?}", input.usage.dimensions), Decimal::ONE, Decimal::ONE)]),
            "generous" => |_| Ok(vec![item(None, "a gift", Decimal::ONE, d("-0.01"))]),
            "discount" => |input| {
                let credit = LineItem { credit: true, ..item(None, "a discount", Decimal::ONE, d("-0.001")) };
                Ok(input.so_far.iter().cloned().chain([credit]).collect())
            },
            "broken" => |_| Err(Failure::Deadline { limit_ms: 10 }),
            "unbounded" => |_| Ok(vec![item(None, "all", Decimal::ONE, Decimal::MAX), item(None, "the rest", Decimal::ONE, d("0.1"))]),
            "tiers" => |_| Ok(Vec::new()),
            _ => return Err(LoadError::Unknown { name: rule.into(), known: "at-cost, double".into() }),
        };
        match sheet_json {
            r#"{"currency":"EUR"}"# => info.currency = Currency::parse("EUR").unwrap(),
            r#"{"want":"facts"}"# => info.dimensions = ["session", "workflow", "key", "tag.team", "tag.none"].map(Into::into).to_vec(),
            r#"{"want":"time"}"# => info.dimensions = vec!["local_time.Asia/Tokyo".into()],
            r#"{"want":"nowhere"}"# => info.dimensions = vec!["local_time.Nowhere/Here".into()],
            r#"{"want":"secrets"}"# => info.dimensions = vec!["secret".into()],
            r#"{"tiers":true}"# => {
                info.aggregates =
                    vec![AggregateSpec { name: "tokens".into(), meter: "input".into(), window: Window::Month, group_by: Vec::new(), start: None, end: None }]
            }
            r#"{"percent":"-3"}"# => {
                let problem = |path: &str| SheetProblem { path: path.into(), message: "a percentage from 0 to 1000".into() };
                return Err(LoadError::Sheet(vec![problem("percent"), problem("[\"odd key\"]")]));
            }
            _ => {}
        }
        let identity = Arc::new(PluginIdentity { name: rule.into(), version: "1".into(), digest: Digest::of(rule.as_bytes()) });
        Ok(Arc::new(Rule { identity, info, behaviour }))
    }
}

fn item(meter: Option<Meter>, description: &str, quantity: Decimal, amount: Decimal) -> LineItem {
    LineItem { meter, description: description.into(), quantity, unit: "tokens".into(), unit_price: Decimal::ZERO, amount, credit: false }
}

fn document(rules: &str) -> PlanDocument {
    serde_json::from_str(&format!(r#"{{"id": "standard", "version": 4, "rules": [{rules}], "created_at": "2026-11-01T00:00:00Z"}}"#)).unwrap()
}

fn plan(rules: &str) -> CompiledPlan {
    CompiledPlan::compile(document(rules), &Rules).unwrap()
}

fn refusal(rules: &str) -> String {
    CompiledPlan::compile(document(rules), &Rules).unwrap_err().problems.iter().map(|problem| format!("{problem}\n")).collect()
}

fn rate(plan: &CompiledPlan, usage: &Usage, cost: &Cost) -> Charge {
    let (customer, provider, model, key) = (CustomerId::from("acme-eu"), ProviderName::from("acme"), ModelName::from("m"), KeyId::from("key-1"));
    let tags: Vec<(Text, Text)> = vec![("team".into(), "blue".into())];
    let event = RatedEvent {
        id: EventId::from_bytes([7; 16]),
        customer: &customer,
        occurred_at: noon(),
        provider: &provider,
        model: &model,
        usage,
        key: &key,
        session: Some("s-1"),
        workflow: None,
        step: None,
        service_tier: Some("priority"),
        requested_model: &model,
        served_model: None,
        tags: &tags,
    };
    plan.rate(&event, cost)
}

/// The charge for `input=1000 output=100` at 2 and 10 dollars per million.
fn charge(rules: &str) -> Charge {
    let usage = usage("input=1000 output=100");
    rate(&plan(rules), &usage, &book(r#"models.m.rates = { input = "2", output = "10" }"#).cost(&ask("m", None), &usage).cost)
}

fn shown(charge: &Charge) -> String {
    let mut out = format!("{:?} {}", charge.status, charge.amount.map_or("no amount".into(), |amount| amount.normalize().to_string()));
    out += &charge.reason.as_ref().map(|reason| format!(" because {reason}")).unwrap_or_default();
    for line in &charge.lines {
        out += &format!("\n{}: {} {} = {}", charge.rules[usize::from(line.rule)].rule, line.description, line.quantity, line.amount.normalize());
    }
    out
}

#[test]
fn each_rule_sees_the_lines_before_it_and_lines_keep_their_author() {
    assert_snapshot!(shown(&charge(r#"{"rule": "at-cost"}, {"rule": "double"}, {"rule": "one-dollar"}"#)), @"
    Rated 1.006
    double: at cost 1000 = 0.004
    double: at cost 100 = 0.002
    one-dollar: a dollar a call 1 = 1
    ");
    let charge = charge(r#"{"rule": "at-cost"}, {"rule": "one-dollar"}"#);
    assert_eq!(charge.lines.iter().map(|line| line.rule).collect::<Vec<_>>(), [0, 0, 1], "what a rule passes on stays the first one's");
    assert_eq!((charge.plan.as_ref().map(|plan| plan.as_str()), charge.plan_version), (Some("standard"), 4));
    assert_eq!(charge.rules[0].plugin_digest, Digest::of(b"at-cost"));
}

#[test]
fn a_rule_sees_only_the_facts_it_asked_for() {
    assert_snapshot!(shown(&charge(r#"{"rule": "facts", "want": "facts"}"#)), @r#"
    Rated 1
    facts: [("session", "s-1"), ("key", "key-1"), ("tag.team", "blue")] 1 = 1
    "#);
    assert_snapshot!(shown(&charge(r#"{"rule": "facts"}"#)), @"
    Rated 1
    facts: [] 1 = 1
    ");
}

#[test]
fn a_failing_rule_leaves_the_event_unrated_with_the_reason() {
    assert_snapshot!(shown(&charge(r#"{"rule": "at-cost"}, {"rule": "broken"}"#)), @r#"Unrated no amount because plugin "broken" rate: it did not finish within its deadline of 10 ms"#);
    assert_snapshot!(shown(&charge(r#"{"rule": "generous"}"#)), @r#"Unrated no amount because plugin "generous" rate: it returned nonsense: the amount of line 1 ("a gift") is negative: -0.01"#);
    assert_snapshot!(shown(&charge(r#"{"rule": "unbounded"}"#)), @"Unrated no amount because the lines do not add up exactly: the exact result does not fit in 28 significant digits");
}

#[test]
fn only_a_credit_may_be_negative() {
    assert_snapshot!(shown(&charge(r#"{"rule": "at-cost"}, {"rule": "discount"}"#)), @"
    Rated 0.002
    at-cost: at cost 1000 = 0.002
    at-cost: at cost 100 = 0.001
    discount: a discount 1 = -0.001
    ");
}

#[test]
fn a_rule_may_ask_what_time_it_was_somewhere() {
    assert_snapshot!(shown(&charge(r#"{"rule": "facts", "want": "time"}"#)), @r#"
    Rated 1
    facts: [("local_time.Asia/Tokyo", "2026-11-23T21:00:00 1")] 1 = 1
    "#);
}

#[test]
fn an_unknown_cost_is_never_charged_as_nothing() {
    let plan = plan(r#"{"rule": "at-cost"}"#);
    let book = book("models.m.rates = { input = \"2\" }\nmodels.m.tiers.priority = \"2\"");
    let reason = |model: &str, text: &str| {
        let usage = usage(text);
        shown(&rate(&plan, &usage, &book.cost(&ask(model, Some("priority")), &usage).cost))
    };
    assert_snapshot!(reason("unheard-of", "input=1"), @"Unrated no amount because the cost is unknown: there is no price for acme/m at service tier priority");
    assert_snapshot!(reason("m", "input=1 output=0 output_audio=2"), @"Unrated no amount because the cost is unknown: acme/m at service tier priority has no rate for output_audio");
    assert_snapshot!(reason("m", ""), @"Unrated no amount because the cost is unknown: the provider did not say what was consumed");
}

#[test]
fn what_consumed_nothing_costs_nothing() {
    let charge = rate(&plan(r#"{"rule": "one-dollar"}"#), &Usage::new(), &Cost::nothing(Currency::USD));
    assert_eq!(shown(&charge), "Rated 0");
}

#[test]
fn two_currencies_do_not_mix() {
    let plan =
        CompiledPlan::compile(PlanDocument { currency: Currency::parse("EUR").unwrap(), ..document(r#"{"rule": "at-cost", "currency": "EUR"}"#) }, &Rules)
            .unwrap();
    let usage = usage("input=1");
    let cost = book(r#"models.m.rates = { input = "2" }"#).cost(&ask("m", None), &usage).cost;
    assert_snapshot!(shown(&rate(&plan, &usage, &cost)), @"Unrated no amount because the cost is in USD and the plan charges in EUR: amounts of two currencies do not mix");
}

#[test]
fn a_broken_plan_names_every_problem_with_its_path() {
    assert_snapshot!(refusal(r#"{"rule": "cost-pluss"}, {"rule": "at-cost", "percent": "-3"}, {"rule": "at-cost", "currency": "EUR"}, {"rule": "tiers", "tiers": true}, {"rule": "facts", "want": "secrets"}, {"rule": "facts", "want": "nowhere"}"#), @r#"
    plans.standard.rules[0].rule: there is no pricing plugin named "cost-pluss"; there is: at-cost, double
    plans.standard.rules[1].percent: a percentage from 0 to 1000
    plans.standard.rules[1]["odd key"]: a percentage from 0 to 1000
    plans.standard.rules[2].currency: the sheet charges in EUR, the plan in USD: they must be the same
    plans.standard.rules[3]: "tiers" needs aggregates, which plans cannot use yet: tokens
    plans.standard.rules[4]: "facts" asks for "secret"; there is: key, session, workflow, step, service_tier, requested_model, served_model, tag.<name>, local_time.<zone such as Europe/Berlin>
    plans.standard.rules[5]: "facts" asks for "local_time.Nowhere/Here"; there is: key, session, workflow, step, service_tier, requested_model, served_model, tag.<name>, local_time.<zone such as Europe/Berlin>
    "#);
    assert_snapshot!(refusal(""), @r#"plans.standard.rules: a plan needs at least one rule, such as { rule = "cost-plus", markup_percent = "30" }"#);
}

proptest! {
    #[test]
    fn the_lines_sum_to_the_charge(input in 0u64..1_000_000_000_000, output in 0u64..1_000_000_000_000) {
        let usage = usage(&format!("input={input} output={output}"));
        let cost = book(r#"models.m.rates = { input = "0.123456789", output = "10.5" }"#).cost(&ask("m", None), &usage).cost;
        let charge = rate(&plan(r#"{"rule": "at-cost"}, {"rule": "one-dollar"}, {"rule": "double"}"#), &usage, &cost);
        let sum = charge.lines.iter().fold(Decimal::ZERO, |sum, line| exact::add(sum, line.amount).unwrap());
        prop_assert_eq!(charge.amount, Some(sum));
    }
}
