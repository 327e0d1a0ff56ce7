//! A plan, compiled: every rule loaded with its sheet, ready to turn a cost into a charge.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::tz::TimeZone;
use weighbridge_domain::{
    Charge, Cost, CostStatus, CustomerId, EventId, KeyId, Meter, ModelName, PlanDocument, ProviderName, RuleRef, Text, Timestamp, Usage, UsageEvent,
};
use weighbridge_plugin_api::pricing::{LoadError, PricingRule, PricingRules, SheetInfo, SheetProblem};

use crate::chain;

/// What a plan looks at of an event: pieces that are known before the record exists.
#[derive(Debug, Clone, Copy)]
pub struct RatedEvent<'a> {
    /// The attempt's id.
    pub id: EventId,
    /// Who is billed.
    pub customer: &'a CustomerId,
    /// When the call came in.
    pub occurred_at: Timestamp,
    /// Who served it, as configured.
    pub provider: &'a ProviderName,
    /// The routed model: the one that is priced.
    pub model: &'a ModelName,
    /// What was consumed.
    pub usage: &'a Usage,
    /// The key that was used.
    pub key: &'a KeyId,
    /// The client's session, if it named one.
    pub session: Option<&'a str>,
    /// The client's workflow, if it named one.
    pub workflow: Option<&'a str>,
    /// The step in the workflow, if it named one.
    pub step: Option<&'a str>,
    /// The tier that the answer names.
    pub service_tier: Option<&'a str>,
    /// The model that the client named.
    pub requested_model: &'a ModelName,
    /// The model that the answer names.
    pub served_model: Option<&'a ModelName>,
    /// The client's tags.
    pub tags: &'a [(Text, Text)],
}

impl<'a> From<&'a UsageEvent> for RatedEvent<'a> {
    fn from(event: &'a UsageEvent) -> Self {
        Self {
            id: event.id,
            customer: &event.customer,
            occurred_at: event.started_at,
            provider: &event.provider,
            model: &event.routed_model,
            usage: &event.usage,
            key: &event.key,
            session: event.session.as_deref(),
            workflow: event.workflow.as_deref(),
            step: event.step.as_deref(),
            service_tier: event.service_tier.as_deref(),
            requested_model: &event.requested_model,
            served_model: event.served_model.as_ref(),
            tags: &event.tags,
        }
    }
}

/// Why a plan was refused: everything that is wrong with it, each with its path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
pub struct PlanError {
    /// Paths such as `plans.standard.rules[0].markup_percent`.
    pub problems: Vec<SheetProblem>,
}

/// A plan whose rules are loaded.
#[derive(Clone)]
pub struct CompiledPlan {
    document: Arc<PlanDocument>,
    rules: Vec<CompiledRule>,
}

/// A rule of the chain.
#[derive(Clone)]
pub(crate) struct CompiledRule {
    pub(crate) rule: Arc<dyn PricingRule>,
    pub(crate) reference: RuleRef,
    pub(crate) dimensions: Vec<(String, Dimension)>,
}

/// A fact of the event that a sheet may ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Dimension {
    Key,
    Session,
    Workflow,
    Step,
    ServiceTier,
    RequestedModel,
    ServedModel,
    Tag(String),
    /// A zone that exists.
    LocalTime(TimeZone),
}

impl std::fmt::Debug for CompiledPlan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let rules: Vec<_> = self.rules.iter().map(|rule| &rule.reference).collect();
        f.debug_struct("CompiledPlan").field("document", &self.document).field("rules", &rules).finish()
    }
}

impl CompiledPlan {
    /// Loads every rule. All problems of all rules are reported together.
    pub fn compile(document: PlanDocument, rules: &dyn PricingRules) -> Result<Self, PlanError> {
        let prefix = format!("plans.{}.rules", document.id);
        let mut problems = Vec::new();
        match document.rules.len() {
            0 => problems.push(problem(&prefix, "", "a plan needs at least one rule, such as { rule = \"cost-plus\", markup_percent = \"30\" }")),
            256.. => problems.push(problem(&prefix, "", "a plan has at most 255 rules")),
            _ => {}
        }
        let mut compiled = Vec::new();
        for index in 0..document.rules.len() {
            match load(&document, index, rules) {
                Ok(rule) => compiled.push(rule),
                Err(more) => problems.extend(more.into_iter().map(|p| problem(&format!("{prefix}[{index}]"), &p.path, &p.message))),
            }
        }
        if problems.is_empty() { Ok(Self { document: Arc::new(document), rules: compiled }) } else { Err(PlanError { problems }) }
    }
    /// The plan as it was written.
    pub fn document(&self) -> &PlanDocument {
        &self.document
    }
    /// The charge for one event. Never fails: what cannot be rated is unrated, with the reason.
    pub fn rate(&self, event: &RatedEvent<'_>, cost: &Cost) -> Charge {
        let PlanDocument { id, version, currency, .. } = &*self.document;
        let unrated = |reason: String| Charge::unrated(*currency, Some(id.clone()), *version, reason);
        if cost.status == CostStatus::Unpriced {
            return unrated(format!("the cost is unknown: {}", why_unpriced(event, cost)));
        }
        if cost.currency != *currency {
            return unrated(format!("the cost is in {} and the plan charges in {currency}: amounts of two currencies do not mix", cost.currency));
        }
        let nothing_was_consumed = cost.lines.is_empty();
        let outcome = if nothing_was_consumed { Ok(chain::Outcome::default()) } else { chain::run(&self.rules, event, cost) };
        match outcome {
            Ok(outcome) => Charge {
                currency: *currency,
                amount: Some(outcome.sum),
                status: weighbridge_domain::ChargeStatus::Rated,
                plan: Some(id.clone()),
                plan_version: *version,
                rules: self.rules.iter().map(|rule| rule.reference.clone()).collect(),
                lines: outcome.lines,
                reason: None,
            },
            Err(reason) => unrated(reason),
        }
    }
}

fn why_unpriced(event: &RatedEvent<'_>, cost: &Cost) -> String {
    if event.usage.is_empty() {
        return "the provider did not say what was consumed".into();
    }
    let (provider, model) = (event.provider, event.model);
    let priced = |meter: &Meter| cost.lines.iter().any(|line| line.meter == *meter);
    let missing: Vec<&str> = event.usage.iter().filter(|q| !q.value.is_zero() && !priced(&q.meter)).map(|q| q.meter.as_str()).collect();
    let tier = event.service_tier.map(|tier| format!(" at service tier {tier}")).unwrap_or_default();
    match (cost.lines.is_empty(), missing.is_empty()) {
        (true, _) | (_, true) => format!("there is no price for {provider}/{model}{tier}"),
        _ => format!("{provider}/{model}{tier} has no rate for {}", missing.join(", ")),
    }
}

fn problem(prefix: &str, path: &str, message: &str) -> SheetProblem {
    // A key under the rule is joined by a dot, an index or quoted key of its own by nothing.
    let joint = if path.is_empty() || path.starts_with('[') { "" } else { "." };
    SheetProblem { path: format!("{prefix}{joint}{path}"), message: message.to_owned() }
}

fn load(document: &PlanDocument, index: usize, rules: &dyn PricingRules) -> Result<CompiledRule, Vec<SheetProblem>> {
    let one = |path: &str, message: String| vec![SheetProblem { path: path.to_owned(), message }];
    let sheet = &document.rules[index];
    let json = serde_json::to_string(&sheet.sheet).map_err(|e| one("", e.to_string()))?;
    let rule = rules.load(&sheet.rule, &json).map_err(|error| match error {
        LoadError::Sheet(problems) => problems,
        unknown @ LoadError::Unknown { .. } => one("rule", unknown.to_string()),
        LoadError::Plugin(error) => one("", error.to_string()),
    })?;
    let dimensions = accept(rule.info(), document, &sheet.rule)?;
    let reference = RuleRef { rule: rule.identity().name.clone(), plugin_digest: rule.identity().digest, sheet_digest: rule.sheet_digest() };
    Ok(CompiledRule { rule, reference, dimensions })
}

/// Whether the plan can give what the sheet needs.
fn accept(info: &SheetInfo, document: &PlanDocument, rule: &str) -> Result<Vec<(String, Dimension)>, Vec<SheetProblem>> {
    let mut problems = Vec::new();
    let mut refuse = |path: &str, message: String| problems.push(SheetProblem { path: path.to_owned(), message });
    if info.currency != document.currency {
        refuse("currency", format!("the sheet charges in {}, the plan in {}: they must be the same", info.currency, document.currency));
    }
    if !info.aggregates.is_empty() {
        let names: Vec<&str> = info.aggregates.iter().map(|spec| spec.name.as_str()).collect();
        refuse("", format!("{rule:?} needs aggregates, which plans cannot use yet: {}", names.join(", ")));
    }
    let mut dimensions = Vec::new();
    for name in &info.dimensions {
        match Dimension::parse(name) {
            Some(dimension) => dimensions.push((name.clone(), dimension)),
            None => refuse(
                "",
                format!(
                    "{rule:?} asks for {name:?}; there is: key, session, workflow, step, service_tier, requested_model, served_model, tag.<name>, local_time.<zone such as Europe/Berlin>"
                ),
            ),
        }
    }
    if problems.is_empty() { Ok(dimensions) } else { Err(problems) }
}

impl Dimension {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "key" => Self::Key,
            "session" => Self::Session,
            "workflow" => Self::Workflow,
            "step" => Self::Step,
            "service_tier" => Self::ServiceTier,
            "requested_model" => Self::RequestedModel,
            "served_model" => Self::ServedModel,
            _ if name.starts_with("local_time.") => Self::LocalTime(TimeZone::get(name.strip_prefix("local_time.")?).ok()?),
            _ => Self::Tag(name.strip_prefix("tag.").filter(|tag| !tag.is_empty())?.to_owned()),
        })
    }
    /// Its value; absent when the event does not have it.
    pub(crate) fn of<'a>(&self, event: &RatedEvent<'a>) -> Option<Cow<'a, str>> {
        let plain = match self {
            Self::Key => Some(event.key.as_str()),
            Self::Session => event.session,
            Self::Workflow => event.workflow,
            Self::Step => event.step,
            Self::ServiceTier => event.service_tier,
            Self::RequestedModel => Some(event.requested_model.as_str()),
            Self::ServedModel => event.served_model.map(ModelName::as_str),
            Self::Tag(name) => event.tags.iter().find(|(tag, _)| **tag == **name).map(|(_, value)| &**value),
            Self::LocalTime(zone) => return Some(local_time(event.occurred_at, zone).into()),
        };
        plain.map(Cow::Borrowed)
    }
}

/// Date, time and weekday there: `2026-11-28T18:05:00 6`.
fn local_time(at: Timestamp, zone: &TimeZone) -> String {
    let local = jiff::Timestamp::from(at).to_zoned(zone.clone());
    format!("{} {}", local.strftime("%Y-%m-%dT%H:%M:%S"), local.weekday().to_monday_one_offset())
}
