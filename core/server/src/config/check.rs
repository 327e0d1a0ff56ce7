//! Checks what only makes sense together: targets name providers, names are names, aliases are distinct.

use std::collections::BTreeSet;

use weighbridge_domain::ids::check_slug;

use super::{Loaded, Problem, Strategy, providers::Resolved};

/// Every problem of the models and plans. Rules themselves are checked by the plugin that they name, when plans are compiled.
pub fn check(loaded: &Loaded, providers: &[Resolved]) -> Vec<Problem> {
    let mut problems = Vec::new();
    models(loaded, providers, &mut problems);
    for (id, plan) in &loaded.config.plans {
        if let Err(error) = check_slug(id) {
            problems.push(loaded.problem(&["plans", id], format!("plans.{id}"), error.to_string()));
        }
        if plan.rules.is_empty() {
            let message = "empty; a plan needs at least one rule such as { rule = \"cost-plus\", markup_percent = \"30\" }";
            problems.push(loaded.problem(&["plans", id, "rules"], format!("plans.{id}.rules"), message));
        }
    }
    problems
}

fn models(loaded: &Loaded, providers: &[Resolved], problems: &mut Vec<Problem>) {
    let mut names = BTreeSet::new();
    let known: Vec<&str> = providers.iter().map(|provider| provider.name.as_str()).collect();
    for (at, model) in loaded.config.models.iter().enumerate() {
        let mut problem = |key: String, message: String| problems.push(loaded.problem(&["models"], format!("models[{at}].{key}"), message));
        if model.name.is_empty() {
            problem("name".into(), "empty; it has to be what clients ask for".into());
        }
        if !names.insert(&model.name) {
            problem("name".into(), format!("\"{}\" is there already; give each model one entry with all its targets", model.name));
        }
        if model.targets.is_empty() {
            problem("targets".into(), "empty; a model needs at least one target".into());
        } else if model.targets.iter().all(|target| target.fallback || target.weight == 0) {
            problem("targets".into(), "every target is a fallback or has weight 0; at least one has to be tried first".into());
        }
        if model.strategy != Strategy::Weighted {
            for place in model.targets.iter().enumerate().filter(|(_, target)| target.weight != 1).map(|(place, _)| place) {
                problem(
                    format!("targets[{place}].weight"),
                    "a weight says nothing to this model's strategy; leave it out, or take the strategy \"weighted\"".into(),
                );
            }
        }
        for (place, target) in model.targets.iter().enumerate() {
            if !known.contains(&target.provider.as_str()) {
                let known = if known.is_empty() { "none is on".to_owned() } else { format!("there is: {}", known.join(", ")) };
                problem(format!("targets[{place}].provider"), format!("there is no provider named \"{}\"; {known}", target.provider));
            }
        }
    }
}
