//! Plans: written in the configuration or through the API; each change raises the version that records name.

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use weighbridge_domain::{Currency, PlanDocument, PlanId, RuleSheet, Timestamp, account::UnpricedPolicy};
use weighbridge_ledger::DocumentKind;
use weighbridge_plugin_api::pricing::PricingRules;
use weighbridge_pricing::{CompiledPlan, PlanError};

use super::{FieldError, Office, OfficeError, check_id};
use crate::config;

/// The plan of customers that name none, if there is one of this name.
pub const DEFAULT_PLAN: &str = "standard";

/// A plan to be created.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPlan {
    /// 1 to 128 letters, digits and `. _ - : @`.
    pub id: String,
    /// For people.
    #[serde(default)]
    pub name: Option<String>,
    /// The currency it charges in; absent: `USD`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub currency: Currency,
    /// The rules in their order, each `{"rule": "<plugin>", …its sheet…}`.
    #[schema(value_type = Vec<Object>)]
    pub rules: Vec<RuleSheet>,
    /// What becomes of a call whose model has no price: `allow` (the default) or `block`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub unpriced: UnpricedPolicy,
}

/// What is to be changed of a plan; an absent field stays. Calls from now on.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanChange {
    /// The new name.
    #[serde(default)]
    pub name: Option<String>,
    /// The new rules, all of them.
    #[serde(default)]
    #[schema(value_type = Option<Vec<Object>>)]
    pub rules: Option<Vec<RuleSheet>>,
    /// The new policy.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub unpriced: Option<UnpricedPolicy>,
    /// false brings an archived plan back.
    #[serde(default)]
    pub archived: Option<bool>,
}

/// A plan as it is shown.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PlanView {
    /// Its id.
    #[schema(value_type = String)]
    pub id: PlanId,
    /// For people.
    pub name: Option<String>,
    /// Raised by one at every change; records name it.
    pub version: u32,
    /// The currency it charges in.
    #[schema(value_type = String)]
    pub currency: Currency,
    /// Its rules, in their order.
    #[schema(value_type = Vec<Object>)]
    pub rules: Vec<RuleSheet>,
    /// `allow` or `block`.
    #[schema(value_type = String)]
    pub unpriced: UnpricedPolicy,
    /// Whether customers that name no plan have this one.
    pub default: bool,
    /// Whether it is written in the configuration.
    pub configured: bool,
    /// When it was created.
    #[schema(value_type = String)]
    pub created_at: Timestamp,
    /// Takes no new customers.
    pub archived: bool,
}

impl Office {
    /// Creates a plan.
    pub async fn create_plan(&self, new: NewPlan) -> Result<PlanView, OfficeError> {
        check_id(&new.id)?;
        let _writing = self.state.writing.lock().await;
        if self.directory.plan(&new.id).is_some() {
            return Err(OfficeError::Exists { what: "plan", id: new.id });
        }
        let id = PlanId::from(new.id.as_str());
        let plan = PlanDocument {
            id,
            name: new.name,
            version: 1,
            currency: new.currency,
            rules: new.rules,
            unpriced: new.unpriced,
            created_at: self.now(),
            archived: false,
        };
        self.write_plan(plan).await
    }
    /// A plan, archived or not.
    pub fn plan(&self, id: &str) -> Result<PlanView, OfficeError> {
        let plan = self.directory.plan(id).ok_or_else(|| OfficeError::not_found("plan", id))?;
        Ok(self.plan_view(plan.document()))
    }
    /// Every plan, in the order of their ids.
    pub fn plans(&self) -> Vec<PlanView> {
        self.directory.plans().iter().map(|plan| self.plan_view(plan.document())).collect()
    }
    /// Changes a plan that is not written in the configuration.
    pub async fn change_plan(&self, id: &str, change: PlanChange) -> Result<PlanView, OfficeError> {
        let _writing = self.state.writing.lock().await;
        let plan = self.directory.plan(id).ok_or_else(|| OfficeError::not_found("plan", id))?;
        if self.is_configured(id) {
            return Err(OfficeError::Configured { id: id.to_owned() });
        }
        let mut document = plan.document().clone();
        if let Some(name) = change.name {
            document.name = Some(name);
        }
        if let Some(rules) = change.rules {
            document.rules = rules;
        }
        if let Some(unpriced) = change.unpriced {
            document.unpriced = unpriced;
        }
        if let Some(archived) = change.archived {
            document.archived = archived;
        }
        if document == *plan.document() {
            return Ok(self.plan_view(&document));
        }
        document.version += 1;
        self.write_plan(document).await
    }
    /// Archives a plan: it takes no new customers, those who have it keep it. Doing it twice changes nothing.
    pub async fn archive_plan(&self, id: &str) -> Result<PlanView, OfficeError> {
        let view = self.plan(id)?;
        if view.archived {
            return Ok(view);
        }
        self.change_plan(id, PlanChange { archived: Some(true), ..PlanChange::default() }).await
    }

    /// Compiles the configuration's plans without writing anything: what a start or a reload has to know beforehand.
    pub fn check_configured_plans(&self, plans: &BTreeMap<String, config::Plan>) -> Result<Vec<CompiledPlan>, PlanError> {
        let known = |id: &str| self.directory.plan(id).map(|known| known.document().clone());
        compile_configured(plans, &*self.rules, self.now(), known)
    }
    /// Takes the configuration's plans over, as [`Office::check_configured_plans`] compiled them. A plan that says something new gets a new version.
    pub async fn adopt_configured_plans(&self, plans: Vec<CompiledPlan>) -> Result<(), OfficeError> {
        let _writing = self.state.writing.lock().await;
        *self.state.configured.write() = plans.iter().map(|plan| plan.document().id.clone()).collect();
        for plan in plans {
            let known = self.directory.plan(plan.document().id.as_str());
            if known.is_none_or(|known| known.document() != plan.document()) {
                let document = plan.document();
                self.write(DocumentKind::Plan, document.id.as_str(), document, document.archived).await?;
            }
            self.directory.put_plan(Arc::new(plan));
        }
        self.choose_default_plan();
        Ok(())
    }
    async fn write_plan(&self, document: PlanDocument) -> Result<PlanView, OfficeError> {
        let compiled = CompiledPlan::compile(document, &*self.rules).map_err(fields_of)?;
        let document = compiled.document();
        self.write(DocumentKind::Plan, document.id.as_str(), document, document.archived).await?;
        let view = self.plan_view(document);
        self.directory.put_plan(Arc::new(compiled));
        self.choose_default_plan();
        Ok(PlanView { default: self.is_default(&view.id), ..view })
    }
    pub(super) fn read_plans(&self, troubles: &mut Vec<String>) -> Result<(), OfficeError> {
        for document in self.documents::<PlanDocument>(DocumentKind::Plan)? {
            let id = document.id.clone();
            match CompiledPlan::compile(document, &*self.rules) {
                Ok(plan) => self.directory.put_plan(Arc::new(plan)),
                Err(error) => troubles.push(format!("the plan \"{id}\" cannot be used, its customers' calls are refused: {error}")),
            }
        }
        self.choose_default_plan();
        Ok(())
    }
    fn choose_default_plan(&self) {
        let standard = self.directory.plan(DEFAULT_PLAN).map(|plan| plan.document().id.clone());
        self.directory.set_default_plan(standard);
    }
    fn is_default(&self, id: &PlanId) -> bool {
        self.directory.default_plan().as_ref() == Some(id)
    }
    fn is_configured(&self, id: &str) -> bool {
        self.state.configured.read().contains(id)
    }
    fn plan_view(&self, plan: &PlanDocument) -> PlanView {
        PlanView {
            id: plan.id.clone(),
            name: plan.name.clone(),
            version: plan.version,
            currency: plan.currency,
            rules: plan.rules.clone(),
            unpriced: plan.unpriced,
            default: self.is_default(&plan.id),
            configured: self.is_configured(plan.id.as_str()),
            created_at: plan.created_at,
            archived: plan.archived,
        }
    }
}

/// Compiles plans of the configuration; all problems of all plans are told together.
pub fn compile_configured(
    plans: &BTreeMap<String, config::Plan>,
    rules: &dyn PricingRules,
    now: Timestamp,
    known: impl Fn(&str) -> Option<PlanDocument>,
) -> Result<Vec<CompiledPlan>, PlanError> {
    let mut compiled = Vec::new();
    let mut problems = Vec::new();
    for (id, plan) in plans {
        match CompiledPlan::compile(configured_document(id, plan, now, known(id)), rules) {
            Ok(plan) => compiled.push(plan),
            Err(error) => problems.extend(error.problems),
        }
    }
    if problems.is_empty() { Ok(compiled) } else { Err(PlanError { problems }) }
}

/// The document that an entry of the configuration stands for: the known one if it says the same, else its next version.
fn configured_document(id: &str, plan: &config::Plan, now: Timestamp, known: Option<PlanDocument>) -> PlanDocument {
    let (version, created_at) = known.as_ref().map_or((1, now), |known| (known.version, known.created_at));
    let config::Plan { name, currency, rules, unpriced } = plan.clone();
    let document = PlanDocument { id: PlanId::from(id), name, version, currency, rules, unpriced, created_at, archived: false };
    match known {
        Some(known) if known != document => PlanDocument { version: version + 1, ..document },
        _ => document,
    }
}

/// A plan's problems as fields of the request: `plans.x.rules[0].markup_percent` is its `rules[0].markup_percent`.
fn fields_of(error: PlanError) -> OfficeError {
    let field = |path: String| match path.find(".rules") {
        Some(at) => path[at + 1..].to_owned(),
        None => path,
    };
    OfficeError::Invalid(error.problems.into_iter().map(|problem| FieldError { field: field(problem.path), message: problem.message }).collect())
}
