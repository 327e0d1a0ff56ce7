//! Microseconds per call into the bundled plugins: `cargo run --release -p weighbridge-wasm --example plugin_bench`; with `pricing`,
//! `adapter` or `counter` behind it only those.
//!
//! The best of several rounds, on one thread, with the conversions and checks of the host.

#[path = "../tests/common/mod.rs"]
mod common;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use common::Call;
use weighbridge_plugin_api::adapter::{Adapter, ClientRequest, Fact, Field, Plan, View};
use weighbridge_plugin_api::pricing::{AggregateValue, PricingRule, PricingRules, RatingInput};
use weighbridge_wasm::{HostOptions, PluginHost};

const ROUNDS: u32 = 15;
const CALLS: u32 = 4_000;
const BODY: &[u8] =
    br#"{"model":"large","max_tokens":100,"messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"How heavy is a lorry?"}]}"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let host = PluginHost::new(HostOptions::default())?;
    // A part of the host has nothing to compile.
    let only = std::env::args().nth(1).unwrap_or_default();
    let components = || weighbridge_bundle::first_party().iter().filter(|plugin| !plugin.manifest.contains("native = ") && plugin.kind.contains(&only));
    for plugin in components() {
        let start = Instant::now();
        host.install_text(plugin.manifest, plugin.wasm)?;
        println!("{:48} {:>9} µs to compile", format!("{} {}", plugin.kind, plugin.name), start.elapsed().as_micros());
    }
    let none = BTreeMap::new();
    for plugin in components() {
        match plugin.kind {
            "adapter" => bench_adapter(plugin.name, &*host.adapter(plugin.name, &none)?),
            "counter" => {
                let counter = host.counter(plugin.name, &none)?;
                let text = "The weighbridge weighs what drives over it without stopping it. ".repeat(8);
                measure(&format!("{} count-texts, {} bytes", plugin.name, text.len()), || counter.count_texts("large", &[&text]).is_ok());
            }
            _ => {}
        }
    }
    if "pricing".contains(&only) { bench_pricing(&host) } else { Ok(()) }
}

fn bench_pricing(host: &PluginHost) -> Result<(), Box<dyn std::error::Error>> {
    let rule = host.load("cost-plus", r#"{"markup_percent": "30", "per_model": {"acme-ai/large": "20"}}"#)?;
    let call = Call::of("large");
    let input = call.input();
    measure("cost-plus rate, 5 lines", || rule.rate(&input).is_ok());
    bench_rules(host, &call)?;
    let start = Instant::now();
    let sheets: Vec<_> = (0..200).map(|at| host.load("cost-plus", &format!("{{\"markup_percent\": \"{at}\"}}"))).collect();
    println!("{:48} {:>9} µs", "a new instance with its sheet loaded", micros(start.elapsed() / 200));
    drop(sheets);
    Ok(())
}

/// Each rule alone, then three of them as a plan chains them.
fn bench_rules(host: &PluginHost, call: &Call) -> Result<(), Box<dyn std::error::Error>> {
    let tiers = r#"{"per": 1000000, "meters": "tokens", "tiers": [{"up_to": 1000000, "rate": "2"}, {"rate": "1"}]}"#;
    let sheets = [
        ("per-token", r#"{"prices": {"acme-ai/large": {"input": "2", "output": "8"}}}"#),
        ("per-request", r#"{"price": "0.001"}"#),
        ("package", r#"{"size": 1000000, "price": "5", "meters": "tokens"}"#),
        ("graduated", tiers),
        ("volume", tiers),
        ("percentage-discount", r#"{"percent": "10"}"#),
        ("coupon", r#"{"code": "C", "amount": "50"}"#),
        ("included-allowance", r#"{"quantity": 1000000, "meters": "tokens"}"#),
        ("free-tier", r#"{"requests": 10}"#),
        ("contract", r#"{"customer": "acme", "terms": [{"discount_percent": "10"}], "others": "at_cost"}"#),
        ("minimum-commitment", r#"{"amount": "1000"}"#),
        ("prepaid-commit", r#"{"amount": "1000"}"#),
        ("session-cap", r#"{"amount": "0.001", "by": "key"}"#),
        ("blended-margin", r#"{"target_margin_percent": "30"}"#),
        ("expression", r#"{"amount": "let rate = if like(model, 'large*') then 10 else 2; max(0.0001, tokens * rate / 1_000_000 + web_searches * 0.01)"}"#),
    ];
    for (name, sheet) in sheets {
        let rule = host.load(name, sheet)?;
        let aggregates = nothing_yet(&*rule);
        let input = RatingInput { aggregates: &aggregates, ..call.input() };
        measure(&format!("{name} rate, 5 meters"), || rule.rate(&input).is_ok());
    }
    let chain = [("cost-plus", r#"{"markup_percent": "30"}"#), ("graduated", tiers), ("percentage-discount", r#"{"percent": "10"}"#)];
    let chain = chain.map(|(name, sheet)| host.load(name, sheet));
    let chain = chain.into_iter().collect::<Result<Vec<_>, _>>()?;
    let aggregates: Vec<_> = chain.iter().map(|rule| nothing_yet(&**rule)).collect();
    let mut medians = Vec::new();
    for _ in 0..ROUNDS {
        let mut times = Vec::new();
        for _ in 0..CALLS {
            let start = Instant::now();
            let mut so_far = Vec::new();
            for (rule, aggregates) in chain.iter().zip(&aggregates) {
                so_far = rule.rate(&RatingInput { aggregates, so_far: &so_far, ..call.input() })?.items;
            }
            times.push(start.elapsed());
        }
        times.sort_unstable();
        medians.push(times[times.len() / 2]);
    }
    medians.sort_unstable();
    println!("{:48} {:>9} µs, the best round's median", "a chain of three rules, 5 meters", micros(medians[0]));
    println!("{:48} {:>9} µs, the median round's", "", micros(medians[medians.len() / 2]));
    Ok(())
}

fn nothing_yet(rule: &dyn PricingRule) -> Vec<AggregateValue> {
    let zero = |name: &str| AggregateValue { name: name.into(), quantity: 0.into(), amount: 0.into(), group: Vec::new() };
    rule.info().aggregates.iter().map(|spec| zero(&spec.name)).collect()
}

fn bench_adapter(name: &str, adapter: &dyn Adapter) {
    for plan in adapter.plans() {
        let dialect = &*plan.dialect;
        let request = request(plan);
        measure(&format!("{name} prepare, {dialect}"), || adapter.prepare(&request).is_ok());
        let facts: Vec<_> = plan.body_facts.iter().map(|rule| Fact { name: &rule.name, json: "100" }).collect();
        measure(&format!("{name} read-usage, {dialect}, {} facts", facts.len()), || adapter.read_usage(dialect, &facts).is_ok());
    }
}

fn request(plan: &Plan) -> ClientRequest<'_> {
    let json = |pointer: &str| match pointer {
        "/model" => Some("\"large\""),
        "/stream" => Some("true"),
        "/max_tokens" => Some("100"),
        _ => None,
    };
    let (fields, body) = match &plan.request_view {
        View::Fields(pointers) => (pointers.iter().map(|pointer| Field { pointer, json: json(pointer) }).collect(), None),
        View::Full => (Vec::new(), Some(BODY)),
        View::None => (Vec::new(), None),
    };
    ClientRequest {
        dialect: &plan.dialect,
        model: "large",
        upstream_model: "large",
        streamed: true,
        query: "",
        headers: Vec::new(),
        fields,
        body,
        attrs: Vec::new(),
    }
}

fn measure(what: &str, mut call: impl FnMut() -> bool) {
    let mut best = Duration::MAX;
    let mut fine = true;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        for _ in 0..CALLS {
            fine &= call();
        }
        best = best.min(start.elapsed());
    }
    let note = if fine { "" } else { "  (refused)" };
    println!("{what:48} {:>9} µs{note}", micros(best / CALLS));
}

fn micros(time: Duration) -> String {
    format!("{}.{:02}", time.as_nanos() / 1_000, time.as_nanos() % 1_000 / 10)
}
