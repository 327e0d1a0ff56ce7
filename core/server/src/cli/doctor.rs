//! `weighbridge doctor`: says what is wrong and how to mend it. It changes nothing but what opening the books repairs.

use std::{collections::BTreeSet, path::Path};

use serde::Serialize;
use weighbridge_billing::Period;
use weighbridge_domain::{Clock as _, Timestamp, time::SystemClock};
use weighbridge_ledger::{Ledger, LedgerOptions, OpenError};
use weighbridge_plugin_api::Kind;
use weighbridge_pricing::PriceBook;

use super::{CliError, Context, output};
use crate::{
    config::{self, Flags, Loaded, check, providers},
    office::{DEFAULT_PLAN, compile_configured},
    token,
    wiring::{Plugins, Sources, recovery_lines},
};

/// How one thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    Ok,
    /// It works, but look at it.
    Warning,
    /// It does not work.
    Error,
}
use Status::{Error, Ok as Fine, Warning};

#[derive(Debug, Clone, Serialize)]
struct Finding {
    check: &'static str,
    status: Status,
    message: String,
}

#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, check: &'static str, status: Status, message: impl Into<String>) {
        self.0.push(Finding { check, status, message: message.into() });
    }
}

pub(super) async fn run(context: &Context) -> Result<(), CliError> {
    let mut findings = Findings::default();
    examine(context, &mut findings).await;
    let is_sound = findings.0.iter().all(|finding| finding.status != Error);
    if context.json() {
        output::print_json(&serde_json::json!({"sound": is_sound, "data": findings.0}));
    } else {
        for Finding { check, status, message } in &findings.0 {
            let mark = match status {
                Fine => "✓",
                Warning => "!",
                Error => "✗",
            };
            for (at, line) in message.lines().enumerate() {
                output::print(&if at == 0 { format!("{mark} {check:<14} {line}") } else { format!("  {:<14} {line}", "") });
            }
        }
    }
    if is_sound { Ok(()) } else { Err(CliError::said()) }
}

async fn examine(context: &Context, findings: &mut Findings) {
    clock(SystemClock.now(), findings);
    let loaded = match context.load(&Flags::default()) {
        Ok(loaded) => loaded,
        Err(error) => return findings.add("configuration", Error, error.message.unwrap_or_default()),
    };
    findings.add(
        "configuration",
        Fine,
        loaded.file.as_deref().map_or_else(|| "no file, the defaults hold (weighbridge init writes one)".to_owned(), |file| file.display().to_string()),
    );
    let in_use = store(&loaded.config.store.path, findings);
    match Plugins::start(&loaded, &Sources::of_system().clock) {
        Err(error) => findings.add("plugins", Error, error.to_string()),
        Ok(plugins) => {
            let names: Vec<String> = plugins.manifests().iter().map(|manifest| format!("{} ({})", manifest.name, manifest.kind.as_str())).collect();
            findings.add("plugins", Fine, names.join(", "));
            configured(context, &loaded, &plugins, in_use, findings);
        }
    }
    match token::find(&loaded.config, &context.environment) {
        Ok(Some(_)) => findings.add("admin token", Fine, "there is one"),
        Ok(None) => findings.add(
            "admin token",
            Warning,
            format!("none yet: serve makes one in {}, or set {}", token::file(&loaded.config).display(), loaded.config.admin.token_env),
        ),
        Err(error) => findings.add("admin token", Error, error.to_string()),
    }
    if in_use {
        gateway(context, findings).await;
    }
}

/// Prices are looked up by time and reservations age: a clock that is years off is an error.
fn clock(now: Timestamp, findings: &mut Findings) {
    let newest = PriceBook::catalogue(weighbridge_bundle::catalogue()).ok().and_then(|book| newest_date(&book));
    match newest {
        Some(newest) if now.to_string() < newest => {
            findings.add("clock", Error, format!("it says {now}, which is before this program's own price catalogue ({newest}): set the system's clock (NTP)"));
        }
        _ => findings.add("clock", Fine, now.to_string()),
    }
}

fn newest_date(book: &PriceBook) -> Option<String> {
    book.rows().filter_map(|row| row.source.date.as_deref()).max().map(str::to_owned)
}

/// Providers, models, plans and prices as the configuration has them.
fn configured(context: &Context, loaded: &Loaded, plugins: &Plugins, in_use: bool, findings: &mut Findings) {
    let resolved = match providers::resolve(loaded, plugins.manifests(), &context.environment) {
        Ok(resolved) => resolved,
        Err(problems) => return problems.iter().for_each(|problem| findings.add("providers", Error, problem.to_string())),
    };
    for provider in &resolved {
        let key = provider.key_env.as_ref().map_or("without a key".to_owned(), |variable| format!("key in {variable}"));
        match plugins.adapter(&provider.plugin, &provider.config) {
            Ok(_) => findings.add("providers", Fine, format!("{} by {}, {}, {key}", provider.name, provider.plugin, provider.base_url)),
            Err(error) => findings.add("providers", Error, format!("{}: {error}", provider.name)),
        }
    }
    let unset: Vec<String> = plugins
        .manifests()
        .iter()
        .filter(|manifest| manifest.kind == Kind::Adapter && !resolved.iter().any(|provider| provider.plugin == manifest.name))
        .filter_map(|manifest| manifest.provider.as_ref()?.api_key_env.clone())
        .collect();
    if in_use {
        // The running gateway has an environment of its own: it is asked below.
    } else if resolved.is_empty() {
        findings.add("providers", Warning, format!("none is on: every call is refused. Set one of {}, or write [providers].", unset.join(", ")));
    } else if !unset.is_empty() {
        findings.add("providers", Fine, format!("off, because their keys are not set: {}", unset.join(", ")));
    }
    check::check(loaded, &resolved).iter().for_each(|problem| findings.add("models", Error, problem.to_string()));
    match compile_configured(&loaded.config.plans, &*plugins.rules(), SystemClock.now(), |_| None) {
        Err(error) => error.problems.iter().for_each(|problem| findings.add("plans", Error, problem.to_string())),
        Ok(_) if !loaded.config.plans.contains_key(DEFAULT_PLAN) => {
            findings.add(
                "plans",
                Warning,
                format!(
                    "the configuration has no [plans.{DEFAULT_PLAN}]: unless the plan was created by the API, calls of customers without a plan are refused"
                ),
            );
        }
        Ok(plans) => findings.add("plans", Fine, plans.iter().map(|plan| plan.document().id.to_string()).collect::<Vec<_>>().join(", ")),
    }
    prices(loaded, &resolved, findings);
}

const OLD_DAYS: i32 = 90;

fn prices(loaded: &Loaded, resolved: &[providers::Resolved], findings: &mut Findings) {
    let book = match PriceBook::catalogue(weighbridge_bundle::catalogue()) {
        Ok(book) => book,
        Err(error) => return findings.add("prices", Error, format!("the built-in catalogue cannot be read: {error}")),
    };
    let (now, newest) = (SystemClock.now(), newest_date(&book).unwrap_or_default());
    let age = Period::days(&newest, "9999-12-31").map_or(0, |since| now.day() - since.from_day());
    let rows = book.rows().len();
    match age > OLD_DAYS {
        true => findings.add(
            "prices",
            Warning,
            format!("the built-in catalogue ({rows} rows) is {age} days old: import newer ones (weighbridge prices import FILE), or update the program"),
        ),
        false => findings.add("prices", Fine, format!("{rows} rows in the built-in catalogue, as of {newest}")),
    }
    let priced = |target: &config::Target| {
        let provider = resolved.iter().find(|provider| provider.name == target.provider);
        provider.is_none_or(|provider| book.find(&provider.price_book, &target.model, now).is_some())
    };
    let unpriced: BTreeSet<String> = loaded
        .config
        .models
        .iter()
        .flat_map(|model| &model.targets)
        .filter(|target| !priced(target))
        .map(|target| format!("{}/{}", target.provider, target.model))
        .collect();
    for model in unpriced {
        findings.add("prices", Warning, format!("the catalogue has no price for {model}: unless one was imported, its calls are recorded as unpriced"));
    }
}

/// Whether a gateway has the folder.
fn store(path: &Path, findings: &mut Findings) -> bool {
    if !path.exists() {
        findings.add("store", Fine, format!("{} is not there yet; serve makes it", path.display()));
        return false;
    }
    match Ledger::open(LedgerOptions::at(path), std::sync::Arc::new(SystemClock)) {
        Err(OpenError::InUse { .. }) => return true,
        Err(error) => findings.add("store", Error, error.to_string()),
        Ok(opened) => {
            let stats = opened.ledger.stats();
            opened.ledger.close();
            findings.add("store", Fine, format!("{}: {} events, {} KiB of journal", path.display(), stats.events, stats.journal_bytes >> 10));
            recovery_lines(&opened.recovery).into_iter().for_each(|line| findings.add("store", Warning, line));
            disk(stats.free_bytes, findings);
        }
    }
    false
}

fn disk(free_bytes: u64, findings: &mut Findings) {
    let free = format!("{} MiB free", free_bytes >> 20);
    match free_bytes >> 20 {
        0..=63 => findings.add("disk", Error, format!("{free}: below 64 MiB calls are refused. Free some space.")),
        64..=1023 => findings.add("disk", Warning, format!("{free}: below 64 MiB calls are refused")),
        _ => findings.add("disk", Fine, free),
    }
}

/// The data folder is in use: ask the gateway that has it.
async fn gateway(context: &Context, findings: &mut Findings) {
    if let Err(error) = ask(context, findings).await {
        findings.add(
            "gateway",
            Error,
            format!("another process has the data folder, and it does not answer as a gateway:\n{}", error.message.unwrap_or_default()),
        );
    }
}

async fn ask(context: &Context, findings: &mut Findings) -> Result<(), CliError> {
    let client = context.client()?;
    let stats = client.get("/ledger/stats", &[]).await?;
    findings.add("gateway", Fine, format!("running, {} events, {} KiB of journal", stats["events"], stats["journal_bytes"].as_u64().unwrap_or_default() >> 10));
    disk(stats["free_bytes"].as_u64().unwrap_or_default(), findings);
    let providers = client.list("/providers", &[], None).await?;
    let names: Vec<String> = providers["data"].as_array().into_iter().flatten().map(|provider| output::text(&provider["name"])).collect();
    match names.is_empty() {
        true => findings.add("gateway", Warning, "no provider is on: every call is refused. Stop it, set a provider's key variable, and start it again."),
        false => findings.add("gateway", Fine, format!("providers on: {}", names.join(", "))),
    }
    for alert in client.get("/alerts", &[]).await?["data"].as_array().into_iter().flatten() {
        let status = if alert["severity"] == "error" { Error } else { Warning };
        findings.add("gateway", status, output::text(&alert["message"]));
    }
    Ok(())
}
