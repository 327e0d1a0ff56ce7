//! An adapter's plans.

use weighbridge_plugin_api::adapter::{Auth, FactRule, Plan, View};

use super::{Check, text};

const RULES: usize = 500;

/// One plan for each dialect, with pointers and headers that can be evaluated.
pub(crate) fn plans(plans: &[Plan]) -> Check {
    if plans.is_empty() {
        return Err("it has no plan for any dialect".into());
    }
    for (at, plan) in plans.iter().enumerate() {
        text::name("the dialect", &plan.dialect, 64)?;
        if plans[..at].iter().any(|other| other.dialect == plan.dialect) {
            return Err(format!("it has two plans for the dialect {}", text::shown(&plan.dialect)));
        }
        one(plan).map_err(|what| format!("in the plan for {}, {what}", text::shown(&plan.dialect)))?;
    }
    Ok(())
}

fn one(plan: &Plan) -> Check {
    for name in &plan.request_headers {
        text::header_name(name)?;
        if text::is_credential(name) || name.bytes().any(|b| b.is_ascii_uppercase()) {
            return Err(format!("it asks for the header {}: names are in lower case, and credentials are not shown", text::shown(name)));
        }
    }
    match &plan.auth {
        Auth::Header(name) => text::header_name(name)?,
        Auth::Query(name) | Auth::AwsSigV4(name) => text::name("the credential's place", name, 64)?,
        Auth::None | Auth::Bearer | Auth::GcpOauth => {}
    }
    for view in [&plan.request_view, &plan.response_view, &plan.error_view] {
        if let View::Fields(pointers) = view {
            pointers.iter().try_for_each(|pointer| text::pointer(pointer))?;
        }
    }
    rules(&plan.body_facts)?;
    rules(&plan.event_facts)?;
    rules(&plan.event_text)?;
    rules(&plan.request_facts)?;
    if plan.header_facts.len() > RULES {
        return Err(format!("there are {} rules; at most {RULES}", plan.header_facts.len()));
    }
    for rule in &plan.header_facts {
        text::name("the fact", &rule.name, 128)?;
        text::header_name(&rule.pointer)?;
    }
    plan.body_text.iter().chain(&plan.prompt_text).try_for_each(|pointer| text::pointer(pointer))?;
    plan.hide.iter().try_for_each(|hide| text::pointer(&hide.pointer))
}

fn rules(rules: &[FactRule]) -> Check {
    if rules.len() > RULES {
        return Err(format!("there are {} rules; at most {RULES}", rules.len()));
    }
    rules.iter().try_for_each(|rule| text::name("the fact", &rule.name, 128).and_then(|()| text::pointer(&rule.pointer)))
}
